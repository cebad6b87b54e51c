import { memoryCopy } from "../base/memory";
import { Ptr } from "../base/ptr";

// Here as in every elementwise kernel the scalar loop is the tail of the vector loop and, in the
// scalar flavour, all of it. An output may lie exactly on an input. Nothing is written past n
// elements.

/** y[n] = value */
export function f32Fill(n: u32, value: f32, y: Ptr): void {
  let i: u32 = 0;
  if (ASC_FEATURE_SIMD) {
    const values = f32x4.splat(value);
    for (; i + 4 <= n; i += 4, y += 16) v128.store(y, values);
  }
  for (; i < n; ++i, y += 4) store<f32>(y, value);
}

/** y[n] = x[n] */
export function f32Copy(n: u32, x: Ptr, y: Ptr): void {
  memoryCopy(y, x, n << 2);
}

/** y[n] = alpha · x[n] */
export function f32Scale(n: u32, alpha: f32, x: Ptr, y: Ptr): void {
  let i: u32 = 0;
  if (ASC_FEATURE_SIMD) {
    const alphas = f32x4.splat(alpha);
    for (; i + 4 <= n; i += 4, x += 16, y += 16) v128.store(y, f32x4.mul(alphas, v128.load(x)));
  }
  for (; i < n; ++i, x += 4, y += 4) store<f32>(y, alpha * load<f32>(x));
}

/** y[n] = a[n] + b[n] */
export function f32Add(n: u32, a: Ptr, b: Ptr, y: Ptr): void {
  let i: u32 = 0;
  if (ASC_FEATURE_SIMD) {
    for (; i + 4 <= n; i += 4, a += 16, b += 16, y += 16) {
      v128.store(y, f32x4.add(v128.load(a), v128.load(b)));
    }
  }
  for (; i < n; ++i, a += 4, b += 4, y += 4) store<f32>(y, load<f32>(a) + load<f32>(b));
}

/** y[n] = a[n] · b[n] */
export function f32Multiply(n: u32, a: Ptr, b: Ptr, y: Ptr): void {
  let i: u32 = 0;
  if (ASC_FEATURE_SIMD) {
    for (; i + 4 <= n; i += 4, a += 16, b += 16, y += 16) {
      v128.store(y, f32x4.mul(v128.load(a), v128.load(b)));
    }
  }
  for (; i < n; ++i, a += 4, b += 4, y += 4) store<f32>(y, load<f32>(a) * load<f32>(b));
}

/** y[n] = (x[n] − first) − second */
export function f32Shift(n: u32, x: Ptr, first: f32, second: f32, y: Ptr): void {
  let i: u32 = 0;
  if (ASC_FEATURE_SIMD) {
    for (; i + 4 <= n; i += 4, x += 16, y += 16) {
      const shifted = f32x4.sub(v128.load(x), f32x4.splat(first));
      v128.store(y, f32x4.sub(shifted, f32x4.splat(second)));
    }
  }
  for (; i < n; ++i, x += 4, y += 4) store<f32>(y, load<f32>(x) - first - second);
}
