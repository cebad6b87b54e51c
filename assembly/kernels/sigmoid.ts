import { Ptr } from "../base/ptr";
import { sigmoid1, sigmoid4 } from "../base/sigmoid";

/** y[n] = 1 / (1 + e⁻ˣ) */
export function f32Sigmoid(n: u32, x: Ptr, y: Ptr): void {
  let i: u32 = 0;
  if (ASC_FEATURE_SIMD) {
    for (; i + 4 <= n; i += 4, x += 16, y += 16) v128.store(y, sigmoid4(v128.load(x)));
  }
  for (; i < n; ++i, x += 4, y += 4) store<f32>(y, sigmoid1(load<f32>(x)));
}

/** dx[n] = (dy · y) · (1 − y), where y is the sigmoid's output. */
export function f32SigmoidBackward(n: u32, y: Ptr, dy: Ptr, dx: Ptr): void {
  let i: u32 = 0;
  if (ASC_FEATURE_SIMD) {
    const one = f32x4.splat(1);
    for (; i + 4 <= n; i += 4, y += 16, dy += 16, dx += 16) {
      const yi = v128.load(y);
      v128.store(dx, f32x4.mul(f32x4.mul(v128.load(dy), yi), f32x4.sub(one, yi)));
    }
  }
  for (; i < n; ++i, y += 4, dy += 4, dx += 4) {
    const yi = load<f32>(y);
    store<f32>(dx, load<f32>(dy) * yi * (1 - yi));
  }
}
