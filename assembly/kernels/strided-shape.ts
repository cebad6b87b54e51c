/**
 * Four axes, but for the outermost one's size: the seven attribute words of BROADCAST_SUM, in their order, so that
 * the record may lie in the program itself. Strides are in elements.
 */
@unmanaged
export class StridedShape {
  d1: u32;
  d2: u32;
  d3: u32;
  stride0: u32;
  stride1: u32;
  stride2: u32;
  stride3: u32;
}

/** The same and where the first element lies: the eight attribute words of PERMUTE and PLACE. Strides may be negative. */
@unmanaged
export class StridedRegion extends StridedShape {
  offset: u32;
}

/** The same with two operands' strides: the twelve attribute words of BINARY. */
@unmanaged
export class StridedPair {
  d1: u32;
  d2: u32;
  d3: u32;
  strideA0: u32;
  strideA1: u32;
  strideA2: u32;
  strideA3: u32;
  strideB0: u32;
  strideB1: u32;
  strideB2: u32;
  strideB3: u32;
  kind: u32;
}
