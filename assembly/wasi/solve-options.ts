import {
  INIT_GIVEN,
  INIT_RANDOM,
  METHOD_ELASTIC_NET,
  METHOD_KMEANS,
  METHOD_LOGISTIC,
  METHOD_RIDGE,
  PRECOMPUTE_ALWAYS,
  PRECOMPUTE_NEVER,
  SELECTION_RANDOM,
} from "../abi/solver";
import { memoryZero } from "../base/memory";
import { Ptr } from "../base/ptr";
import { Problem } from "../solvers/problem";
import { arenaStart } from "../solvers/solve";
import {
  argument,
  argumentsRead,
  equals,
  isOption,
  optionValue,
  readWhole,
  refuseOption,
} from "./arguments";
import { readDecimal } from "./decimal";
import { print, printTo } from "./print";
import { succeed } from "./refuse";
import { STDOUT } from "./system";

// What the command line of solve says: the given part of the problem record, and files.

/** X.npy, Y.npy, OUT.npy, the centres of --init, --labels-out; 0 is one that is not given. */
const FILES: Ptr = memory.data(20, 4);
const OF_Y: u32 = 4;
const OF_OUT: u32 = 8;
const OF_INIT: u32 = 12;
const OF_LABELS: u32 = 16;

/** What has options of its own: bits, as an option may belong to several. */
const ELASTIC_NET: u32 = 1 << METHOD_ELASTIC_NET;
const RIDGE: u32 = 1 << METHOD_RIDGE;
const LOGISTIC: u32 = 1 << METHOD_LOGISTIC;
const KMEANS: u32 = 1 << METHOD_KMEANS;
/** Lasso and least squares are methods that leave an option out. */
const FREE_RATIO: u32 = 32;
const FREE_ALPHA: u32 = 64;
/** Of alpha, tol and pathEps. */
export const NOT_GIVEN: f64 = -1;
const KIND: Ptr = memory.data(4, 4);

/** The problem that is solved. */
export function problem(): Problem {
  return changetype<Problem>(arenaStart());
}

export function solveX(): Ptr {
  return load<u32>(FILES);
}

export function solveY(): Ptr {
  return load<u32>(FILES, OF_Y);
}

export function solveOut(): Ptr {
  return load<u32>(FILES, OF_OUT);
}

/** The file of --init, or 0. */
export function solveInit(): Ptr {
  return load<u32>(FILES, OF_INIT);
}

/** The file of --labels-out, or 0. */
export function solveLabels(): Ptr {
  return load<u32>(FILES, OF_LABELS);
}

/** Reads the command line. Does not come back from a wrong one, nor from --help. */
export function solveOptionsRead(): void {
  if (argumentsRead()) help();
  readMethod(argument(1));
  const clusters = problem().method == METHOD_KMEANS;
  let files: u32 = 0;
  for (let i = 2; argument(i) != 0; ++i) {
    const word = argument(i);
    if (isOption(word)) i += readOption(word, argument(i + 1));
    else if (files == OF_OUT + 4) refuseOption("one file too many: ", word);
    else {
      store<u32>(FILES + files, <u32>word);
      files += clusters && files == 0 ? 8 : 4;
    }
  }
  if (files < OF_OUT + 4) refuseOption("too few files are given to ", argument(1));
  if (clusters) kmeansDefaults(problem());
  else if (isFor(ELASTIC_NET | LOGISTIC)) checkPath(problem());
}

/** What says where a path ends. */
function checkPath(p: Problem): void {
  if (p.alpha == 0) refuseOption("--alpha: at 0 nothing is penalised: give a larger one", 0);
  if (p.pathEps == NOT_GIVEN) {
    p.pathEps = 1e-3;
    return;
  }
  if (p.points == 1) refuseOption("--path-eps needs a --path", 0);
  if (p.alpha != NOT_GIVEN) refuseOption("--path-eps and --alpha: give one of them", 0);
  if (p.pathEps == 0 || p.pathEps >= 1) refuseOption("--path-eps is above 0 and below 1", 0);
}

/** Of what depends on whether there are mini-batches. Their iterations are counted when the rows are known. */
function kmeansDefaults(p: Problem): void {
  if (p.outputs == 0) refuseOption("--clusters is missing", 0);
  if (p.batch != 0 && p.tol != NOT_GIVEN)
    refuseOption("--tol is not for mini-batches: leave it out", 0);
  if (p.tol == NOT_GIVEN) p.tol = p.batch != 0 ? 0 : 1e-4;
  if (p.batch == 0 && p.maxIterations == 0) p.maxIterations = 300;
}

/** The method and its defaults, those of the command line on the host. */
function readMethod(word: Ptr): void {
  const p = problem();
  memoryZero(changetype<Ptr>(p), offsetof<Problem>("x"));
  p.intercept = 1;
  p.points = 1;
  p.maxIterations = 1000;
  p.outputs = 1;
  p.alpha = NOT_GIVEN;
  p.tol = 1e-4;
  p.pathEps = NOT_GIVEN;
  let kind: u32 = 0;
  if (equals(word, "lasso")) {
    p.l1Ratio = 1;
    kind = ELASTIC_NET;
  } else if (equals(word, "elastic-net")) {
    p.l1Ratio = 0.5;
    kind = ELASTIC_NET | FREE_RATIO;
  } else if (equals(word, "logistic")) kind = LOGISTIC | FREE_RATIO;
  else if (equals(word, "ridge")) kind = RIDGE | FREE_ALPHA;
  else if (equals(word, "least-squares")) {
    p.alpha = 0;
    kind = RIDGE;
  } else if (equals(word, "kmeans")) {
    p.intercept = 0;
    p.maxIterations = 0;
    p.outputs = 0;
    p.alpha = 0;
    p.pathEps = 0;
    p.tol = NOT_GIVEN;
    kind = KMEANS;
  } else refuseOption("unknown command ", word);
  if (kind & (ELASTIC_NET | LOGISTIC)) kind |= FREE_ALPHA;
  p.method = ctz(kind);
  store<u32>(KIND, kind);
}

