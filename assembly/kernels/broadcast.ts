import { Ptr } from "../base/ptr";
import { StridedPair, StridedShape } from "./strided-shape";

// Up to four axes; strides are in elements. An axis of stride 0 repeats, or in the adjoint sums,
// what it runs over.

/** A chain of a broadcast's adjoint starts anew after this many terms. */
const SUM_BLOCK: u32 = 256;

/** y[d0,d1,d2,d3] = a[Σ i·strideA] + b[Σ i·strideB]. y lies on neither. */
export function f32BroadcastAdd(d0: u32, shape: StridedPair, a: Ptr, b: Ptr, y: Ptr): void {
  const d3 = shape.d3;
  const strideA3 = shape.strideA3;
  const strideB3 = shape.strideB3;
  for (let i0: u32 = 0; i0 < d0; ++i0) {
    for (let i1: u32 = 0; i1 < shape.d1; ++i1) {
      for (let i2: u32 = 0; i2 < shape.d2; ++i2) {
        const ai = a + ((i0 * shape.strideA0 + i1 * shape.strideA1 + i2 * shape.strideA2) << 2);
        const bi = b + ((i0 * shape.strideB0 + i1 * shape.strideB1 + i2 * shape.strideB2) << 2);
        addRow(d3, ai, strideA3, bi, strideB3, y);
        y += d3 << 2;
      }
    }
  }
}

/**
 * y[n] = a + b along the innermost axis; in vectors if each of the two is contiguous or repeats.
 */
function addRow(n: u32, a: Ptr, strideA: u32, b: Ptr, strideB: u32, y: Ptr): void {
  const stepA: u32 = strideA << 2,
    stepB: u32 = strideB << 2;
  let i: u32 = 0;
  if (ASC_FEATURE_SIMD) {
    if (strideA <= 1 && strideB <= 1) {
      for (; i + 4 <= n; i += 4) {
        const ai = strideA ? v128.load(a) : v128.load32_splat(a);
        const bi = strideB ? v128.load(b) : v128.load32_splat(b);
        v128.store(y, f32x4.add(ai, bi));
        a += stepA << 2;
        b += stepB << 2;
        y += 16;
      }
    }
  }
  for (; i < n; ++i) {
    store<f32>(y, load<f32>(a) + load<f32>(b));
    a += stepA;
    b += stepB;
    y += 4;
  }
}

/**
 * da[Σ i·stride] = Σ dy[d0,d1,d2,d3] over the axes of stride 0, each element of da an ascending
 * chain in blocks of 256 terms. The other axes' strides must reach different elements of da.
 */
export function f32BroadcastSum(d0: u32, shape: StridedShape, dy: Ptr, da: Ptr): void {
  const d1 = shape.d1;
  const d2 = shape.d2;
  const d3 = shape.d3;
  const stride0 = shape.stride0;
  const stride1 = shape.stride1;
  const stride2 = shape.stride2;
  const stride3 = shape.stride3;
  const dy2: u32 = d3 << 2,
    dy1 = dy2 * d2,
    dy0 = dy1 * d1;
  // Of each axis how much is kept, k, and how much is summed over, s; one of the two is 1.
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
        const source = dy + i0 * dy0 + i1 * dy1 + i2 * dy2;
        const target = da + ((i0 * stride0 + i1 * stride1 + i2 * stride2) << 2);
        let i3: u32 = 0;
        if (ASC_FEATURE_SIMD) {
          if (stride3 == 1) {
            for (; i3 + 4 <= k3; i3 += 4) {
              const at = source + (i3 << 2);
              v128.store(target + (i3 << 2), sumAxes4(s0, s1, s2, dy0, dy1, dy2, at));
            }
          }
        }
        for (; i3 < k3; ++i3) {
          const at = source + (i3 << 2);
          store<f32>(target + ((i3 * stride3) << 2), sumAxes(s0, s1, s2, s3, dy0, dy1, dy2, at));
        }
      }
    }
  }
}

/** One element's chain over up to four summed axes. */
function sumAxes(
  s0: u32,
  s1: u32,
  s2: u32,
  s3: u32,
  step0: u32,
  step1: u32,
  step2: u32,
  dy: Ptr,
): f32 {
  let total: f32 = 0,
    sum: f32 = 0;
  let left = SUM_BLOCK;
  for (let i0: u32 = 0; i0 < s0; ++i0) {
    for (let i1: u32 = 0; i1 < s1; ++i1) {
      for (let i2: u32 = 0; i2 < s2; ++i2) {
        let p = dy + i0 * step0 + i1 * step1 + i2 * step2;
        for (let i3: u32 = 0; i3 < s3; ++i3) {
          if (left == 0) {
            total += sum;
            sum = 0;
            left = SUM_BLOCK;
          }
          sum += load<f32>(p);
          p += 4;
          --left;
        }
      }
    }
  }
  return total + sum;
}

/** Four neighbouring elements' chains; their own axis is not summed. */
function sumAxes4(s0: u32, s1: u32, s2: u32, step0: u32, step1: u32, step2: u32, dy: Ptr): v128 {
  let total = f32x4.splat(0),
    sum = f32x4.splat(0);
  let left = SUM_BLOCK;
  for (let i0: u32 = 0; i0 < s0; ++i0) {
    for (let i1: u32 = 0; i1 < s1; ++i1) {
      let p = dy + i0 * step0 + i1 * step1;
      for (let i2: u32 = 0; i2 < s2; ++i2) {
        if (left == 0) {
          total = f32x4.add(total, sum);
          sum = f32x4.splat(0);
          left = SUM_BLOCK;
        }
        sum = f32x4.add(sum, v128.load(p));
        p += step2;
        --left;
      }
    }
  }
  return f32x4.add(total, sum);
}
