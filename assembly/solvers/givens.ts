import { Ptr } from "../base/ptr";

/**
 * Rotates rows into a triangular least-squares problem, one after the other: whatever w is,
 * ‖r·w − z‖² + ‖x·w − y‖² stays as it is, and x becomes 0. So ‖y‖² is what no w can take away.
 *
 *   h = √(r[j,j]² + x[j]²),  c = r[j,j]/h,  s = x[j]/h        (r, x) ← (c·r + s·x, c·x − s·r),  (z, y) likewise
 *
 * x[rows,n], y[rows,k], r[n,n] upper triangular, z[n,k]. W. Givens 1958; row by row: M. Gentleman, "Least squares
 * computations by Givens transformations without square roots", 1973 (here with the roots). Its error is that of the
 * condition of x, where normal equations have its square.
 */
export function f32QrUpdate(rows: u32, n: u32, k: u32, x: Ptr, y: Ptr, r: Ptr, z: Ptr): void {
  for (let i: u32 = 0; i < rows; ++i, y += k << 2) {
    let diagonal = r,
      zj = z;
    for (let j: u32 = 0; j < n; ++j, x += 4, diagonal += (n + 1) << 2, zj += k << 2) {
      const xj = load<f32>(x);
      if (xj == 0) continue;
      const rjj = load<f32>(diagonal);
      const h = f32(sqrt<f64>(<f64>rjj * <f64>rjj + <f64>xj * <f64>xj));
      const c = rjj / h,
        s = xj / h;
      store<f32>(diagonal, h);
      store<f32>(x, 0);
      rotate(n - j - 1, c, s, diagonal + 4, x + 4);
      rotate(k, c, s, zj, y);
    }
  }
}

/** (a, b) ← (c·a + s·b, c·b − s·a) for n elements of both. */
function rotate(n: u32, c: f32, s: f32, a: Ptr, b: Ptr): void {
  let i: u32 = 0;
  if (ASC_FEATURE_SIMD) {
    const cs = f32x4.splat(c),
      ss = f32x4.splat(s);
    for (; i + 4 <= n; i += 4, a += 16, b += 16) {
      const ai = v128.load(a),
        bi = v128.load(b);
      v128.store(a, f32x4.add(f32x4.mul(cs, ai), f32x4.mul(ss, bi)));
      v128.store(b, f32x4.sub(f32x4.mul(cs, bi), f32x4.mul(ss, ai)));
    }
  }
  for (; i < n; ++i, a += 4, b += 4) {
    const ai = load<f32>(a),
      bi = load<f32>(b);
    store<f32>(a, c * ai + s * bi);
    store<f32>(b, c * bi - s * ai);
  }
}
