import { PROCEDURE_X, PROCEDURE_Y } from "../abi/program";
import {
  SESSION_BATCH,
  SESSION_DETAIL,
  SESSION_EPOCH,
  SESSION_INDEX,
  SESSION_PC,
  SESSION_PROCEDURE,
  SESSION_STEP,
  SESSION_VALUE,
} from "../abi/session";
import { BAD_ROWS, LABEL_RANGE, NON_FINITE, SINGULAR, SMALL_BATCH } from "../abi/status";
import { Ptr } from "../base/ptr";
import { procedureCode } from "../vm/execute";
import { attribute } from "../vm/instruction";
import { procedureRecord } from "../vm/read-code";
import { sessionGet } from "../vm/session";
import { tensorExists } from "../vm/tensor";
import { npyPath } from "./npy";
import { refuseLabelBegin, refuseNotFinite, X_FILE, Y_FILE } from "./npy-rows";
import { print, printDecimal, printInteger } from "./print";
import { refusal, refusalOf, refuse, refuseBug } from "./refuse";
import { rowIndex, rowNotFinite } from "./rows";

/** Turns the error of run() into a sentence. The rows of the batch were those of `order`, or from `first` on. */
export function refuseRun(status: u32, order: Ptr, first: u32): void {
  if (status == LABEL_RANGE) {
    // The core's place: the row is of the batch, the instruction's first attribute the classes.
    const row = rowIndex(order, first, sessionGet(SESSION_DETAIL));
    const classes = attribute(procedureCode() + sessionGet(SESSION_PC), 0);
    refuseLabel(row, sessionGet(SESSION_VALUE), classes);
  }
  if (status == SINGULAR) {
    refusal();
    print("step ");
    printInteger(sessionGet(SESSION_STEP) + 1);
    print(": the equations are singular at input ");
    printInteger(sessionGet(SESSION_DETAIL));
    print(" of the layer. Build the program with a --ridge above 0, or more --damping.");
    refuse();
  }
  if (status != NON_FINITE) refuseBug(status);
  const id = sessionGet(SESSION_DETAIL);
  const index = sessionGet(SESSION_INDEX);
  const record = procedureRecord(sessionGet(SESSION_PROCEDURE));
  refuseRows(X_FILE, load<u32>(record, PROCEDURE_X), order, first);
  refuseRows(Y_FILE, load<u32>(record, PROCEDURE_Y), order, first);
  refusal();
  print("training diverged at step ");
  printInteger(sessionGet(SESSION_STEP) + 1);
  print(" (epoch ");
  printInteger(sessionGet(SESSION_EPOCH) + 1);
  print("): tensor ");
  printInteger(id);
  print(" is not finite at instruction ");
  printInteger(index);
  print(". Build the program with a smaller --lr or with --clip-norm.");
  refuse();
}

/** "Y.npy row 17: label 12, but the model has 10 classes." */
export function refuseLabel(row: u32, label: u32, classes: u32): void {
  refuseLabelBegin(Y_FILE, row);
  printInteger(<i32>label);
  print(", but the model has ");
  printInteger(classes);
  print(" classes. Fix the labels.");
  refuse();
}

/** "Y.npy row 17: target 2 is not from 0 to 1." */
export function refuseTarget(row: u32, target: f32, signs: bool): void {
  refusalOf(npyPath(Y_FILE));
  print(" row ");
  printInteger(row);
  print(": target ");
  printDecimal(target);
  if (signs) print(" is not -1, 0 or 1. Fix the targets.");
  else print(" is not from 0 to 1. Fix the targets.");
  refuse();
}

/** Refuses the batch if a row in tensor `id` holds a number that is not finite. */
export function refuseRows(file: Ptr, id: u32, order: Ptr, first: u32): void {
  if (!tensorExists(id)) return;
  const row = rowNotFinite(id, sessionGet(SESSION_BATCH));
  if (row < 0) return;
  refuseNotFinite(file, rowIndex(order, first, row));
}

/** trainBegin() and trainResume() refuse a number of rows. */
export function refuseBegin(status: u32, rows: u32): void {
  if (status != BAD_ROWS && status != SMALL_BATCH) refuseBug(status);
  refusalOf(npyPath(X_FILE));
  print(" has ");
  printInteger(rows);
  if (status == SMALL_BATCH) {
    print(" rows, which leaves a last batch of 1, and batch-norm has no variance of one value: ");
    print("give a row more or less, or build with another --batch, --drop-last or --bn frozen.");
    refuse();
  }
  print(" rows, but ");
  print("the program was built for ");
  printInteger(sessionGet(SESSION_DETAIL));
  print(" at most, and a batch at least.");
  refuse();
}
