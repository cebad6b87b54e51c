import { Ptr } from "../base/ptr";

// The kernels' own memory: it holds nothing between two calls (decision 0004). The panel comes last, so
// that the others' addresses are short, and at the start of a cache line.

const WALK_BYTES: u32 = 80;
const AXIS_BYTES: u32 = 48;
const ROW_BYTES: u32 = 32;
const PANEL_OFFSET: u32 = (WALK_BYTES + 2 * AXIS_BYTES + ROW_BYTES + 63) & ~63;
const BYTES: u32 = PANEL_OFFSET + (ASC_FEATURE_SIMD ? 256 * 32 : 0);

/** The only walk there is: walk.ts. */
export const WALK: Ptr = memory.data(BYTES, 64);
/** The two axes of the only gather there is: conv2d-axis.ts. */
export const VERTICAL: Ptr = WALK + WALK_BYTES;
export const HORIZONTAL: Ptr = VERTICAL + AXIS_BYTES;
/** A row of a tile that is not stored whole: tiles.ts. */
export const ROW: Ptr = HORIZONTAL + AXIS_BYTES;
/** Eight columns of b over one block of terms: panel.ts. */
export const PANEL: Ptr = WALK + PANEL_OFFSET;

/** Where it lies, for who watches the core's memory. */
export function scratchStart(): Ptr {
  return WALK;
}

export function scratchBytes(): u32 {
  return BYTES;
}
