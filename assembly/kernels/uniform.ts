import { hashElement, hashRow } from "../base/hash";
import { Ptr } from "../base/ptr";

/**
 * y[i] = (2u − 1)·bound, u = the upper 24 bits of hash(seed, 0, 0, 0, i) / 2²⁴, uniform in [0, 1).
 *
 * One at a time in every flavour: it runs once a phase.
 */
export function f32Uniform(n: u32, bound: f32, seedLow: u32, seedHigh: u32, y: Ptr): void {
  const hash = hashRow(seedLow, seedHigh, 0, 0, 0);
  for (let i: u32 = 0; i < n; ++i, y += 4) {
    const u = <f32>(hashElement(hash, i) >> 8) * (1.0 / 8388608.0);
    store<f32>(y, (u - 1) * bound);
  }
}
