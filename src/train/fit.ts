import type { CompiledProgram } from "../compile/compile.js";
import { type CompileOptions, DEFAULT_LR, type LossName } from "../compile/options.js";
import type { Dataset } from "../data/dataset.js";
import { CoreRefusal } from "../runtime/core.js";
import type { Evaluation, Session } from "../runtime/session.js";
import { EarlyStopping } from "./early-stopping.js";
import { refusalToError } from "./messages.js";
import { type MetricName, measure, needsOutputs } from "./metrics/measure.js";
import type { EpochResult, EvaluationResult, FitOptions, FitResult } from "./options.js";

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
  readonly lossName: LossName;
  /** Measured on the held-out rows. */
  readonly metrics: readonly MetricName[];
}

export interface SourceNames {
  readonly x: string;
  readonly y: string;
}

/** Trains, and hands the event loop its turn now and then. Yields after each epoch. */
export async function* fitRows(
  fit: Fit,
  { signal, onStep, patience, callbacks }: FitWatch,
): AsyncGenerator<EpochResult, FitResult, void> {
  const { session, options } = fit;
  const lr = options.optimizer.lr ?? DEFAULT_LR[options.optimizer.name];
  const stopping = patience === undefined ? undefined : new EarlyStopping(session, patience);
  let last: EpochResult = { epoch: 0, trainLoss: Number.NaN };
  let seen = { rows: 0, loss: 0 };
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
      const { step, epoch, loss, gradNorm } = event;
      const result = { step, epoch, loss, lr, ...(wantsNorm && { gradNorm }) };
      onStep?.(result);
      await callbacks?.onBatchEnd?.(step, result);
      const rows = session.batchRows.length;
      seen = { rows: seen.rows + rows, loss: seen.loss + loss * rows };
      if (step % TURN_STEPS === 0) await nextTurn();
    }
    if (event.kind === "epoch") {
      const { epoch, trainLoss, endsPhase } = event;
      const validation = fit.validation && evaluateRows(fit, fit.validation);
      last = { epoch, trainLoss, ...(validation && { validation }) };
      seen = { rows: 0, loss: 0 };
      const isEnough = validation !== undefined && stopping?.observe(epoch, validation) === true;
      const isStopped = (await callbacks?.onEpochEnd?.(epoch, last)) === false;
      yield last;
      if (endsPhase || isEnough || isStopped) stopping?.restore();
      if (!endsPhase && (isEnough || isStopped)) {
        stoppedEarly = true;
        session.endPhase();
      }
    }
  }
  if (stopping && seen.rows > 0) {
    // What came after the last whole epoch has not been looked at yet.
    if (fit.validation) stopping.observe(last.epoch + 1, evaluateRows(fit, fit.validation));
    stopping.restore();
  }
  const result = resultOf(fit, last, seen, stopping);
  const whole = { ...result, stoppedEarly, interrupted: signal?.aborted === true };
  await callbacks?.onTrainEnd?.(whole);
  return whole;
}

/** Who looks on, and when it is enough. */
type FitWatch = Pick<FitOptions, "signal" | "onStep" | "patience" | "callbacks">;

function resultOf(
  fit: Fit,
  last: EpochResult,
  seen: { rows: number; loss: number },
  stopping: EarlyStopping | undefined,
): Omit<FitResult, "interrupted" | "stoppedEarly"> {
  const { session, program } = fit;
  const validation =
    stopping?.best ?? last.validation ?? (fit.validation && evaluateRows(fit, fit.validation));
  return {
    steps: session.steps,
    epochs: last.epoch,
    lossName: fit.lossName,
    loss: seen.rows ? seen.loss / seen.rows : last.trainLoss,
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

/** Lets timers, input and signals have their turn. A timeout costs a millisecond, so only without better. */
function nextTurn(): Promise<void> {
  const later = globalThis.setImmediate ?? setTimeout;
  return new Promise((resolve) => later(() => resolve()));
}

export function evaluateRows(
  fit: Pick<Fit, "session" | "program" | "names" | "metrics">,
  rows: Dataset,
): EvaluationResult {
  const { session, metrics } = fit;
  const { rows: count, loss, accuracy }: Evaluation = explain(fit, () => session.evaluate(rows));
  const result = { rows: count, loss, ...(accuracy !== undefined && { accuracy }) };
  if (!rows.y || !needsOutputs(metrics)) return result;
  const outputs = predictRows(fit, rows);
  return { ...result, ...measure(metrics, outputs, outputs.length / count, rows.y) };
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
