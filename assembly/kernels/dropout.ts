import { hashElement, hashElement4, hashRow } from "../base/hash";
import { Ptr } from "../base/ptr";

/** The six attribute words of DROPOUT, in their order, so that the record may lie in the program itself. */
@unmanaged
export class Dropout {
  threshold: u32;
  scale: f32;
  seedLow: u32;
  seedHigh: u32;
  number: u32;
  n: u32;
}

/**
 * y[rows,n] = keep ? scale·x : 0.
 *
 *   keep = hash(seed, step, number, row, element) ≥ threshold        P(keep) = 1 − threshold / 2³²
 *
 * Srivastava et al. 2014, http://jmlr.org/papers/v15/srivastava14a.html, inverted. The mask is a function
 * of its counters, so nothing is kept of it, and the derivative is the same function on dy. y may lie
 * exactly on x.
 */
export function f32Dropout(rows: u32, step: u32, drop: Dropout, x: Ptr, y: Ptr): void {
  const n = drop.n,
    threshold = drop.threshold,
    scale = drop.scale;
  for (let row: u32 = 0; row < rows; ++row) {
    const hash = hashRow(drop.seedLow, drop.seedHigh, step, drop.number, row);
    let i: u32 = 0;
    if (ASC_FEATURE_SIMD) {
      for (; i + 4 <= n; i += 4, x += 16, y += 16) {
        const keep = i32x4.ge_u(hashElement4(hash, i), i32x4.splat(threshold));
        v128.store(y, v128.and(f32x4.mul(f32x4.splat(scale), v128.load(x)), keep));
      }
    }
    for (; i < n; ++i, x += 4, y += 4) {
      store<f32>(y, hashElement(hash, i) >= threshold ? scale * load<f32>(x) : 0);
    }
  }
}
