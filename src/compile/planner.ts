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
/** How often the blocks that reach highest are moved to the front of the order. */
const REPAIRS = 60;
/** The search gives up after looking at so many pairs of blocks, about 20 ms. */
const SEARCH_PAIRS = 4e6;

/**
 * Offsets for blocks such that no two that are live together overlap: best fit in several orders, then,
 * while the bound is not reached, in orders derived from the best one; the smallest is kept.
 * Deterministic.
 */
export function placeBlocks(blocks: readonly Block[]): Placement {
  const bound = lowerBoundOf(blocks);
  const search = new Search(blocks, bound.bytes);
  for (const order of ORDERS) search.attempt([...blocks].sort(order));
  const bySize = [...blocks].sort(ORDERS[0]);
  search.attempt(toFront(bySize, (block) => isLiveAt(block, bound.instruction)));
  search.repair();
  search.exchange();
  return search.best;
}

class Search {
  best: Placement = { offsets: new Map(), bytes: Number.POSITIVE_INFINITY };
  private order: readonly Block[];

  constructor(
    blocks: readonly Block[],
    private readonly bound: number,
  ) {
    this.order = blocks;
  }

  private get isDone(): boolean {
    return this.best.bytes <= this.bound;
  }

  /** Keeps the order if it is no worse than the best so far. */
  attempt(order: readonly Block[]): Placement {
    if (this.isDone) return this.best;
    const placement = placeInOrder(order);
    if (placement.bytes <= this.best.bytes) {
      this.best = placement;
      this.order = order;
    }
    return placement;
  }

  /** Blocks that end at the top go to the front, where there is room below. */
  repair(): void {
    let { order } = this;
    let placement = this.best;
    for (let i = 0; i < REPAIRS && !this.isDone; i++) {
      const { offsets, bytes } = placement;
      order = toFront(order, (block) => offsets.get(block)! + block.bytes === bytes);
      placement = this.attempt(order);
    }
  }

  /** Exchanges two blocks of the best order at a time, in a fixed pseudo-random sequence. */
  exchange(): void {
    const n = this.order.length;
    let state = 1;
    const draw = () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * n);
    };
    for (let pairs = 0; pairs < SEARCH_PAIRS && !this.isDone; pairs += n * n) {
      const order = [...this.order];
      const [i, j] = [draw(), draw()];
      [order[i], order[j]] = [order[j]!, order[i]!];
      this.attempt(order);
    }
  }
}

function toFront(order: readonly Block[], first: (block: Block) => boolean): Block[] {
  return [...order.filter(first), ...order.filter((block) => !first(block))];
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
