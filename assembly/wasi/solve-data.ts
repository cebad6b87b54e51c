import { TYPE_F32, TYPE_I32 } from "../abi/program";
import { CLASSES_MAX, METHOD_KMEANS, METHOD_LOGISTIC } from "../abi/solver";
import { Ptr } from "../base/ptr";
import { Problem } from "../solvers/problem";
import { NPY_BYTES, NPY_F4, NPY_U1, npyPath, npyRowElements, npyRows, npyType } from "./npy";
import { npyOpen } from "./npy-open";
import {
  refuseLabelBegin,
  refuseNotFinite,
  rowRead,
  rowsCheckEqual,
  TYPE_F64,
  X_FILE,
  Y_FILE,
} from "./npy-rows";
import { print, printInteger } from "./print";
import { refusalOf, refuse, refuseFile } from "./refuse";
import { solveInit, solveX, solveY } from "./solve-options";

const INIT_FILE: Ptr = memory.data(NPY_BYTES, 8);
const LABEL: Ptr = memory.data(8, 8);

/** Opens the files and brings their sizes into the record. */
export function dataOpen(p: Problem): void {
  npyOpen(X_FILE, solveX());
  checkNumbers(X_FILE);
  p.rows = npyRows(X_FILE);
  p.columns = npyRowElements(X_FILE);
  if (p.method == METHOD_KMEANS) {
    openInit(p);
    return;
  }
  npyOpen(Y_FILE, solveY());
  rowsCheckEqual();
  if (p.method == METHOD_LOGISTIC) p.outputs = classesOf(p);
  else p.outputs = npyRowElements(Y_FILE);
}

function checkNumbers(file: Ptr): void {
  const type = npyType(file);
  if (type != NPY_F4 && type != NPY_U1) {
    refuseFile(npyPath(file), " holds integers: save rows as <f4 or |u1.");
  }
}

function openInit(p: Problem): void {
  if (solveInit() == 0) return;
  npyOpen(INIT_FILE, solveInit());
  checkNumbers(INIT_FILE);
  if (npyRows(INIT_FILE) == p.outputs && npyRowElements(INIT_FILE) == p.columns) return;
  refusalOf(solveInit());
  print(" has ");
  printInteger(npyRows(INIT_FILE));
  print(" centres of ");
  printInteger(npyRowElements(INIT_FILE));
  print(" numbers, but --clusters and X.npy say ");
  printInteger(p.outputs);
  print(" of ");
  printInteger(p.columns);
  print(".");
  refuse();
}

/** Vectors that the labels ask for: one for two classes, else one a class. */
function classesOf(p: Problem): u32 {
  const path = npyPath(Y_FILE);
  if (npyType(Y_FILE) == NPY_F4) {
    refuseFile(path, " holds fractions, but logistic takes labels: save <i4, <i8 or |u1.");
  }
  if (npyRowElements(Y_FILE) != 1) refuseFile(path, " has more than one label a row.");
  let most = 1;
  for (let row: u32 = 0; row < p.rows; ++row) {
    rowRead(Y_FILE, row, LABEL, 4, TYPE_I32);
    const label = load<i32>(LABEL);
    if (label < 0 || label >= <i32>CLASSES_MAX) {
      refuseLabelBegin(Y_FILE, row);
      printInteger(label);
      print(" is not from 0 to ");
      printInteger(CLASSES_MAX - 1);
      print(". Fix the labels.");
      refuse();
    }
    most = max(most, label);
  }
  return most == 1 ? 1 : most + 1;
}

/**
 * Reads row after row into the arrays that the record names. Of mini-batches the rows are read only to see that they can
 * be used.
 */
export function dataRead(p: Problem): void {
  if (solveInit() != 0) {
    for (let row: u32 = 0; row < p.outputs; ++row) {
      readRow(INIT_FILE, row, p.centers + row * p.centersStride, 4);
    }
  }
  for (let row: u32 = 0; row < p.rows; ++row) {
    const place = p.batch != 0 ? 0 : row;
    readRow(X_FILE, row, p.x + place * p.xRowStride, p.xColumnStride);
    if (p.method == METHOD_LOGISTIC) rowRead(Y_FILE, row, p.y + (row << 2), 4, TYPE_I32);
    else if (p.method != METHOD_KMEANS) readTargets(p, row);
  }
}

/** Reads the rows that a mini-batch wants. */
export function dataReadWanted(p: Problem): void {
  for (let i: u32 = 0; i < p.wantedRows; ++i) {
    const row = load<u32>(p.wanted + (i << 2));
    readRow(X_FILE, row, p.x + i * p.xRowStride, p.xColumnStride);
  }
}

function readRow(file: Ptr, row: u32, target: Ptr, step: u32): void {
  rowRead(file, row, target, step, TYPE_F32);
  for (let left = npyRowElements(file); left != 0; --left, target += step) {
    const value = load<f32>(target);
    if (value - value != 0) refuseNotFinite(file, row);
  }
}

function readTargets(p: Problem, row: u32): void {
  let target = p.y + (row << 3);
  rowRead(Y_FILE, row, target, p.yStride, TYPE_F64);
  for (let left = p.outputs; left != 0; --left, target += p.yStride) {
    const value = load<f64>(target);
    if (value - value != 0) refuseNotFinite(Y_FILE, row);
  }
}
