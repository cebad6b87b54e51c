import { Ptr } from "../../base/ptr";

/** Four axes, the outermost from the operand's size, as BROADCAST_ADD, BROADCAST_SUM and PERMUTE have them. */

/** Rows of d1·d2·d3 elements that n elements make; 0 if they do not divide it. */
export function outerAxis(n: u32, dims: Ptr): u32 {
  const d1 = <u64>load<u32>(dims);
  const d2 = <u64>load<u32>(dims, 4);
  const d3 = <u64>load<u32>(dims, 8);
  if (d1 == 0 || d2 == 0 || d3 == 0 || d1 > n || d2 > n || d3 > n) return 0;
  const inner = d1 * d2;
  if (inner > n || inner * d3 > n || n % <u32>(inner * d3) != 0) return 0;
  return n / <u32>(inner * d3);
}

/** True if the last element that the strides reach lies inside n elements. */
export function stridesFit(d0: u32, dims: Ptr, strides: Ptr, n: u32): bool {
  if (d0 == 0) return false;
  let last: u64 = <u64>(d0 - 1) * load<u32>(strides);
  for (let axis: u32 = 0; axis < 3; ++axis) {
    last += <u64>(load<u32>(dims + (axis << 2)) - 1) * load<u32>(strides + (axis << 2), 4);
  }
  return last < n;
}
