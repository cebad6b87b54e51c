import { MAX_POOL_BACKWARD } from "../../abi/opcodes";
import { SESSION_DETAIL } from "../../abi/session";
import { DONE, TABLE_RANGE } from "../../abi/status";
import { Ptr } from "../../base/ptr";
import { f32MaxPool, f32MaxPoolBackward } from "../../kernels/max-pool";
import { f32Separable, MapShape, tableFits } from "../../kernels/separable";
import { attributes, elements, operand } from "../instruction";
import { sessionSet } from "../session";
import { ELEMENTS_MAX, rowsOf, sizes, volume } from "./check";

export function separable(at: Ptr, checking: bool): u32 {
  const shape = changetype<MapShape>(attributes(at));
  if (checking) {
    const weighted =
      elements(1) == shape.outHeight + 1 + elements(3) &&
      elements(2) == shape.outWidth + 1 + elements(4);
    return sizes(imagesFit(shape, 0, 5) && weighted);
  }
  const status = tablesStatus(shape);
  if (status != DONE) return status;
  const rows = elements(0) / (shape.inHeight * shape.inWidth * shape.inner);
  f32Separable(rows, shape, operand(0), operand(1), operand(2), operand(3), operand(4), operand(5));
  return DONE;
}

export function maxPool(at: Ptr, opcode: u32, checking: bool): u32 {
  const shape = changetype<MapShape>(attributes(at));
  const isBackward = opcode == MAX_POOL_BACKWARD;
  if (checking) {
    const tables = elements(1) > shape.outHeight && elements(2) > shape.outWidth;
    const gradient = !isBackward || elements(4) == elements(0);
    return sizes(imagesFit(shape, 0, 3) && tables && gradient);
  }
  const status = tablesStatus(shape);
  if (status != DONE) return status;
  const rows = elements(0) / (shape.inHeight * shape.inWidth * shape.inner);
  if (isBackward) {
    f32MaxPoolBackward(rows, shape, operand(0), operand(1), operand(2), operand(3), operand(4));
  } else {
    f32MaxPool(rows, shape, operand(0), operand(1), operand(2), operand(3));
  }
  return DONE;
}

/** Operands x and y are as many images, of the sizes that the attributes tell. */
export function imagesFit(shape: MapShape, x: u32, y: u32): bool {
  const from = volume(shape.inHeight, shape.inWidth, shape.inner);
  const to = volume(shape.outHeight, shape.outWidth, shape.inner);
  if (from > ELEMENTS_MAX || to > ELEMENTS_MAX) return false;
  if (!rowsOf(x, <u32>from) || !rowsOf(y, <u32>to)) return false;
  return elements(x) / <u32>from == elements(y) / <u32>to;
}

/** The tables are operands 1 and 2. They are data, so they are looked at when they are used. */
export function tablesStatus(shape: MapShape): u32 {
  if (!tableFits(elements(1), shape.outHeight, shape.inHeight, operand(1))) return tableRange(1);
  if (!tableFits(elements(2), shape.outWidth, shape.inWidth, operand(2))) return tableRange(2);
  return DONE;
}

function tableRange(k: u32): u32 {
  sessionSet(SESSION_DETAIL, k);
  return TABLE_RANGE;
}
