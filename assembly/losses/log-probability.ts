import { exp1, exp4 } from "../base/exp";
import { Ptr } from "../base/ptr";
import { joinLanes } from "../base/simd";

// What both cross-entropies are made of. A row's targets are u[classes], uⱼ = wⱼ·(alpha·tⱼ + beta): class
// weights w, soft labels t, and what label smoothing gives to every class.

/** Σ e^(x − shift) over x[n], in four lanes. */
export function expSum(n: u32, shift: f32, x: Ptr): f32 {
  let s0: f32 = 0,
    s1: f32 = 0,
    s2: f32 = 0,
    s3: f32 = 0;
  let i: u32 = 0;
  if (ASC_FEATURE_SIMD) {
    const shifts = f32x4.splat(shift);
    let sums = f32x4.splat(0);
    for (; i + 4 <= n; i += 4, x += 16) {
      sums = f32x4.add(sums, inline.always(exp4(f32x4.sub(v128.load(x), shifts))));
    }
    if (i == n) return joinLanes(sums);
    s0 = f32x4.extract_lane(sums, 0);
    s1 = f32x4.extract_lane(sums, 1);
    s2 = f32x4.extract_lane(sums, 2);
    s3 = f32x4.extract_lane(sums, 3);
  } else {
    for (; i + 4 <= n; i += 4, x += 16) {
      s0 += exp1(load<f32>(x) - shift);
      s1 += exp1(load<f32>(x, 4) - shift);
      s2 += exp1(load<f32>(x, 8) - shift);
      s3 += exp1(load<f32>(x, 12) - shift);
    }
  }
  if (i < n) s0 += exp1(load<f32>(x) - shift);
  if (i + 1 < n) s1 += exp1(load<f32>(x, 4) - shift);
  if (i + 2 < n) s2 += exp1(load<f32>(x, 8) - shift);
  return s0 + s1 + (s2 + s3);
}

/**
 * Σⱼ uⱼ·(log − (xⱼ − shift)) in four lanes: the row's cross-entropy, where log = log Σ e^(x − shift). Without
 * logits (x = 0) it is Σⱼ uⱼ.
 *
 * Without SIMD, the lanes taking turns: it follows n exponentials, which cost far more.
 */
export function targetSum(
  n: u32,
  x: Ptr,
  w: Ptr,
  t: Ptr,
  alpha: f32,
  beta: f32,
  log: f32,
  shift: f32,
): f32 {
  const end: u32 = n << 2;
  let s0: f32 = 0,
    s1: f32 = 0,
    s2: f32 = 0,
    s3: f32 = 0;
  for (let i: u32 = 0; i < end || (i & 15) != 0; i += 4) {
    let term: f32 = 0;
    if (i < end) {
      term = load<f32>(w + i) * (alpha * load<f32>(t + i) + beta);
      if (x != 0) term *= log - (load<f32>(x + i) - shift);
    }
    const sum = s0 + term;
    s0 = s1;
    s1 = s2;
    s2 = s3;
    s3 = sum;
  }
  return s0 + s1 + (s2 + s3);
}

/** dx[n] = (total·dx − u) / divisor, where dx holds the softmax of the row. */
export function targetBackward(
  n: u32,
  w: Ptr,
  t: Ptr,
  alpha: f32,
  beta: f32,
  total: f32,
  divisor: f32,
  dx: Ptr,
): void {
  let i: u32 = 0;
  if (ASC_FEATURE_SIMD) {
    for (; i + 4 <= n; i += 4, w += 16, t += 16, dx += 16) {
      const share = f32x4.add(f32x4.mul(f32x4.splat(alpha), v128.load(t)), f32x4.splat(beta));
      const u = f32x4.mul(v128.load(w), share);
      const d = f32x4.sub(f32x4.mul(f32x4.splat(total), v128.load(dx)), u);
      v128.store(dx, f32x4.div(d, f32x4.splat(divisor)));
    }
  }
  for (; i < n; ++i, w += 4, t += 4, dx += 4) {
    const u = load<f32>(w) * (alpha * load<f32>(t) + beta);
    store<f32>(dx, (total * load<f32>(dx) - u) / divisor);
  }
}
