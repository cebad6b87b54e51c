import { type CompiledProgram, compileProgram } from "../compile/compile.js";
import type { CompileOptions, LossOptions } from "../compile/options.js";
import type { Dataset } from "../data/dataset.js";
import type { Targets } from "../data/targets.js";
import type { Graph } from "../graph/graph.js";
import { nextTurn } from "../next-turn.js";
import { CoreRefusal } from "../runtime/core.js";
import { Session } from "../runtime/session.js";
import { EarlyStopping } from "./early-stopping.js";
import { refusalToError } from "./messages.js";
import { type MetricName, measure, needsOutputs } from "./metrics/measure.js";
import type { EpochResult, EvaluationResult, FitOptions, FitResult } from "./options.js";
import { PhaseTally } from "./phase-tally.js";
import { readWeights, type Weights } from "./weights.js";

/** Work between two looks at the event loop: some ten milliseconds. */
const SLICE = 30_000_000;

/** What a run is about. */
export interface Fit {
  readonly session: Session;
  readonly program: CompiledProgram;
  readonly options: CompileOptions;
  readonly training: Dataset;
  readonly validation: Dataset | undefined;
  /** What the rows are called in errors. */
  readonly names: SourceNames;
  readonly loss: LossOptions;
  /** Measured on the held-out rows. */
  readonly metrics: readonly MetricName[];
}

export interface SourceNames {
  readonly x: string;
  readonly y: string;
}

/** A run before it has a program. */
export interface Run extends Omit<Fit, "session" | "program"> {
  /** The network with its weights as they stand. */
  graph(): Graph;
  /** Takes what has been learned. */
  keep(weights: Weights): void;
}

/** Trains all phases in one program. */
export function fitWhole(
  run: Run,
  watch: FitOptions,
): AsyncGenerator<EpochResult, FitResult, void> {
  return fitProgram(run, compileProgram(run.graph(), run.options), watch);
}

/** Trains by a program of the run; what it has learned is kept after every epoch, and at the end. */
export async function* fitProgram(
  run: Run,
  program: CompiledProgram,
  watch: FitOptions,
): AsyncGenerator<EpochResult, FitResult, void> {
  const session = new Session(program.bytes, watch.flavour, { measure: true });
  const events = fitRows({ ...run, session, program }, watch);
  try {
    for (;;) {
      const { value, done } = await events.next();
      run.keep(readWeights(session, program));
      if (done) return value;
      yield value;
    }
  } finally {
    await events.return(undefined as never);
  }
}

/** Trains, and hands the event loop its turn now and then. Yields after each epoch. */
async function* fitRows(
  fit: Fit,
  { signal, onStep, patience, callbacks }: FitWatch,
): AsyncGenerator<EpochResult, FitResult, void> {
  const { session, options } = fit;
  const stopping = patience === undefined ? undefined : new EarlyStopping(session, patience);
  const phases = new PhaseTally(fit);
  let last: EpochResult = { epoch: 0, trainLoss: Number.NaN };
  let stoppedEarly = false;
  const wantsNorm = options.gradNorm === true || options.clipNorm !== undefined;
  const events = session.train(fit.training, SLICE);
  let betweenSteps = true;
  await callbacks?.onTrainBegin?.();
  while (!(betweenSteps && signal?.aborted)) {
    const { value: event, done } = explain(fit, () => events.next());
    if (done || !event) break;
    betweenSteps = event.kind !== "pause";
    if (event.kind === "pause") await nextTurn();
    if (event.kind === "step") {
      const { step, epoch, loss, epochLoss, lr, gradNorm, phase } = event;
      const objective = objectiveOf(fit, phase);
      phases.step(phase, epochLoss, objective);
      if (step % TURN_STEPS === 0) await nextTurn();
      if (!phases.trains(phase)) continue;
      const more = { ...(wantsNorm && { gradNorm }), ...(objective && { objective }) };
      const result = { step, epoch, ...phases.place(phase), loss, lr, ...more };
      onStep?.(result);
      await callbacks?.onBatchEnd?.(step, result);
    }
    if (event.kind === "epoch") {
      const { phase, epoch, trainLoss, endsPhase } = event;
      const objective = phases.epoch(phase, trainLoss);
      const judged = phases.isModels(phase) ? fit.validation : undefined;
      const validation = judged && evaluateRows(fit, judged);
      const place = phases.place(phase);
      const end = place.phase === undefined ? {} : { endsPhase };
      const more = { ...(objective && { objective }), ...(validation && { validation }) };
      last = { epoch, ...place, ...end, trainLoss, ...more };
      if (!phases.trains(phase)) {
        yield last;
        continue;
      }
      if (validation && options.takesMetric) session.observe(validation.loss);
      const watch = phases.trainsLast(phase) ? stopping : undefined;
      const isEnough = validation !== undefined && watch?.observe(epoch, validation) === true;
      const isStopped = (await callbacks?.onEpochEnd?.(epoch, last)) === false;
      yield last;
      if (watch?.best && (endsPhase || isEnough || isStopped)) watch.restore();
      if (!endsPhase && (isEnough || isStopped)) {
        stoppedEarly = true;
        session.endPhase();
      }
    }
  }
  if (stopping && phases.hasGoneOn && fit.validation) {
    // What came after the last whole epoch has not been looked at yet.
    stopping.observe(last.epoch + 1, evaluateRows(fit, fit.validation));
  }
  // However it ended; the statistics of all rows, if they were taken, belong to the best weights already.
  if (stopping?.best && last.phase !== "statistics") stopping.restore();
  const result = resultOf(fit, last, phases, stopping);
  const whole = { ...result, stoppedEarly, interrupted: signal?.aborted === true };
  await callbacks?.onTrainEnd?.(whole);
  return whole;
}

