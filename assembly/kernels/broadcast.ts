import * as lanes from "../base/lanes";
import { Ptr } from "../base/ptr";
import { StridedShape } from "./strided-shape";

// The adjoint of a broadcast, and its siblings: over up to four axes, strides in elements. An axis of stride 0
// is folded.

export const FOLD_SUM: u32 = 0;
export const FOLD_MAX: u32 = 1;
export const FOLD_MIN: u32 = 2;

/** A chain starts anew after this many terms. */
const BLOCK: u32 = 256;

/**
 * y[Σ i·stride] = Σ x[d0,d1,d2,d3] (or the largest, or the smallest) over the axes of stride 0, each element of
 * y an ascending chain in blocks of 256 terms. The other axes' strides must reach different elements of y.
 */
export function f32BroadcastFold(d0: u32, shape: StridedShape, fold: u32, x: Ptr, y: Ptr): void {
  const d1 = shape.d1;
  const d2 = shape.d2;
  const d3 = shape.d3;
  const stride0 = shape.stride0;
  const stride1 = shape.stride1;
  const stride2 = shape.stride2;
  const stride3 = shape.stride3;
  const x2: u32 = d3 << 2,
    x1 = x2 * d2,
    x0 = x1 * d1;
  // Of each axis how much is kept, k, and how much is folded, s; one of the two is 1.
  const k0 = stride0 ? d0 : min<u32>(d0, 1),
    s0 = stride0 ? 1 : d0;
  const k1 = stride1 ? d1 : min<u32>(d1, 1),
    s1 = stride1 ? 1 : d1;
  const k2 = stride2 ? d2 : min<u32>(d2, 1),
    s2 = stride2 ? 1 : d2;
  const k3 = stride3 ? d3 : min<u32>(d3, 1),
    s3 = stride3 ? 1 : d3;
  for (let i0: u32 = 0; i0 < k0; ++i0) {
    for (let i1: u32 = 0; i1 < k1; ++i1) {
      for (let i2: u32 = 0; i2 < k2; ++i2) {
        const source = x + i0 * x0 + i1 * x1 + i2 * x2;
        const target = y + ((i0 * stride0 + i1 * stride1 + i2 * stride2) << 2);
        let i3: u32 = 0;
        if (ASC_FEATURE_SIMD) {
          if (stride3 == 1) {
            for (; i3 + 4 <= k3; i3 += 4) {
              const at = source + (i3 << 2);
              v128.store(target + (i3 << 2), foldAxes<v128>(fold, s0, s1, s2, 1, x0, x1, x2, at));
            }
          }
        }
        for (; i3 < k3; ++i3) {
          const at = source + (i3 << 2);
          store<f32>(
            target + ((i3 * stride3) << 2),
            foldAxes<f32>(fold, s0, s1, s2, s3, x0, x1, x2, at),
          );
        }
      }
    }
  }
}

/** The chain of one element, or of four neighbours whose own axis is not folded, over up to four axes. */
function foldAxes<T>(
  fold: u32,
  s0: u32,
  s1: u32,
  s2: u32,
  s3: u32,
  step0: u32,
  step1: u32,
  step2: u32,
  x: Ptr,
): T {
  const start: f32 = fold == FOLD_SUM ? 0 : fold == FOLD_MAX ? -Infinity : Infinity;
  let total = lanes.splat<T>(start),
    part = total;
  let left = BLOCK;
  for (let i0: u32 = 0; i0 < s0; ++i0) {
    for (let i1: u32 = 0; i1 < s1; ++i1) {
      for (let i2: u32 = 0; i2 < s2; ++i2) {
        let p = x + i0 * step0 + i1 * step1 + i2 * step2;
        for (let i3: u32 = 0; i3 < s3; ++i3) {
          if (left == 0) {
            total = inline.always(folded<T>(fold, total, part));
            part = lanes.splat<T>(start);
            left = BLOCK;
          }
          part = inline.always(folded<T>(fold, part, load<T>(p)));
          p += 4;
          --left;
        }
      }
    }
  }
  return inline.always(folded<T>(fold, total, part));
}

function folded<T>(fold: u32, a: T, b: T): T {
  if (fold == FOLD_SUM) return lanes.add<T>(a, b);
  return fold == FOLD_MAX ? lanes.most<T>(a, b) : lanes.least<T>(a, b);
}
