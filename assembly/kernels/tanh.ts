import { Ptr } from "../base/ptr";
import { tanh1, tanh4 } from "../base/tanh";

/** y[n] = tanh x */
export function f32Tanh(n: u32, x: Ptr, y: Ptr): void {
  let i: u32 = 0;
  if (ASC_FEATURE_SIMD) {
    for (; i + 4 <= n; i += 4, x += 16, y += 16) v128.store(y, tanh4(v128.load(x)));
  }
  for (; i < n; ++i, x += 4, y += 4) store<f32>(y, tanh1(load<f32>(x)));
}

/** dx[n] = dy · (1 − y²), where y is tanh's output. */
export function f32TanhBackward(n: u32, y: Ptr, dy: Ptr, dx: Ptr): void {
  let i: u32 = 0;
  if (ASC_FEATURE_SIMD) {
    const one = f32x4.splat(1);
    for (; i + 4 <= n; i += 4, y += 16, dy += 16, dx += 16) {
      const yi = v128.load(y);
      v128.store(dx, f32x4.mul(v128.load(dy), f32x4.sub(one, f32x4.mul(yi, yi))));
    }
  }
  for (; i < n; ++i, y += 4, dy += 4, dx += 4) {
    const yi = load<f32>(y);
    store<f32>(dx, load<f32>(dy) * (1 - yi * yi));
  }
}
