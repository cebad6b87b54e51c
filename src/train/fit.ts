import type { CompiledProgram } from "../compile/compile.js";
import type { CompileOptions, LossName } from "../compile/options.js";
import type { Dataset } from "../data/dataset.js";
import { CoreRefusal } from "../runtime/core.js";
import type { Evaluation, Session } from "../runtime/session.js";
import { refusalToError } from "./messages.js";
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
}

export interface SourceNames {
  readonly x: string;
  readonly y: string;
}

/** Trains, and hands the event loop its turn now and then. Yields after each epoch. */
export async function* fitRows(
  fit: Fit,
  { signal, onStep }: Pick<FitOptions, "signal" | "onStep">,
): AsyncGenerator<EpochResult, FitResult, void> {
  const { session, program, options } = fit;
  let last: EpochResult = { epoch: 0, trainLoss: Number.NaN };
  let seen = { rows: 0, loss: 0 };
  const wantsNorm = options.gradNorm === true || options.clipNorm !== undefined;
  const events = session.train(fit.training, SLICE);
  let betweenSteps = true;
  while (!(betweenSteps && signal?.aborted)) {
    const { value: event, done } = explain(fit, () => events.next());
    if (done || !event) break;
    betweenSteps = event.kind !== "pause";
    if (event.kind === "pause") await nextTurn();
    if (event.kind === "step") {
      const { step, epoch, loss, lr, gradNorm } = event;
      onStep?.({ step, epoch, loss, lr, ...(wantsNorm && { gradNorm }) });
      const rows = session.batchRows.length;
      seen = { rows: seen.rows + rows, loss: seen.loss + loss * rows };
      if (step % TURN_STEPS === 0) await nextTurn();
    }
    if (event.kind === "epoch") {
      const validation = fit.validation && evaluateRows(fit, fit.validation);
      if (validation && options.takesMetric) session.observe(validation.loss);
      last = { epoch: event.epoch, trainLoss: event.trainLoss, ...(validation && { validation }) };
      seen = { rows: 0, loss: 0 };
      yield last;
    }
  }
  const interrupted = signal?.aborted === true;
  const validation = last.validation ?? (fit.validation && evaluateRows(fit, fit.validation));
  return {
    steps: session.steps,
    epochs: last.epoch,
    lossName: fit.lossName,
    loss: seen.rows ? seen.loss / seen.rows : last.trainLoss,
    ...(validation && { validation }),
    fingerprint: session.core.fingerprint(),
    plannedBytes: program.plan.arenaBytes,
    usedBytes: session.usedBytes(),
    stepMs: session.stepMsSum / Math.max(1, session.steps),
    interrupted,
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
  fit: Pick<Fit, "session" | "program" | "names">,
  rows: Dataset,
): EvaluationResult {
  const {
    rows: count,
    loss,
    accuracy,
  }: Evaluation = explain(fit, () => fit.session.evaluate(rows));
  return { rows: count, loss, ...(accuracy !== undefined && { accuracy }) };
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
