import * as abi from "../../assembly/abi/solver.js";
import { EPOCH, ROWS } from "../../assembly/abi/status.js";
import { badOption } from "../compile/check-options.js";
import { StropError } from "../errors.js";
import { copyRows } from "../runtime/feed.js";
import type { Input } from "../train/options.js";
import { type SolverRows, solverRows } from "./data.js";
import {
  type KMeansOptions,
  type KMeansResolved,
  type KMeansRunOptions,
  resolveKMeans,
} from "./kmeans-options.js";
import { type Named, refusalToError } from "./messages.js";
import { checkRun } from "./options.js";
import { runSlices } from "./run.js";
import { type Problem, SolverCore, SolverRefusal } from "./solver-core.js";

/** What k-means found. */
export interface KMeansSolution {
  readonly method: "kmeans";
  /** A row each, in the shape of the data's rows: they can be the `init` of another run. */
  readonly centers: { readonly shape: readonly number[]; readonly data: Float32Array };
  /** Of each row, from 0. */
  readonly labels: Int32Array;
  /** Sum of the rows' squared distances to their centres. */
  readonly inertia: number;
  /** Iterations of all rows, or mini-batches. */
  readonly iterations: number;
  /** Whether it ended before maxIterations. */
  readonly converged: boolean;
  /** Of each iteration's labels step, and the last one: it never rises, but of mini-batches, where it is estimated. */
  readonly inertias: readonly number[];
  /** Bytes of the arena: known before the run, and all that it uses. */
  readonly plannedBytes: number;
  /** Linear memory of the run: the solvers' own data and the arena, rounded up to pages. */
  readonly pageBytes: number;
  readonly notes: readonly string[];
  /** The options with their defaults, as they were used. */
  readonly options: KMeansResolved & { readonly init: string; readonly seed: number };
}

const INITS: Readonly<Record<string, number>> = {
  "k-means++": abi.INIT_KMEANS_PLUS_PLUS,
  random: abi.INIT_RANDOM,
};

/** A problem that is ready to be run. */
interface Prepared {
  readonly problem: Problem;
  readonly rows: SolverRows;
  readonly options: KMeansSolution["options"];
  /** The centres that are given. */
  readonly init: Float32Array | undefined;
  readonly named: Named;
}

/**
 * Clusters rows by k-means, so that the sum of their squared distances to the centres is small.
 *
 * @throws StropError for impossible options, and for data that do not fit
 */
export async function kmeans(x: Input, given: KMeansRunOptions = {}): Promise<KMeansSolution> {
  const { flavour, signal, onIteration, ...own } = given;
  checkRun({ flavour, signal });
  if (onIteration !== undefined && typeof onIteration !== "function") {
    throw badOption("onIteration", "it is not a function");
  }
  const { problem, rows, options, init, named } = prepareKMeans(x, own);
  try {
    const core = new SolverCore(problem, flavour);
    if (init) core.floats(abi.SOLVER_CENTERS, init.length).set(init);
    const run = new Run(core, rows, onIteration);
    await runSlices(core, { signal }, (status) => run.answer(status));
    return { ...run.end(), options };
  } catch (error) {
    throw error instanceof SolverRefusal ? refusalToError(error, named) : error;
  }
}

/** Checks rows and options. */
export function prepareKMeans(
  x: Input,
  { seed = 0, ...given }: KMeansOptions & { seed?: number | undefined },
): Prepared {
  checkRun({ seed });
  const rows = solverRows(x);
  const options = resolveKMeans(given, rows.rows);
  const { clusters, batch = 0, maxIterations, tol = 0 } = options;
  if (clusters > rows.rows) {
    throw new StropError(`${rows.rows} rows cannot make ${clusters} clusters`, {
      code: "row-count",
      where: rows.name,
      hint: "Ask for fewer clusters, or give more rows.",
    });
  }
  const { init = "k-means++" } = given;
  const start = typeof init === "string" ? INITS[init] : abi.INIT_GIVEN;
  if (start === undefined) {
    const names = Object.keys(INITS).join(", ");
    throw badOption("init", `'${init}' is not known`, `There are ${names}; or give the centres.`);
  }
  return {
    problem: {
      method: abi.METHOD_KMEANS,
      rows: rows.rows,
      columns: rows.columns,
      outputs: clusters,
      batch,
      maxIterations,
      tol,
      init: start,
      seed,
    },
    rows,
    options: { ...options, init: typeof init === "string" ? init : "given", seed },
    init: typeof init === "string" ? undefined : centersOf(init, clusters, rows),
    named: { method: "kmeans", rows: rows.rows, columns: rows.columns, x: rows.name, y: "" },
  };
}

