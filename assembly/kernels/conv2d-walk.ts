import { Ptr } from "../base/ptr";

/**
 * What a tile of a convolution or of one of its gradients sums up: lines of taps, a tap being a run
 * of neighbouring terms. Term number `place` is an element of x times a row of b, eight (without
 * vectors, two) columns wide. Steps are in bytes.
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
  /** From b's first column to its second, without vectors. */
  columnB: u32;
  /** Of the first term: its number and its row of b. */
  place: u32;
  b: Ptr;
  /** The block of terms that is summed up now. */
  start: u32;
  stop: u32;
  /** From one row of the tile to the next. */
  rowX: u32;
  rowY: u32;
  /** Columns that the tile writes, at most as many as it has. */
  columns: u32;
  /** That of the first column, with the last block of terms; or 0. */
  bias: Ptr;
}
