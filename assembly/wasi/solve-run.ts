import {
  BAD_OPTION,
  EMPTY_CLASS,
  METHOD_KMEANS,
  METHOD_LOGISTIC,
  METHOD_RIDGE,
  SINGULAR,
  SOLVER_BATCH,
  SOLVER_L1_RATIO,
  SOLVER_OUTPUTS,
} from "../abi/solver";
import { DONE, ERROR_MIN, NON_FINITE, ROWS } from "../abi/status";
import { Ptr } from "../base/ptr";
import { Problem } from "../solvers/problem";
import { arenaStart, solveBegin, solveRun, solverBytes } from "../solvers/solve";
import { memoryCheck } from "./memory-check";
import { npyApart, npyCheck, npyCreate, npyFinish, npyWrite } from "./npy-write";
import { pathSame } from "./paths";
import { print, printDecimal, printEnd, printInteger, printTo } from "./print";
import { refusal, refusalOf, refuse, refuseBug, refuseFile, refuseUsage } from "./refuse";
import { dataOpen, dataRead, dataReadWanted } from "./solve-data";
import {
  NOT_GIVEN,
  problem,
  solveInit,
  solveLabels,
  solveOut,
  solveX,
  solveY,
} from "./solve-options";
import { STDERR, STDOUT } from "./system";

/** solve METHOD X.npy [Y.npy] OUT.npy */
export function commandSolve(): void {
  const p = problem();
  dataOpen(p);
  fitRows(p);
  const bytes = solverBytes();
  if (bytes == 0) refuseProblem(p);
  memoryCheck(
    solveX(),
    bytes,
    arenaStart(),
    " bytes, but this solve.wasm was built with ",
    ": rebuild it with 'strop solve --build'.",
  );
  if (solveBegin(bytes) != DONE) refuseProblem(p);
  dataRead(p);
  checkOutputs();
  // Of a mini-batch, the rows that were given for their labels.
  let labelling: u32 = 0;
  let status = solveRun(0);
  for (; status != DONE; status = solveRun(0)) {
    if (status >= ERROR_MIN) refuseProblem(p);
    if (status != ROWS) continue;
    labelling = takeLabels(p, labelling);
    dataReadWanted(p);
  }
  writeLabels(p, labelling);
  writeOut(p);
  report(p);
}

/** What the defaults need the rows for. */
function fitRows(p: Problem): void {
  if (p.alpha == NOT_GIVEN) {
    // A path without an alpha ends where pathEps says. Logistic regression has scikit-learn's C = 1.
    if (p.points > 1) p.alpha = 0;
    else p.alpha = p.method == METHOD_LOGISTIC ? 1 / <f64>p.rows : 1;
  }
  if (p.points == 1) p.pathEps = 0;
  if (p.batch == 0) return;
  p.batch = min(p.batch, p.rows);
  if (p.maxIterations != 0) return;
  // As many batches as make a hundred times the rows.
  p.maxIterations = <u32>min<u64>((<u64>p.rows * 100) / p.batch, 0x7fffffff);
}

/** Before the run, so that it is not in vain. */
function checkOutputs(): void {
  checkOutput(solveOut());
  if (solveLabels() == 0) return;
  if (pathSame(solveLabels(), solveOut())) {
    refuseFile(solveLabels(), " is OUT.npy too: give another file.");
  }
  checkOutput(solveLabels());
}

function checkOutput(path: Ptr): void {
  npyApart(path, solveX());
  if (solveY() != 0) npyApart(path, solveY());
  if (solveInit() != 0) npyApart(path, solveInit());
  npyCheck(path);
}

/** Writes the labels of so many rows that were given before; returns how many rows are given for theirs now. */
function takeLabels(p: Problem, labelling: u32): u32 {
  if (p.point == 0 || solveLabels() == 0) return 0;
  if (labelling == 0) npyCreate(solveLabels());
  else npyWrite(p.labels, labelling << 2);
  return p.wantedRows;
}

