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
import { lossWeight, procedureBegin, run } from "../train/trainer";
import { procedureRecord } from "../vm/read-code";
import { tensorPtr } from "../vm/tensor";
import { checkpointUse } from "./checkpoint-file";
import { npyRows } from "./npy";
import { npyOpen } from "./npy-open";
import { optionCheckpoint, optionFile } from "./options";
import { print, printDecimal, printEnd, printInteger, printTo } from "./print";
import { procedureOf } from "./program-file";
import { refuseBug } from "./refuse";
import { rowsCheck, rowsCheckEqual, rowsFill, X_FILE, Y_FILE } from "./rows";
import { targetsCheck } from "./rows-scan";
import { refuseRows, refuseRun } from "./run-errors";
import { STDOUT } from "./system";

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
  let lossSum: f64 = 0,
    weightSum: f64 = 0,
    rightSum: f64 = 0,
    countSum: f64 = 0;
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
      lossSum += mean * weight;
      weightSum += weight;
    }
    if (correct != NONE) {
      rightSum += <f64>load<f32>(tensorPtr(correct));
      countSum += <f64>load<f32>(tensorPtr(correct), 4);
    }
    first += batch;
  }
  printTo(STDOUT);
  print("rows ");
  printInteger(rows);
  if (loss != NONE) {
    print("\nloss ");
    printDecimal(weightSum == 0 ? 0 : lossSum / weightSum);
  }
  if (countSum != 0) {
    print("\naccuracy ");
    printDecimal(rightSum / countSum);
    print("\nerror ");
    printDecimal((countSum - rightSum) / countSum);
  }
  printEnd();
}
