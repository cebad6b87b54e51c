import { Ptr } from "../base/ptr";
import { vectorAdd, vectorDot } from "./vectors";

// Symmetric positive definite systems in f64. A matrix lies row by row at `stride` bytes a row, which is a multiple
// of 16; only its lower triangle is read, and L takes its place: A = L·Lᵀ.

/** What is left of a pivot that is rounding and nothing else, relative to the pivot's own diagonal. */
const PIVOT_MIN: f64 = 1e-13;

/** Σ a[n]·b[n]: fours as vectorDot does, then the rest in order. */
function dotFront(n: u32, a: Ptr, b: Ptr): f64 {
  const fours: u32 = n & ~3;
  let sum = vectorDot(fours, a, b);
  for (let at: u32 = fours << 3; at < n << 3; at += 8) sum += load<f64>(a + at) * load<f64>(b + at);
  return sum;
}

/** y[n] += factor·x[n], and no element more. */
function addFront(n: u32, factor: f64, x: Ptr, y: Ptr): void {
  const fours: u32 = n & ~3;
  vectorAdd(fours, factor, x, y);
  for (let at: u32 = fours << 3; at < n << 3; at += 8) {
    store<f64>(y + at, load<f64>(y + at) + factor * load<f64>(x + at));
  }
}

/** L[i][j], j < i, once all before it in rows i and j stand. */
export function choleskyElement(a: Ptr, stride: u32, i: u32, j: u32): void {
  const row = a + i * stride,
    other = a + j * stride;
  const at = row + (j << 3);
  const left = load<f64>(at) - dotFront(j, row, other);
  store<f64>(at, left / load<f64>(other + (j << 3)));
}

/** L[i][i], once all before it in the row stands; false if row i follows from those before it. */
export function choleskyPivot(a: Ptr, stride: u32, i: u32): bool {
  const row = a + i * stride;
  const at = row + (i << 3);
  const left = load<f64>(at) - dotFront(i, row, row);
  if (!(left > PIVOT_MIN * load<f64>(at))) return false;
  store<f64>(at, sqrt<f64>(left));
  return true;
}

/** y[i] of L·y = b, in b's place, once all before it stand. */
export function choleskyForward(l: Ptr, stride: u32, i: u32, b: Ptr): void {
  const row = l + i * stride;
  const at = b + (i << 3);
  const left = load<f64>(at) - dotFront(i, row, b);
  store<f64>(at, left / load<f64>(row + (i << 3)));
}

/** x[i] of Lᵀ·x = y, in y's place, once all behind it have been taken off y. */
export function choleskyBackward(l: Ptr, stride: u32, i: u32, y: Ptr): void {
  const row = l + i * stride;
  const at = y + (i << 3);
  store<f64>(at, load<f64>(at) / load<f64>(row + (i << 3)));
  addFront(i, -load<f64>(at), row, y);
}