/** What the step that has just ended made smaller. */
function objectiveOf({ session, program }: Fit, phase: number): number[] | undefined {
  const { objective } = program.phases[phase]!;
  if (objective.length === 0) return undefined;
  return objective.map((id) => session.core.floats(program.tensors[id]!.offset, 1)[0]!);
}

/** Who looks on, and when it is enough. */
type FitWatch = Pick<FitOptions, "signal" | "onStep" | "patience" | "callbacks">;

function resultOf(
  fit: Fit,
  last: EpochResult,
  tally: PhaseTally,
  stopping: EarlyStopping | undefined,
): Omit<FitResult, "interrupted" | "stoppedEarly"> {
  const { session, program } = fit;
  const phases = tally.results();
  const trained = phases.filter(({ name }) => name !== "statistics");
  const counted = trained.length > 0 ? trained : phases;
  const sum = (of: "steps" | "epochs") => counted.reduce((n, phase) => n + phase[of], 0);
  const best = last.phase === "statistics" ? undefined : stopping?.best;
  // What came after the last whole epoch has not been looked at yet.
  const known = tally.hasGoneOn ? undefined : last.validation;
  const validation = best ?? known ?? (fit.validation && evaluateRows(fit, fit.validation));
  return {
    steps: sum("steps"),
    epochs: sum("epochs"),
    lossName: fit.loss.name,
    loss: counted.at(-1)!.loss,
    phases,
    ...(validation && { validation }),
    ...(stopping?.best && { bestEpoch: stopping.bestEpoch }),
    fingerprint: session.core.fingerprint(),
    plannedBytes: program.plan.arenaBytes,
    usedBytes: session.usedBytes(),
    stepMs: session.stepMsSum / Math.max(1, session.steps),
  };
}

/** Small steps never fill a slice; they look up this often. */
const TURN_STEPS = 64;

export function evaluateRows(
  fit: Pick<Fit, "session" | "program" | "names" | "metrics" | "loss">,
  rows: Dataset,
): EvaluationResult {
  const { session, metrics, loss } = fit;
  const result: EvaluationResult = { ...explain(fit, () => session.evaluate(rows)) };
  // Targets of yes and no are no regression, although they are values.
  const isBinary = rows.y?.kind === "values" && result.accuracy !== undefined;
  if (!rows.y || isBinary || !needsOutputs(metrics)) return result;
  const outputs = predictRows(fit, rows);
  return {
    ...result,
    ...measure(metrics, outputs, outputs.length / rows.rows, countedTargets(rows.y, loss)),
  };
}

/** The targets, with no class where the loss leaves the row out. */
function countedTargets(targets: Targets, loss: LossOptions): Targets {
  const ignored = loss.name === "cross-entropy" ? loss.ignoreLabel : undefined;
  if (targets.kind !== "classes" || ignored === undefined) return targets;
  return { ...targets, data: targets.data.map((label) => (label === ignored ? -1 : label)) };
}

export function predictRows(
  fit: Pick<Fit, "session" | "program" | "names">,
  rows: Dataset,
): Float32Array {
  return explain(fit, () => fit.session.predict(rows));
}

/** Runs the core, and turns its refusals into sentences. */
function explain<T>(
  { session, program, names }: Pick<Fit, "session" | "program" | "names">,
  run: () => T,
): T {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof CoreRefusal)) throw error;
    throw refusalToError(error.place, {
      tensor: (id) => program.tensors[id]?.name ?? `${id}`,
      row: (batchRow) => session.batchRows[batchRow] ?? batchRow,
      classes: program.classes ?? 0,
      step: session.steps,
      ...names,
    });
  }
}
