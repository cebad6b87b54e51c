import { exp1, exp4 } from "../base/exp";
import { log1 } from "../base/log";
import { Ptr } from "../base/ptr";
import { f32Multiply, f32Shift } from "./elementwise";
import { f32CenteredDot, f32Max, f32Sum } from "./reduce";

/**
 * y[rows,n] = softmax of each row of x[rows,n].
 *
 *   yⱼ = e^(xⱼ − max x) / Σ e^(xⱼ − max x)
 *
 * A row with a NaN or +∞ becomes NaN. y may lie exactly on x.
 */
export function f32Softmax(rows: u32, n: u32, x: Ptr, y: Ptr): void {
  const rowBytes: u32 = n << 2;
  for (let row: u32 = 0; row < rows; ++row) {
    f32SoftmaxRow(n, x, y);
    x += rowBytes;
    y += rowBytes;
  }
}

/** y[n] = softmax(x[n]), the sum of the exponentials in four lanes. */
export function f32SoftmaxRow(n: u32, x: Ptr, y: Ptr): void {
  f32ExpShifted(n, f32Max(n, x), x, y);
  const sum = f32Sum(n, y);
  let i: u32 = 0;
  if (ASC_FEATURE_SIMD) {
    const sums = f32x4.splat(sum);
    for (; i + 4 <= n; i += 4, y += 16) v128.store(y, f32x4.div(v128.load(y), sums));
  }
  for (; i < n; ++i, y += 4) store<f32>(y, load<f32>(y) / sum);
}

/** y[n] = e^(x − shift) */
function f32ExpShifted(n: u32, shift: f32, x: Ptr, y: Ptr): void {
  let i: u32 = 0;
  if (ASC_FEATURE_SIMD) {
    const shifts = f32x4.splat(shift);
    for (; i + 4 <= n; i += 4, x += 16, y += 16) {
      v128.store(y, inline.always(exp4(f32x4.sub(v128.load(x), shifts))));
    }
  }
  for (; i < n; ++i, x += 4, y += 4) store<f32>(y, exp1(load<f32>(x) - shift));
}

/** dx[rows,n] = y·(dy − Σ dy·y) for y = softmax(x). dx may lie exactly on dy. */
export function f32SoftmaxBackward(rows: u32, n: u32, y: Ptr, dy: Ptr, dx: Ptr): void {
  const rowBytes: u32 = n << 2;
  for (let row: u32 = 0; row < rows; ++row) {
    f32Shift(n, dy, f32CenteredDot(n, dy, y, 0), 0, dx);
    f32Multiply(n, dx, y, dx);
    y += rowBytes;
    dy += rowBytes;
    dx += rowBytes;
  }
}

/**
 * y[rows,n] = log softmax of each row of x[rows,n].
 *
 *   yⱼ = (xⱼ − max x) − log Σ e^(xⱼ − max x)
 *
 * A row with a NaN or +∞ becomes NaN. y holds the exponentials first, and so may not lie on x.
 */
export function f32LogSoftmax(rows: u32, n: u32, x: Ptr, y: Ptr): void {
  const rowBytes: u32 = n << 2;
  for (let row: u32 = 0; row < rows; ++row) {
    const largest = f32Max(n, x);
    f32ExpShifted(n, largest, x, y);
    f32Shift(n, x, largest, log1(f32Sum(n, y)), y);
    x += rowBytes;
    y += rowBytes;
  }
}

/**
 * dx[rows,n] = dy − e^y·Σ dy for y = log softmax(x). dx holds the exponentials first, and may lie exactly
 * on y.
 */
export function f32LogSoftmaxBackward(rows: u32, n: u32, y: Ptr, dy: Ptr, dx: Ptr): void {
  const rowBytes: u32 = n << 2;
  for (let row: u32 = 0; row < rows; ++row) {
    const sum = f32Sum(n, dy);
    f32ExpShifted(n, 0, y, dx);
    let i: u32 = 0;
    if (ASC_FEATURE_SIMD) {
      const sums = f32x4.splat(sum);
      for (; i + 16 <= rowBytes; i += 16) {
        v128.store(dx + i, f32x4.sub(v128.load(dy + i), f32x4.mul(v128.load(dx + i), sums)));
      }
    }
    for (; i < rowBytes; i += 4) store<f32>(dx + i, load<f32>(dy + i) - load<f32>(dx + i) * sum);
    y += rowBytes;
    dy += rowBytes;
    dx += rowBytes;
  }
}
