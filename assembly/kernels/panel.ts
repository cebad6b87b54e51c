import { Ptr } from "../base/ptr";

/** A row of eight columns. */
export const PANEL_ROW: u32 = 32;

// The panel has room for eight columns of b over one block of terms. Rows of b far apart miss the
// first cache and the TLB; rows of bᵀ must be transposed.

/** Copies k rows of b, up to eight columns wide, to a place in the panel. */
export function packPanel(
  k: u32,
  b: Ptr,
  bStep: u32,
  bColumn: u32,
  columns: u32,
  target: Ptr,
): void {
  if (columns < 8) packFew(k, b, bStep, bColumn, columns, target);
  else if (bColumn == 4) packRows(k, b, bStep, target);
  else {
    packFour(k, b, bStep, bColumn, target);
    packFour(k, b + 4 * bColumn, bStep, bColumn, target + 16);
  }
}

function packFew(k: u32, b: Ptr, bStep: u32, bColumn: u32, columns: u32, target: Ptr): void {
  for (; k > 0; --k, b += bStep, target += PANEL_ROW) {
    let from = b;
    for (let i: u32 = 0; i < columns; ++i, from += bColumn) {
      store<f32>(target + (i << 2), load<f32>(from));
    }
  }
}

function packRows(k: u32, b: Ptr, bStep: u32, target: Ptr): void {
  for (; k > 0; --k, b += bStep, target += PANEL_ROW) {
    v128.store(target, v128.load(b));
    v128.store(target, v128.load(b, 16), 16);
  }
}

/** Four rows of bᵀ, k long. */
function packFour(k: u32, b: Ptr, bStep: u32, bRow: u32, target: Ptr): void {
  let p: u32 = 0;
  for (; p + 4 <= k; p += 4, b += 16, target += 4 * PANEL_ROW) {
    const r0 = v128.load(b),
      r1 = v128.load(b + bRow);
    const r2 = v128.load(b + 2 * bRow),
      r3 = v128.load(b + 3 * bRow);
    const low01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
    const low23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
    const high01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
    const high23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
    v128.store(target, v128.shuffle<i64>(low01, low23, 0, 2));
    v128.store(target, v128.shuffle<i64>(low01, low23, 1, 3), PANEL_ROW);
    v128.store(target, v128.shuffle<i64>(high01, high23, 0, 2), 2 * PANEL_ROW);
    v128.store(target, v128.shuffle<i64>(high01, high23, 1, 3), 3 * PANEL_ROW);
  }
  packFew(k - p, b, bStep, bRow, 4, target);
}
