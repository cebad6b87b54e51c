import * as kinds from "../abi/functions";
import * as lanes from "../base/lanes";
import { Ptr } from "../base/ptr";
import { StridedPair } from "./strided-shape";
import { powerOfE } from "./unary";

/**
 * y[d0,d1,d2,d3] = f(a[Σ i·strideA], b[Σ i·strideB]); strides in elements, a stride of 0 repeats. y may lie on
 * an operand that is read in y's own order.
 */
export function f32Binary(d0: u32, shape: StridedPair, a: Ptr, b: Ptr, y: Ptr): void {
  const strideA3 = shape.strideA3;
  const strideB3 = shape.strideB3;
  const kind = shape.kind;
  let rows = d0;
  let n = shape.d3;
  const isOneRow =
    (shape.d1 | shape.d2) == 1 && shape.strideA0 == n * strideA3 && shape.strideB0 == n * strideB3;
  if (isOneRow) {
    n *= rows;
    rows = 1;
  }
  for (let i0: u32 = 0; i0 < rows; ++i0) {
    for (let i1: u32 = 0; i1 < shape.d1; ++i1) {
      for (let i2: u32 = 0; i2 < shape.d2; ++i2) {
        const ai = a + ((i0 * shape.strideA0 + i1 * shape.strideA1 + i2 * shape.strideA2) << 2);
        const bi = b + ((i0 * shape.strideB0 + i1 * shape.strideB1 + i2 * shape.strideB2) << 2);
        if (ASC_FEATURE_SIMD) inline.always(row4(kind, n, ai, strideA3, bi, strideB3, y));
        else row1(kind, n, ai, strideA3, bi, strideB3, y);
        y += n << 2;
      }
    }
  }
}

function row1(kind: u32, n: u32, a: Ptr, strideA: u32, b: Ptr, strideB: u32, y: Ptr): void {
  for (const end = y + (n << 2); y < end; y += 4) {
    store<f32>(y, value<f32>(kind, load<f32>(a), load<f32>(b)));
    a += strideA << 2;
    b += strideB << 2;
  }
}

/** Four elements at a time where each operand is contiguous or repeats; else, and at the end, one in four lanes. */
function row4(kind: u32, n: u32, a: Ptr, strideA: u32, b: Ptr, strideB: u32, y: Ptr): void {
  let left = strideA <= 1 && strideB <= 1 ? n & ~3 : 0;
  for (const end = y + (n << 2); y < end; ) {
    const ai = left && strideA ? v128.load(a) : v128.load32_splat(a);
    const bi = left && strideB ? v128.load(b) : v128.load32_splat(b);
    const yi = inline.always(value<v128>(kind, ai, bi));
    if (left) {
      v128.store(y, yi);
      left -= 4;
      a += strideA << 4;
      b += strideB << 4;
      y += 16;
    } else {
      store<f32>(y, f32x4.extract_lane(yi, 0));
      a += strideA << 2;
      b += strideB << 2;
      y += 4;
    }
  }
}

function value<T>(kind: u32, a: T, b: T): T {
  const zero = lanes.splat<T>(0);
  const one = lanes.splat<T>(1);
  switch (kind) {
    case kinds.BINARY_ADD:
      return lanes.add<T>(a, b);
    case kinds.BINARY_SUB:
      return lanes.sub<T>(a, b);
    case kinds.BINARY_MUL:
      return lanes.mul<T>(a, b);
    case kinds.BINARY_DIV:
      return lanes.div<T>(a, b);
    case kinds.BINARY_MIN:
      return lanes.least<T>(a, b);
    case kinds.BINARY_MAX:
      return lanes.most<T>(a, b);
    case kinds.BINARY_POW:
      return power<T>(a, b);
    case kinds.BINARY_PRELU:
      return lanes.ifLess<T>(a, zero, lanes.mul<T>(a, b), a);
    case kinds.BINARY_LESS:
      return lanes.ifLess<T>(a, b, one, lanes.ifEqual<T>(a, b, lanes.splat<T>(0.5), zero));
    case kinds.BINARY_EQUAL:
      return lanes.ifEqual<T>(a, b, one, zero);
    case kinds.BINARY_POW_SLOPE: {
      const slope = lanes.mul<T>(b, power<T>(a, lanes.sub<T>(b, one)));
      return lanes.ifEqual<T>(b, zero, zero, slope);
    }
    case kinds.BINARY_TIMES_LOG:
      return lanes.ifEqual<T>(b, zero, zero, lanes.mul<T>(a, lanes.log<T>(b)));
    case kinds.BINARY_PRELU_SLOPE:
      return lanes.ifLess<T>(zero, a, one, b);
    default:
      return lanes.ifLess<T>(zero, a, b, zero);
  }
}

/** aᵇ. A whole number b is even if half of it is whole. */
function power<T>(a: T, b: T): T {
  const zero = lanes.splat<T>(0);
  const size = powerOfE<T>(kinds.UNARY_EXP, 1, lanes.mul<T>(b, lanes.log<T>(lanes.absolute<T>(a))));
  const half = lanes.scaled<T>(0.5, b);
  const odd = lanes.ifEqual<T>(lanes.rounded<T>(b), b, lanes.neg<T>(size), lanes.splat<T>(NaN));
  const signed = lanes.ifEqual<T>(lanes.rounded<T>(half), half, size, odd);
  const any = lanes.ifLess<T>(a, zero, signed, size);
  return lanes.ifEqual<T>(b, zero, lanes.splat<T>(1), any);
}
