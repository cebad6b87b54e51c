import { Ptr } from "../base/ptr";

// Squared distances ‖x − c‖² of four rows to four centres at a time. They are sums of squared differences:
// ‖x‖² − 2x·c + ‖c‖², a matrix product, cancels where a row is near a centre and both are far from the origin, and
// saves only a third of the operations where nothing fuses multiply and add.
//
// Each distance is one ascending chain over the columns, and vectors run across the centres, so the flavours have
// the same bits. Centres are read from panels of four: column i of panel p lies at panels + (p·columns + i)·16.

/** Rows and centres of a tile. */
export const TILE: u32 = 4;

/** The distances of the last tile, row by row. */
const DISTANCES: Ptr = memory.data(64, 16);

/** The nearest centre of each row of the tile so far, lane by lane: distances f32[4][4], then indices u32[4][4]. */
const NEAREST: Ptr = memory.data(128, 16);
const OF_INDEX: u32 = 64;

/** Copies a centre to its place in the panels; without one (0) the place is infinitely far from everything. */
export function panelsSet(panels: Ptr, columns: u32, index: u32, center: Ptr): void {
  let target = panels + (index >> 2) * (columns << 4) + ((index & 3) << 2);
  for (let i: u32 = 0; i < columns; ++i, target += 16) {
    store<f32>(target, center != 0 ? load<f32>(center + (i << 2)) : Infinity);
  }
}

/** Panels for so many centres. */
export function panelsCount(centers: u32): u32 {
  return (centers + 3) >> 2;
}

/** The distances of the rows at x, x + stride, … to the centres of a panel. */
export function distanceTile(columns: u32, x: Ptr, stride: u32, panel: Ptr): void {
  if (ASC_FEATURE_SIMD) {
    let d0 = f32x4.splat(0),
      d1 = f32x4.splat(0),
      d2 = f32x4.splat(0),
      d3 = f32x4.splat(0);
    for (const end = panel + (columns << 4); panel < end; panel += 16, x += 4) {
      const c = v128.load(panel);
      const e0 = f32x4.sub(v128.load32_splat(x), c);
      const e1 = f32x4.sub(v128.load32_splat(x + stride), c);
      const e2 = f32x4.sub(v128.load32_splat(x + 2 * stride), c);
      const e3 = f32x4.sub(v128.load32_splat(x + 3 * stride), c);
      d0 = f32x4.add(d0, f32x4.mul(e0, e0));
      d1 = f32x4.add(d1, f32x4.mul(e1, e1));
      d2 = f32x4.add(d2, f32x4.mul(e2, e2));
      d3 = f32x4.add(d3, f32x4.mul(e3, e3));
    }
    v128.store(DISTANCES, d0);
    v128.store(DISTANCES, d1, 16);
    v128.store(DISTANCES, d2, 32);
    v128.store(DISTANCES, d3, 48);
  } else {
    for (let out = DISTANCES; out < DISTANCES + 64; out += 16, x += stride) {
      let d0: f32 = 0,
        d1: f32 = 0,
        d2: f32 = 0,
        d3: f32 = 0;
      for (let i: u32 = 0, c = panel; i < columns; ++i, c += 16) {
        const xi = load<f32>(x + (i << 2));
        const e0 = xi - load<f32>(c);
        const e1 = xi - load<f32>(c, 4);
        const e2 = xi - load<f32>(c, 8);
        const e3 = xi - load<f32>(c, 12);
        d0 += e0 * e0;
        d1 += e1 * e1;
        d2 += e2 * e2;
        d3 += e3 * e3;
      }
      store<f32>(out, d0);
      store<f32>(out, d1, 4);
      store<f32>(out, d2, 8);
      store<f32>(out, d3, 12);
    }
  }
}

/** Of the last tile: row r to centre j. */
export function tileDistance(r: u32, j: u32): f32 {
  return load<f32>(DISTANCES + (r << 4) + (j << 2));
}

/** Begins the search for the nearest centres of four rows. */
export function nearestBegin(): void {
  for (let at = NEAREST; at < NEAREST + OF_INDEX; at += 4) {
    store<f32>(at, Infinity);
    store<u32>(at, 0, OF_INDEX);
  }
}

/** Takes in the last tile, whose first centre has this index. Panels come in ascending order. */
export function nearestUpdate(first: u32): void {
  if (ASC_FEATURE_SIMD) {
    const indices = i32x4.add(i32x4.splat(first), i32x4(0, 1, 2, 3));
    for (let i: u32 = 0; i < 64; i += 16) {
      const distances = v128.load(DISTANCES + i);
      const best = v128.load(NEAREST + i);
      const nearer = f32x4.lt(distances, best);
      v128.store(NEAREST + i, v128.bitselect(distances, best, nearer));
      const index = v128.load(NEAREST + i, OF_INDEX);
      v128.store(NEAREST + i, v128.bitselect(indices, index, nearer), OF_INDEX);
    }
  } else {
    for (let i: u32 = 0; i < 64; i += 4) {
      const distance = load<f32>(DISTANCES + i);
      if (!(distance < load<f32>(NEAREST + i))) continue;
      store<f32>(NEAREST + i, distance);
      store<u32>(NEAREST + i, first + ((i >> 2) & 3), OF_INDEX);
    }
  }
}

/** The nearest centre of row r of the tile, of equally near ones the first. Its distance goes to `distance`, an f32. */
export function nearestJoin(r: u32, distance: Ptr): u32 {
  const lanes = NEAREST + (r << 4);
  let best = load<f32>(lanes);
  let index = load<u32>(lanes, OF_INDEX);
  for (let lane = lanes + 4; lane < lanes + 16; lane += 4) {
    const other = load<f32>(lane);
    const otherIndex = load<u32>(lane, OF_INDEX);
    if (other < best || (other == best && otherIndex < index)) {
      best = other;
      index = otherIndex;
    }
  }
  store<f32>(distance, best);
  return index;
}