/** The centres that are given, checked. */
function centersOf(init: Input, clusters: number, { columns }: SolverRows): Float32Array {
  const given = solverRows(init, clusters, "init");
  if (given.rows === clusters && given.columns === columns) return given.x;
  const found = `${given.rows} centres of ${given.columns} numbers`;
  throw new StropError(`${found}, but ${clusters} are wanted, of ${columns} as the rows have`, {
    code: "row-shape",
    where: given.name,
  });
}

/** A run of the core: gives it rows, and gathers what it finds on the way. */
class Run {
  private readonly inertias: number[] = [];
  private readonly labels: Int32Array;
  /** Of mini-batches: how many rows have got their labels, and how many are to get them next. */
  private labelled = 0;
  private labelling = 0;

  constructor(
    private readonly core: SolverCore,
    private readonly rows: SolverRows,
    private readonly onIteration: KMeansRunOptions["onIteration"],
  ) {
    this.labels = new Int32Array(rows.rows);
    if (core.word(abi.SOLVER_BATCH) === 0) core.floats(abi.SOLVER_X, rows.x.length).set(rows.x);
  }

  answer(status: number): void {
    const { core } = this;
    const finished = core.word(abi.SOLVER_ITERATION);
    if (finished > this.inertias.length) this.tell(finished);
    if (status === EPOCH) return;
    if (status !== ROWS) throw new Error(`k-means answered ${status}`);
    this.takeLabels();
    const count = core.word(abi.SOLVER_WANTED_ROWS);
    const { x, columns } = this.rows;
    const wanted = core.words(abi.SOLVER_WANTED, count);
    copyRows(x, columns, wanted, core.floats(abi.SOLVER_X, count * columns));
    if (core.word(abi.SOLVER_POINT) === 1) this.labelling = count;
  }

  private tell(iteration: number): void {
    const inertia = this.core.number(abi.SOLVER_OBJECTIVE);
    this.inertias.push(inertia);
    this.onIteration?.({ iteration, inertia });
  }

  /** Those of the rows that were given last. */
  private takeLabels(): void {
    this.labels.set(this.core.words(abi.SOLVER_LABELS, this.labelling), this.labelled);
    this.labelled += this.labelling;
  }

  end(): Omit<KMeansSolution, "options"> {
    const { core } = this;
    const { rows, columns, rowShape, notes } = this.rows;
    if (core.word(abi.SOLVER_BATCH) === 0) this.labelling = rows;
    this.takeLabels();
    const clusters = core.word(abi.SOLVER_OUTPUTS);
    const iterations = core.word(abi.SOLVER_ITERATION);
    const inertia = core.number(abi.SOLVER_OBJECTIVE);
    // An iteration that moves no row is over with its labels step, which then is the last one too.
    const isTold = iterations === this.inertias.length;
    if (!isTold) this.tell(iterations);
    return {
      method: "kmeans",
      centers: {
        shape: [clusters, ...rowShape],
        data: core.floats(abi.SOLVER_CENTERS, clusters * columns).slice(),
      },
      labels: this.labels,
      inertia,
      iterations,
      converged: iterations < core.word(abi.SOLVER_MAX_ITERATIONS),
      inertias: isTold ? [...this.inertias, inertia] : this.inertias,
      plannedBytes: core.arenaBytes,
      pageBytes: core.memoryBytes,
      notes,
    };
  }
}