function isFor(kinds: u32): bool {
  return (load<u32>(KIND) & kinds) != 0;
}

/** Returns how many arguments behind the option belong to it. */
function readOption(option: Ptr, value: Ptr): u32 {
  const p = problem();
  const linear = !isFor(KMEANS);
  const descent = isFor(ELASTIC_NET | LOGISTIC);
  if (linear && equals(option, "--no-intercept")) {
    p.intercept = 0;
    return 0;
  }
  const known = isFor(KMEANS)
    ? readOfKmeans(p, option, value)
    : descent && readOfDescent(p, option, value);
  if (known) return 1;
  if (isFor(FREE_ALPHA) && equals(option, "--alpha")) {
    p.alpha = number(option, value);
  } else if (isFor(FREE_RATIO) && equals(option, "--l1-ratio")) {
    p.l1Ratio = number(option, value);
    if (p.l1Ratio > 1) refuseOption("no number from 0 to 1: ", value);
  } else if (!isFor(RIDGE) && equals(option, "--tol")) p.tol = number(option, value);
  else if (!isFor(RIDGE) && equals(option, "--max-iterations")) {
    p.maxIterations = count(option, value);
  } else if (!isFor(RIDGE) && equals(option, "--seed")) p.seed = whole(option, value);
  else refuseOption("unknown option ", option);
  return 1;
}

/** Lasso, elastic-net and logistic regression. */
function readOfDescent(p: Problem, option: Ptr, value: Ptr): bool {
  if (equals(option, "--path")) {
    p.points = count(option, value);
    if (p.points == 1) refuseOption("a path has two points or more, not ", value);
  } else if (equals(option, "--path-eps")) p.pathEps = number(option, value);
  else if (isFor(ELASTIC_NET) && equals(option, "--precompute")) {
    if (equals(optionValue(option, value), "always")) p.precompute = PRECOMPUTE_ALWAYS;
    else if (equals(value, "never")) p.precompute = PRECOMPUTE_NEVER;
    else if (!equals(value, "auto")) refuseOption("no auto, always or never: ", value);
  } else if (equals(option, "--selection")) {
    if (equals(optionValue(option, value), "random")) p.selection = SELECTION_RANDOM;
    else if (!equals(value, "cyclic")) refuseOption("no cyclic or random: ", value);
  } else return false;
  return true;
}

function readOfKmeans(p: Problem, option: Ptr, value: Ptr): bool {
  if (equals(option, "--clusters")) p.outputs = count(option, value);
  else if (equals(option, "--batch")) p.batch = count(option, value);
  else if (equals(option, "--labels-out")) {
    store<u32>(FILES, <u32>optionValue(option, value), OF_LABELS);
  } else if (equals(option, "--init")) {
    if (equals(optionValue(option, value), "random")) p.init = INIT_RANDOM;
    else if (!equals(value, "k-means++")) {
      p.init = INIT_GIVEN;
      store<u32>(FILES, <u32>value, OF_INIT);
    }
  } else return false;
  return true;
}

const NUMBER: Ptr = memory.data(8, 8);

function number(option: Ptr, value: Ptr): f64 {
  if (!readDecimal(optionValue(option, value), NUMBER)) {
    refuseOption("no number of at most 15 digits from 1e-22 up: ", value);
  }
  return load<f64>(NUMBER);
}

function whole(option: Ptr, value: Ptr): u32 {
  const n = readWhole(optionValue(option, value));
  if (n < 0) refuseOption("no whole number below 1000000000: ", value);
  return n;
}

function count(option: Ptr, value: Ptr): u32 {
  const n = whole(option, value);
  if (n == 0) refuseOption("0 is too small for ", option);
  return n;
}

function help(): void {
  printTo(STDOUT);
  print("solve lasso|elastic-net|ridge|least-squares|logistic X.npy Y.npy OUT.npy [options]\n");
  print("solve kmeans X.npy OUT.npy --clusters K [options]\n\n");
  print(
    "This module was made by 'strop solve --build' for so many rows and columns as it was told.\n",
  );
  print("X.npy holds <f4 or |u1; Y.npy targets (<f4) or, of logistic, labels (<i4, <i8, |u1).\n");
  print(
    "OUT.npy gets the coefficients, <f8, the intercept last: a row for each target, class or\n",
  );
  print("alpha of a path; of kmeans the centres, <f4.\n");
  print("  --alpha A --l1-ratio R --path N --path-eps E --precompute auto|always|never\n");
  print("  --selection cyclic|random --no-intercept\n");
  print("  --clusters K --init k-means++|random|C.npy --batch N --labels-out L.npy\n");
  print("  --tol T --max-iterations N --seed S\n");
  succeed();
}
