import { BINARY_KINDS } from "../../abi/functions";
import { DONE } from "../../abi/status";
import { Ptr } from "../../base/ptr";
import { f32Binary } from "../../kernels/binary";
import { f32BroadcastFold } from "../../kernels/broadcast";
import { f32Permute } from "../../kernels/permute";
import { f32ColumnSum } from "../../kernels/reduce";
import { StridedPair, StridedRegion, StridedShape } from "../../kernels/strided-shape";
import { attribute, attributes, elements, operand } from "../instruction";
import { attributesFit, rowsOf, sizes } from "./check";

// Four axes, d0 outermost: d1 d2 d3 are the first attributes, d0 is what they leave of the operand's size.

/** Of the strides among the attributes, in bytes. */
const STRIDES: u32 = 12;
const STRIDES_B: u32 = 28;
const OFFSET: u32 = 28;

export function binary(at: Ptr, checking: bool): u32 {
  const dims = attributes(at);
  const d0 = outerAxis(elements(2), dims);
  const shape = changetype<StridedPair>(dims);
  if (checking) {
    if (shape.kind >= BINARY_KINDS) return attributesFit(false);
    const a = stridesFit(d0, dims, dims + STRIDES, 0, elements(0));
    return sizes(a && stridesFit(d0, dims, dims + STRIDES_B, 0, elements(1)));
  }
  f32Binary(d0, shape, operand(0), operand(1), operand(2));
  return DONE;
}

/** fold: FOLD_SUM, FOLD_MAX or FOLD_MIN. */
export function broadcastFold(at: Ptr, fold: u32, checking: bool): u32 {
  const dims = attributes(at);
  const d0 = outerAxis(elements(0), dims);
  if (checking) return sizes(stridesFit(d0, dims, dims + STRIDES, 0, elements(1)));
  f32BroadcastFold(d0, changetype<StridedShape>(dims), fold, operand(0), operand(1));
  return DONE;
}

/** Of PERMUTE y is what the axes are of, of PLACE x; the other one is reached by strides. */
export function permute(at: Ptr, placing: bool, checking: bool): u32 {
  const dims = attributes(at);
  const d0 = outerAxis(elements(placing ? 0 : 1), dims);
  if (checking) {
    const n = elements(placing ? 1 : 0);
    return sizes(stridesFit(d0, dims, dims + STRIDES, load<u32>(dims, OFFSET), n));
  }
  f32Permute(d0, changetype<StridedRegion>(dims), placing, operand(0), operand(1));
  return DONE;
}

export function columnSum(at: Ptr, checking: bool): u32 {
  const n = attribute(at, 0);
  if (checking) return sizes(rowsOf(0, n) && elements(1) == n);
  f32ColumnSum(elements(0) / n, n, operand(0), operand(1));
  return DONE;
}

/** Rows of d1·d2·d3 elements that n elements make; 0 if they do not divide it. */
function outerAxis(n: u32, dims: Ptr): u32 {
  const d1 = <u64>load<u32>(dims);
  const d2 = <u64>load<u32>(dims, 4);
  const d3 = <u64>load<u32>(dims, 8);
  if (d1 == 0 || d2 == 0 || d3 == 0 || d1 * d2 > n || d3 > n || d1 * d2 * d3 > n) return 0;
  const inner = <u32>(d1 * d2 * d3);
  return n % inner == 0 ? n / inner : 0;
}

/** True if all that the strides reach from an offset lies inside n elements. The sizes' product is no more than 2³⁰. */
function stridesFit(d0: u32, dims: Ptr, strides: Ptr, offset: u32, n: u32): bool {
  if (d0 == 0) return false;
  let first: i64 = offset;
  let last = first;
  let size = d0;
  for (const end = dims + 16; dims < end; dims += 4, strides += 4) {
    const reach = <i64>(size - 1) * load<i32>(strides);
    if (reach < 0) first += reach;
    else last += reach;
    size = load<u32>(dims);
  }
  return first >= 0 && last < <i64>n;
}
