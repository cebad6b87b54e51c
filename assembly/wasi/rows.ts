import { TENSOR_C0, TENSOR_C1, TYPE_F32, TYPE_I32 } from "../abi/program";
import { Ptr } from "../base/ptr";
import { tensorPtr, tensorRecord, tensorType } from "../vm/tensor";
import { NPY_F4, NPY_U1, npyPath, npyRowElements, npyRows, npyType } from "./npy";
import { rowRead, X_FILE } from "./npy-rows";
import { print, printInteger } from "./print";
import { refusalOf, refuse, refuseFile } from "./refuse";

// Rows of .npy files as the program's tensors take them.

/** Refuses a file whose rows are not what the tensor takes. */
export function rowsCheck(file: Ptr, id: u32): void {
  const path = npyPath(file);
  const record = tensorRecord(id);
  if (load<u32>(record, TENSOR_C0) != 0) refuseFile(path, ": the program takes no rows here.");
  const wanted = load<u32>(record, TENSOR_C1);
  if (npyRowElements(file) != wanted) {
    refusalOf(path);
    print(": a row has ");
    printInteger(npyRowElements(file));
    print(" numbers, but the model takes ");
    printInteger(wanted);
    print(".");
    refuse();
  }
  const given = npyType(file);
  if (file == X_FILE) {
    if (given != NPY_F4 && given != NPY_U1) {
      refuseFile(path, " holds integers: save rows as <f4 or |u1.");
    }
  } else if (tensorType(id) == TYPE_I32 && given == NPY_F4) {
    refuseFile(
      path,
      " holds fractions, but the program's loss takes labels: save <i4, <i8 or |u1.",
    );
  }
}

/**
 * Fills `batch` rows of tensor `id`: the ones whose indices lie at `order`, or, without an order, those
 * from `first` on.
 */
export function rowsFill(file: Ptr, id: u32, order: Ptr, first: u32, batch: u32): void {
  const rowBytes = npyRowElements(file) << 2;
  let target = tensorPtr(id);
  for (let i: u32 = 0; i < batch; ++i, target += rowBytes) {
    const row = rowIndex(order, first, i);
    if (row >= npyRows(file)) {
      refuseFile(npyPath(file), ": the program asks for a row that it does not have.");
    }
    rowRead(file, row, target, 4, tensorType(id));
  }
}

/** Which row of the file is row i of the batch. */
export function rowIndex(order: Ptr, first: u32, i: u32): u32 {
  return order != 0 ? load<u32>(order + (i << 2)) : first + i;
}

/** The first of the batch's rows in tensor `id` that holds NaN or infinity, or −1. */
export function rowNotFinite(id: u32, batch: u32): i32 {
  const elements = load<u32>(tensorRecord(id), TENSOR_C1);
  const start = tensorPtr(id);
  if (tensorType(id) != TYPE_F32) return -1;
  for (let i: u32 = 0; i < elements * batch; ++i) {
    const x = load<f32>(start + (i << 2));
    if (x - x != 0) return i / elements;
  }
  return -1;
}
