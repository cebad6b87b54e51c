import { Ptr } from "../base/ptr";
import { f32GemmNN, f32GemmNT } from "../kernels/gemm";

// Symmetric positive definite systems by products of blocks: what is no product touches only blocks of 32 rows on
// the diagonal. Matrices are [n,n], row-major. Both functions answer 0, or 1 + the first row whose pivot will not do.
// Blocks of a factor of well-chosen pivots may be inverted: N. Higham, Accuracy and Stability of Numerical
// Algorithms, 2002, §14.

/** Rows of a block; so many ascending terms of each sum come from the block itself, last. */
const BLOCK: u32 = 32;
const BLOCK_BYTES: u32 = BLOCK * BLOCK * 4;

/** Elements of the scratch that a matrix of n rows needs: a block, and a strip of it. */
export function triangleScratch(n: u32): u32 {
  return (n + BLOCK) * BLOCK;
}

/**
 * The lower factor of A = a + (shift + floor·max a[i,i])·I in a's place, above it zeros; only a's lower triangle is
 * read. A floor above what rounding leaves of 1 keeps any sum of squares away from singular.
 *
 *   A = L·Lᵀ        by columns of blocks:  S = A[j:,j] − L[j:,:j]·L[j,:j]ᵀ,  L[j,j] = chol S[j],  L[i,j] = S[i]·L[j,j]⁻ᵀ
 *
 * A pivot will not do if it is not above 0, or not finite.
 */
export function f32Cholesky(n: u32, shift: f32, floor: f32, a: Ptr, scratch: Ptr): u32 {
  const stride = n << 2,
    strip = scratch + BLOCK_BYTES;
  let most: f32 = 0;
  for (let i: u32 = 0, at = a; i < n; ++i, at += stride + 4) {
    const pivot = load<f32>(at);
    if (pivot > most && pivot < Infinity) most = pivot;
  }
  shift += floor * most;
  for (let j: u32 = 0; j < n; j += BLOCK) {
    const rows = n - j,
      width = min<u32>(BLOCK, rows),
      widthBytes = width << 2;
    const row = a + j * stride,
      diagonal = row + (j << 2);
    f32GemmNT(rows, width, j, row, n, row, n, 0, strip, width);
    for (let i: u32 = 0; i < rows; ++i) {
      const from = diagonal + i * stride,
        to = strip + i * widthBytes;
      for (let c: u32 = 0; c < widthBytes; c += 4) {
        store<f32>(to + c, load<f32>(from + c) - load<f32>(to + c));
      }
    }
    const bad = blockFactor(width, shift, strip);
    if (bad != 0) return j + bad;
    for (let i: u32 = 0; i < width; ++i) {
      const from = strip + i * widthBytes,
        to = diagonal + i * stride;
      for (let c: u32 = 0; c < rows; ++c) {
        store<f32>(to + (c << 2), c > i ? 0 : load<f32>(from + (c << 2)));
      }
    }
    blockInverse(width, strip, widthBytes, scratch);
    const below = strip + width * widthBytes;
    f32GemmNT(
      rows - width,
      width,
      width,
      below,
      width,
      scratch,
      width,
      0,
      diagonal + width * stride,
      n,
    );
  }
  return 0;
}

/**
 * The inverse of a lower triangle in its place; above it are zeros.
 *
 *   X[i,i] = L[i,i]⁻¹        X[i,:i] = −X[i,i]·(L[i,:i]·X[:i,:i])
 *
 * A pivot will not do if |L[r,r]| is not above tolerance·size[r]. Of the R of V = Q·R the pivot beside the size of a
 * column of V is the sine of its angle with those before it.
 */
export function f32TriangleInverse(n: u32, tolerance: f32, l: Ptr, size: Ptr, scratch: Ptr): u32 {
  const stride = n << 2,
    strip = scratch + BLOCK_BYTES;
  for (let i: u32 = 0; i < n; i += BLOCK) {
    const width = min<u32>(BLOCK, n - i),
      row = l + i * stride,
      diagonal = row + (i << 2);
    for (let r: u32 = 0; r < width; ++r) {
      const pivot = abs<f32>(load<f32>(diagonal + r * (stride + 4)));
      if (!(pivot > tolerance * load<f32>(size + ((i + r) << 2)))) return 1 + i + r;
    }
    blockInverse(width, diagonal, stride, scratch);
    for (let r: u32 = 0, from = scratch; r < width; ++r) {
      for (let c: u32 = 0; c < width; ++c, from += 4) {
        const value = load<f32>(from);
        store<f32>(diagonal + r * stride + (c << 2), value);
        store<f32>(from, -value);
      }
    }
    f32GemmNN(width, i, i, row, n, l, n, 0, strip, i);
    f32GemmNN(width, i, width, scratch, width, strip, i, 0, row, n);
  }
  return 0;
}

/** Factors one block, rows side by side, in its place; what is above its diagonal is left. */
function blockFactor(n: u32, shift: f32, s: Ptr): u32 {
  const stride = n << 2;
  for (let c: u32 = 0; c < n; ++c) {
    const pivotRow = s + c * stride;
    const pivot = load<f32>(pivotRow + (c << 2)) + shift - dot(c, pivotRow, pivotRow);
    if (!(pivot > 0 && pivot < Infinity)) return 1 + c;
    const root = sqrt<f32>(pivot);
    store<f32>(pivotRow + (c << 2), root);
    for (let i = c + 1; i < n; ++i) {
      const at = s + i * stride + (c << 2);
      store<f32>(at, (load<f32>(at) - dot(c, s + i * stride, pivotRow)) / root);
    }
  }
  return 0;
}

/** Σ a[n]·b[n], ascending. */
function dot(n: u32, a: Ptr, b: Ptr): f32 {
  let sum: f32 = 0;
  for (const end = a + (n << 2); a < end; a += 4, b += 4) sum += load<f32>(a) * load<f32>(b);
  return sum;
}

/** x[n,n] = l⁻¹, rows of l `stride` bytes apart: forward substitution on the columns of I. */
function blockInverse(n: u32, l: Ptr, stride: u32, x: Ptr): void {
  const rowBytes = n << 2;
  for (let r: u32 = 0; r < n; ++r) {
    const row = l + r * stride,
      pivot = load<f32>(row + (r << 2));
    for (let c: u32 = 0; c < n; ++c) {
      let sum: f32 = c == r ? 1 : 0;
      for (let p = c; p < r; ++p) {
        sum -= load<f32>(row + (p << 2)) * load<f32>(x + p * rowBytes + (c << 2));
      }
      store<f32>(x + r * rowBytes + (c << 2), sum / pivot);
    }
  }
}
