import { add, div, ifLess, least, most, mul, scaled, splat, sub } from "../base/lanes";
import { Ptr } from "../base/ptr";

/**
 * u[n] = argmin gamma·(v − max(u, 0))² + (u − c)²: the better of the best u ≥ 0 and the best u ≤ 0.
 *
 *   u⁺ = max((c + gamma·v) / (1 + gamma), 0)        u⁻ = min(c, 0)
 *
 * J. Zeng, T. Lau, S. Lin, Y. Yao, "Global Convergence of Block Coordinate Descent in Deep Learning", ICML 2019,
 * appendix A.1. u may lie exactly on c. Runs over the padding.
 */
export function f32ReluProx(n: u32, gamma: f32, c: Ptr, v: Ptr, u: Ptr): void {
  for (const end = c + (n << 2); c < end; ) {
    if (ASC_FEATURE_SIMD) {
      v128.store(u, inline.always(proxOf<v128>(gamma, v128.load(c), v128.load(v))));
      c += 16;
      v += 16;
      u += 16;
    } else {
      store<f32>(u, inline.always(proxOf<f32>(gamma, load<f32>(c), load<f32>(v))));
      c += 4;
      v += 4;
      u += 4;
    }
  }
}

function proxOf<T>(gamma: f32, c: T, v: T): T {
  const zero = splat<T>(0);
  const above = most<T>(div<T>(add<T>(c, scaled<T>(gamma, v)), splat<T>(1 + gamma)), zero);
  const below = least<T>(c, zero);
  const costAbove = costOf<T>(gamma, sub<T>(v, above), sub<T>(above, c));
  const costBelow = costOf<T>(gamma, v, sub<T>(below, c));
  return ifLess<T>(costBelow, costAbove, below, above);
}

/** gamma·a² + b² */
function costOf<T>(gamma: f32, a: T, b: T): T {
  return add<T>(scaled<T>(gamma, mul<T>(a, a)), mul<T>(b, b));
}
