/** The number of fewest digits that is this float32: 0.001, where the float32 itself is 0.0010000000474974513. */
export function shortestDecimal(float32: number): number {
  for (let digits = 1; digits <= 9; digits++) {
    const value = Number(float32.toPrecision(digits));
    if (Math.fround(value) === float32) return value;
  }
  return float32;
}
