import { Ptr } from "../base/ptr";

// Every matrix product and convolution sums up products x·b along some walk through x and b. The
// order of a sum is the format's: an ascending chain in blocks of K_BLOCK terms, each from zero, the
// blocks added in order, the bias last. A term that lies outside an image counts its place only. So
// tiles of any shape write the same bits, and y needs no zeroing.

/** Terms that a chain adds up before it starts anew. */
export const K_BLOCK: u32 = 256;

/** Columns of a tile: two vectors, or two elements. */
export const TILE_COLUMNS: u32 = ASC_FEATURE_SIMD ? 8 : 2;

/**
 * What a tile sums up, in three loops: lines of taps, a tap being a run of terms. A term multiplies
 * an element of x, of each row of the tile another, and a row of b. Steps are in bytes; they may be
 * negative.
 */
@unmanaged
export class Walk {
  lines: u32;
  lineX: u32;
  lineB: u32;
  linePlaces: u32;
  taps: u32;
  tapX: u32;
  tapB: u32;
  tapPlaces: u32;
  run: u32;
  termX: u32;
  termB: u32;
  /** The first term's number in the sum, and its row of b. */
  place: u32;
  b: Ptr;
  /** From b's first column to its second, where columns are no vectors. */
  columnB: u32;
  /** The block: terms numbered below start or from stop on are left out. y holds the blocks before. */
  start: u32;
  stop: u32;
  /** From one row of the tile to the next, in x and in y. */
  rowX: u32;
  rowY: u32;
  /** Columns to be written, at most TILE_COLUMNS. */
  columns: u32;
  /** That of the first column, in the last block; or 0. */
  bias: Ptr;
}
