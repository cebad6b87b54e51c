import { Ptr } from "../base/ptr";

/** AdaGrad's falling rate: y[0] = x[0] / (1 + sum), then sum += decay. sum is an f64, 0 before the first step. */
export function rateDecay(decay: f64, x: Ptr, y: Ptr, sum: Ptr): void {
  const total = load<f64>(sum);
  store<f32>(y, f32(f64(load<f32>(x)) / (1 + total)));
  store<f64>(sum, total + decay);
}
