import {
  KIND_PREDICT,
  NONE,
  PROCEDURE_BATCH,
  PROCEDURE_OUTPUT,
  PROCEDURE_X,
  TENSOR_C0,
  TENSOR_C1,
  TYPE_F32,
} from "../abi/program";
import { DONE } from "../abi/status";
import { procedureBegin, run } from "../train/trainer";
import { procedureRecord } from "../vm/read-code";
import { tensorPtr, tensorRecord, tensorType } from "../vm/tensor";
import { checkpointUse } from "./checkpoint-file";
import { npyRows } from "./npy";
import { npyOpen } from "./npy-open";
import { X_FILE } from "./npy-rows";
import { npyApart, npyCreate, npyFinish, npyWrite } from "./npy-write";
import { optionCheckpoint, optionFile } from "./options";
import { procedureOf } from "./program-file";
import { refuseBug, refuseFile } from "./refuse";
import { rowsCheck, rowsFill } from "./rows";
import { refuseRun } from "./run-errors";

/** strop predict PROGRAM X.npy OUT.npy: a row of float32 for each row of X.npy. */
export function commandPredict(): void {
  npyOpen(X_FILE, optionFile(1));
  const procedure = procedureOf(KIND_PREDICT);
  const record = procedureRecord(procedure);
  const x = load<u32>(record, PROCEDURE_X);
  const y = load<u32>(record, PROCEDURE_OUTPUT);
  rowsCheck(X_FILE, x);
  if (y == NONE || tensorType(y) != TYPE_F32 || load<u32>(tensorRecord(y), TENSOR_C0) != 0) {
    refuseFile(optionFile(0), " gives no rows: build it again with 'strop build'.");
  }
  if (optionCheckpoint() != 0) checkpointUse(optionCheckpoint());
  npyApart(optionFile(2), optionFile(1));
  npyCreate(optionFile(2));
  const rowElements = load<u32>(tensorRecord(y), TENSOR_C1);
  const rows = npyRows(X_FILE);
  for (let first: u32 = 0; first < rows; ) {
    const batch = min(rows - first, load<u32>(record, PROCEDURE_BATCH));
    rowsFill(X_FILE, x, 0, first, batch);
    let status = procedureBegin(procedure, batch);
    if (status != DONE) refuseBug(status);
    status = run(0);
    if (status != DONE) refuseRun(status, 0, first);
    npyWrite(tensorPtr(y), (batch * rowElements) << 2);
    first += batch;
  }
  npyFinish("<f4", rows, rowElements);
}
