import type { Block } from "./lifetimes.js";

export interface Placement {
  /** Of each block, from the start of the region. */
  readonly offsets: ReadonlyMap<Block, number>;
  /** Bytes of the region. */
  readonly bytes: number;
}

/** The largest live set, and the first instruction at which it is live: no placement needs less. */
export function lowerBoundOf(blocks: readonly Block[]): { bytes: number; instruction: number } {
  let peak = { bytes: 0, instruction: 0 };
  for (const instruction of new Set(blocks.map((block) => block.start).sort((a, b) => a - b))) {
    let bytes = 0;
    for (const block of blocks) if (isLiveAt(block, instruction)) bytes += block.bytes;
    if (bytes > peak.bytes) peak = { bytes, instruction };
  }
  return peak;
}

export function isLiveAt(block: Block, instruction: number): boolean {
  return block.start <= instruction && instruction <= block.end;
}

const span = (block: Block) => block.end - block.start + 1;

/** Orders in which to place; each is good at some kind of schedule. */
const ORDERS: readonly ((a: Block, b: Block) => number)[] = [
  (a, b) => b.bytes - a.bytes || a.start - b.start,
  (a, b) => b.bytes * span(b) - a.bytes * span(a) || a.start - b.start,
  (a, b) => span(b) - span(a) || b.bytes - a.bytes,
  (a, b) => a.start - b.start || b.end - a.end,
  (a, b) => b.end - a.end || a.start - b.start,
];
/** How often the blocks that reach highest are moved to the front of the best order. */
const REPAIRS = 60;

/**
 * Offsets for blocks such that no two that are live together overlap: best fit in several orders, then
 * repairs of the best one, the smallest kept. Deterministic.
 */
export function placeBlocks(blocks: readonly Block[]): Placement {
  const bound = lowerBoundOf(blocks).bytes;
  let best: Placement = { offsets: new Map(), bytes: Number.POSITIVE_INFINITY };
  let bestOrder: readonly Block[] = blocks;
  const attempt = (order: readonly Block[]): boolean => {
    const placement = placeInOrder(order);
    if (placement.bytes >= best.bytes) return false;
    best = placement;
    bestOrder = order;
    return true;
  };
  for (const order of ORDERS) attempt([...blocks].sort(order));
  let order = bestOrder;
  for (let i = 0; i < REPAIRS && best.bytes > bound; i++) {
    const { offsets, bytes } = placeInOrder(order);
    const reachesTop = (block: Block) => offsets.get(block)! + block.bytes === bytes;
    order = [...order.filter(reachesTop), ...order.filter((block) => !reachesTop(block))];
    attempt(order);
  }
  return best;
}

/** Each block in turn into the smallest gap that takes it, among the blocks live at the same time. */
function placeInOrder(order: readonly Block[]): Placement {
  const offsets = new Map<Block, number>();
  const placed: Block[] = []; // by offset
  let bytes = 0;
  for (const block of order) {
    const offset = bestGap(block, placed, offsets);
    offsets.set(block, offset);
    const after = placed.findIndex((other) => offsets.get(other)! > offset);
    placed.splice(after < 0 ? placed.length : after, 0, block);
    bytes = Math.max(bytes, offset + block.bytes);
  }
  return { offsets, bytes };
}

function bestGap(
  block: Block,
  placed: readonly Block[],
  offsets: ReadonlyMap<Block, number>,
): number {
  let best = -1;
  let bestBytes = Number.POSITIVE_INFINITY;
  let end = 0;
  for (const other of placed) {
    if (other.start > block.end || block.start > other.end) continue;
    const start = offsets.get(other)!;
    const gap = start - end;
    if (gap >= block.bytes && gap < bestBytes) {
      best = end;
      bestBytes = gap;
    }
    end = Math.max(end, start + other.bytes);
  }
  return best < 0 ? end : best;
}
