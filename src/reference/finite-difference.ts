/**
 * ∂f/∂x[i] by central differences, for each i: (f(x + h) − f(x − h)) / 2h.
 *
 * x is changed in place and put back. In f64, with h = 1e-5, the error is about 1e-10 of f's scale.
 */
export function centralDifferences(f: () => number, x: Float64Array, h = 1e-5): Float64Array {
  const gradient = new Float64Array(x.length);
  for (let i = 0; i < x.length; i++) {
    const value = x[i]!;
    x[i] = value + h;
    const above = f();
    x[i] = value - h;
    const below = f();
    x[i] = value;
    gradient[i] = (above - below) / (2 * h);
  }
  return gradient;
}