function writeLabels(p: Problem, labelling: u32): void {
  if (solveLabels() == 0) return;
  if (labelling == 0) npyCreate(solveLabels());
  npyWrite(p.labels, (labelling != 0 ? labelling : p.rows) << 2);
  npyFinish("<i4", p.rows, 0);
}

/** The coefficients with the intercept behind them, a row for each point and output; or the centres. */
function writeOut(p: Problem): void {
  npyCreate(solveOut());
  if (p.method == METHOD_KMEANS) {
    npyWrite(p.centers, p.outputs * p.centersStride);
    npyFinish("<f4", p.outputs, p.columns);
    return;
  }
  const rows = p.points * p.outputs;
  for (let i: u32 = 0; i < rows; ++i) {
    npyWrite(p.coef + i * (p.columns << 3), p.columns << 3);
    npyWrite(p.intercepts + (i << 3), 8);
  }
  npyFinish("<f8", rows, p.columns + 1);
}

/** What it came to, on stdout: a line for each alpha, or the inertia. */
function report(p: Problem): void {
  printTo(STDOUT);
  if (p.method == METHOD_KMEANS) {
    print("inertia ");
    printDecimal(p.objective);
    print("\niterations ");
    printInteger(p.iteration);
    printEnd();
    return;
  }
  let open: u32 = 0;
  for (let i: u32 = 0; i < p.points; ++i) {
    print("alpha ");
    printDecimal(load<f64>(p.alphas + (i << 3)));
    print(" objective ");
    printDecimal(load<f64>(p.objectives + (i << 3)));
    if (p.method != METHOD_RIDGE) {
      print(" gap ");
      printDecimal(load<f64>(p.gaps + (i << 3)));
      print(" iterations ");
      printInteger(load<u32>(p.iterations + (i << 2)));
      if (load<f64>(p.gaps + (i << 3)) > p.gapGoal) ++open;
    }
    printEnd();
  }
  if (open == 0) return;
  printTo(STDERR);
  print("strop: gaps larger than --tol asks: ");
  printInteger(open);
  print(". Raise --max-iterations or --tol.");
  printEnd();
}

/** Turns the error of a solver into a sentence. */
function refuseProblem(p: Problem): void {
  const status = p.status;
  if (status == BAD_OPTION && p.method == METHOD_KMEANS) {
    refusalOf(solveX());
    print(" has ");
    printInteger(p.rows);
    print(" rows");
    if (p.index == SOLVER_OUTPUTS)
      print(", fewer than --clusters. Give less clusters or more rows.");
    else if (p.index == SOLVER_BATCH) print(": --batch is from --clusters up to that. Change it.");
    else print(", columns or options that k-means does not take.");
    refuse();
  }
  if (status == BAD_OPTION && p.index == SOLVER_OUTPUTS) {
    refuseFile(solveY(), " has more than one target a row, and this method takes one.");
  }
  if (status == SINGULAR) {
    if (p.alpha > 0) {
      refuseFile(solveX(), ": --alpha is too small beside the numbers of the data. Raise it.");
    }
    refusalOf(solveX());
    print(": column ");
    printInteger(p.index);
    print(" follows from those before it: leave it out, or use ridge with an --alpha above 0.");
    refuse();
  }
  if (status == EMPTY_CLASS) {
    refusalOf(solveY());
    print(" has no row of class ");
    printInteger(p.index);
    print(": number the classes from 0 up.");
    refuse();
  }
  if (status == NON_FINITE && p.method == METHOD_KMEANS) {
    refuseFile(solveX(), ": its squared distances are too large for float32. Scale the columns.");
  }
  if (status == NON_FINITE) refuseFile(solveX(), ": its squares are too large for float64.");
  if (status != BAD_OPTION) refuseBug(status);
  refusal();
  if (p.index == SOLVER_L1_RATIO) print("--path: with an l1 ratio of 0 no path begins anywhere.");
  else print("an option is not in the range of this method.");
  refuseUsage();
}
