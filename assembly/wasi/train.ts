import { NONE, PHASE_STEP, PROCEDURE_X, PROCEDURE_Y } from "../abi/program";
import {
  SESSION_BATCH,
  SESSION_EPOCH,
  SESSION_FINISHED,
  SESSION_PHASE,
  SESSION_PHASE_COUNT,
  SESSION_ROWS,
  SESSION_STEP,
  SESSION_WANTED,
} from "../abi/session";
import { BAD_ROWS, DONE, EPOCH, ROWS } from "../abi/status";
import { Ptr } from "../base/ptr";
import { run, trainBegin, trainResume } from "../train/trainer";
import { phaseRecord, procedureRecord } from "../vm/read-code";
import { sessionGet } from "../vm/session";
import {
  checkpointEmpty,
  checkpointFound,
  checkpointLoad,
  checkpointOpen,
  checkpointRefuse,
  checkpointReplace,
  checkpointSave,
  checkpointTorn,
} from "./checkpoint-file";
import { npyPath, npyRows } from "./npy";
import { npyOpen } from "./npy-open";
import { rowsCheckEqual, X_FILE, Y_FILE } from "./npy-rows";
import { optionEvery, optionFile, optionFresh } from "./options";
import { print, printEnd, printInteger, printString } from "./print";
import { takesRows } from "./program-file";
import { refusalOf, refuse, refuseFile } from "./refuse";
import { reportBegin, reportEpoch, reportResult } from "./report";
import { rowsCheck, rowsFill } from "./rows";
import { rowsScan } from "./rows-scan";
import { refuseBegin, refuseRun } from "./run-errors";
import { OPEN_UPDATE } from "./system";

/** strop train PROGRAM X.npy Y.npy OUT */
export function commandTrain(): void {
  npyOpen(X_FILE, optionFile(1));
  npyOpen(Y_FILE, optionFile(2));
  rowsCheckEqual();
  checkPhases();
  begin();
  checkpointOpen(optionFile(3), OPEN_UPDATE);
  if (optionFresh()) checkpointReplace();
  if (checkpointFound()) goOn();
  else checkUnsaved();
  if (!sessionGet(SESSION_FINISHED)) trainToEnd();
  reportResult();
}

/** The rows fit each phase's step, and each of them can be trained on. */
function checkPhases(): void {
  const count = sessionGet(SESSION_PHASE_COUNT);
  if (count == 0) {
    refuseFile(
      optionFile(0),
      " has no training: build it with 'strop build' and training options.",
    );
  }
  for (let i: u32 = 0; i < count; ++i) {
    const step = load<u32>(phaseRecord(i), PHASE_STEP);
    if (!takesRows(step)) {
      refuseFile(optionFile(0), " has a step that takes no rows: build it again.");
    }
    const y = load<u32>(procedureRecord(step), PROCEDURE_Y);
    rowsCheck(X_FILE, load<u32>(procedureRecord(step), PROCEDURE_X));
    if (y != NONE) rowsCheck(Y_FILE, y);
    rowsScan(step);
  }
}

/** From the start. Done before OUT is made, so that it is not made in vain. */
function begin(): void {
  const status = trainBegin(npyRows(X_FILE));
  if (status != DONE) refuseBegin(status, npyRows(X_FILE));
}

/** A save that was the first, and was cut off, is as good as none; anything else is not ours to replace. */
function checkUnsaved(): void {
  if (checkpointEmpty()) return;
  if (!checkpointTorn()) checkpointRefuse();
  reportBegin(": its only save was cut off; training starts at the beginning");
  printEnd();
}

function goOn(): void {
  checkpointLoad();
  const status = trainResume(npyRows(X_FILE));
  if (status == BAD_ROWS) {
    refusalOf(npyPath(X_FILE));
    print(" has ");
    printInteger(npyRows(X_FILE));
    print(" rows, but the training in ");
    printString(optionFile(3));
    print(" began with ");
    printInteger(sessionGet(SESSION_ROWS));
    print(": give the same rows, or --fresh.");
    refuse();
  }
  if (status != DONE) refuseBegin(status, npyRows(X_FILE));
  if (sessionGet(SESSION_FINISHED)) reportBegin(": the training is finished, nothing to do, step ");
  else reportBegin(": goes on after step ");
  printInteger(sessionGet(SESSION_STEP));
  printEnd();
}

/** Saves at each epoch's end, and between as --every says, but never the same step twice. */
function trainToEnd(): void {
  const every = optionEvery();
  let saved = sessionGet(SESSION_STEP);
  for (;;) {
    const phase = sessionGet(SESSION_PHASE);
    const epoch = sessionGet(SESSION_EPOCH) + 1;
    const status = run(0);
    if (status == EPOCH || status == DONE) {
      reportEpoch(phase, epoch);
      checkpointSave();
      saved = sessionGet(SESSION_STEP);
      if (status == DONE) return;
    } else if (status == ROWS) {
      const step = sessionGet(SESSION_STEP);
      if (every != 0 && step != saved && step % every == 0) {
        checkpointSave();
        saved = step;
      }
      fillRows(phase);
    } else refuseRun(status, wanted(), 0);
  }
}

function fillRows(phase: u32): void {
  const step = procedureRecord(load<u32>(phaseRecord(phase), PHASE_STEP));
  const y = load<u32>(step, PROCEDURE_Y);
  const batch = sessionGet(SESSION_BATCH);
  rowsFill(X_FILE, load<u32>(step, PROCEDURE_X), wanted(), 0, batch);
  if (y != NONE) rowsFill(Y_FILE, y, wanted(), 0, batch);
}

/** Address of the indices of the rows of this step. */
function wanted(): Ptr {
  return sessionGet(SESSION_WANTED);
}
