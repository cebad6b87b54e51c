import {
  KIND_EVALUATE,
  NONE,
  PROCEDURE_BATCH,
  PROCEDURE_CORRECT,
  PROCEDURE_LOSS,
  PROCEDURE_X,
  PROCEDURE_Y,
} from "../abi/program";
import { DONE } from "../abi/status";
import { memoryZero } from "../base/memory";
import { Ptr } from "../base/ptr";
import { lossWeight, procedureBegin, run } from "../train/trainer";
import { procedureRecord } from "../vm/read-code";
import { tensorPtr } from "../vm/tensor";
import { checkpointUse } from "./checkpoint-file";
import { npyRows } from "./npy";
import { npyOpen } from "./npy-open";
import { rowsCheckEqual, X_FILE, Y_FILE } from "./npy-rows";
import { optionCheckpoint, optionFile } from "./options";
import { print, printDecimal, printEnd, printInteger, printTo } from "./print";
import { procedureOf } from "./program-file";
import { refuseBug } from "./refuse";
import { rowsCheck, rowsFill } from "./rows";
import { targetsCheck } from "./rows-scan";
import { refuseRows, refuseRun } from "./run-errors";
import { STDOUT } from "./system";

// Sums over the batches, f64. In memory, for wasm3 0.4.7 mixes up f64 locals that live across many calls.
const SUMS_BYTES: u32 = 32;
const SUMS: Ptr = memory.data(SUMS_BYTES, 16);
const LOSS_SUM: Ptr = SUMS;
const WEIGHT_SUM: Ptr = SUMS + 8;
const RIGHT_SUM: Ptr = SUMS + 16;
const COUNT_SUM: Ptr = SUMS + 24;

/** strop eval PROGRAM X.npy Y.npy: loss, accuracy and 0-1 error are means over all rows that count. */
export function commandEval(): void {
  npyOpen(X_FILE, optionFile(1));
  npyOpen(Y_FILE, optionFile(2));
  rowsCheckEqual();
  const procedure = procedureOf(KIND_EVALUATE);
  const record = procedureRecord(procedure);
  const x = load<u32>(record, PROCEDURE_X);
  const y = load<u32>(record, PROCEDURE_Y);
  const loss = load<u32>(record, PROCEDURE_LOSS);
  const correct = load<u32>(record, PROCEDURE_CORRECT);
  rowsCheck(X_FILE, x);
  if (y != NONE) rowsCheck(Y_FILE, y);
  if (optionCheckpoint() != 0) checkpointUse(optionCheckpoint());
  const rows = npyRows(X_FILE);
  memoryZero(SUMS, SUMS_BYTES);
  for (let first: u32 = 0; first < rows; ) {
    const batch = min(rows - first, load<u32>(record, PROCEDURE_BATCH));
    rowsFill(X_FILE, x, 0, first, batch);
    if (y != NONE) {
      rowsFill(Y_FILE, y, 0, first, batch);
      targetsCheck(procedure, first, batch);
    }
    let status = procedureBegin(procedure, batch);
    if (status != DONE) refuseBug(status);
    status = run(0);
    if (status != DONE) refuseRun(status, 0, first);
    if (loss != NONE) {
      const mean = <f64>load<f32>(tensorPtr(loss));
      if (mean - mean != 0) {
        refuseRows(X_FILE, x, 0, first);
        refuseRows(Y_FILE, y, 0, first);
      }
      const weight = lossWeight(record);
      addTo(LOSS_SUM, weight * mean);
      addTo(WEIGHT_SUM, weight);
    }
    if (correct != NONE) {
      addTo(RIGHT_SUM, <f64>load<f32>(tensorPtr(correct)));
      addTo(COUNT_SUM, <f64>load<f32>(tensorPtr(correct), 4));
    }
    first += batch;
  }
  report(rows, loss != NONE);
}

function addTo(sum: Ptr, value: f64): void {
  store<f64>(sum, load<f64>(sum) + value);
}

function report(rows: u32, hasLoss: bool): void {
  printTo(STDOUT);
  print("rows ");
  printInteger(rows);
  if (hasLoss) {
    const weight = load<f64>(WEIGHT_SUM);
    print("\nloss ");
    printDecimal(weight == 0 ? 0 : load<f64>(LOSS_SUM) / weight);
  }
  const count = load<f64>(COUNT_SUM);
  if (count != 0) {
    const right = load<f64>(RIGHT_SUM);
    print("\naccuracy ");
    printDecimal(right / count);
    print("\nzeroOneError ");
    printDecimal((count - right) / count);
  }
  printEnd();
}
