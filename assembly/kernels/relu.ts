import { Ptr } from "../base/ptr";

/** y[n] = x < 0 ? 0 : x, so that NaN and −0 go through. `pmax` says exactly this. */
export function f32Relu(n: u32, x: Ptr, y: Ptr): void {
  let i: u32 = 0;
  if (ASC_FEATURE_SIMD) {
    const zero = f32x4.splat(0);
    for (; i + 4 <= n; i += 4, x += 16, y += 16) v128.store(y, f32x4.pmax(v128.load(x), zero));
  }
  for (; i < n; ++i, x += 4, y += 4) {
    const xi = load<f32>(x);
    store<f32>(y, xi < 0 ? 0 : xi);
  }
}

/** dx[n] = y > 0 ? dy : 0, where y is ReLU's output. */
export function f32ReluBackward(n: u32, y: Ptr, dy: Ptr, dx: Ptr): void {
  let i: u32 = 0;
  if (ASC_FEATURE_SIMD) {
    const zero = f32x4.splat(0);
    for (; i + 4 <= n; i += 4, y += 16, dy += 16, dx += 16) {
      v128.store(dx, v128.and(v128.load(dy), f32x4.gt(v128.load(y), zero)));
    }
  }
  for (; i < n; ++i, y += 4, dy += 4, dx += 4) {
    store<f32>(dx, load<f32>(y) > 0 ? load<f32>(dy) : 0);
  }
}
