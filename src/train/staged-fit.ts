import { nodesBefore } from "../autodiff/reach.js";
import type { Stage } from "../autodiff/stage.js";
import { type CompiledProgram, compileProgram, stagedOf } from "../compile/compile.js";
import { type CompileOptions, completeOptions } from "../compile/options.js";
import type { Dataset } from "../data/dataset.js";
import { cutAt } from "../graph/cut.js";
import { inferShapes } from "../graph/infer.js";
import { rowShape } from "../graph/shape.js";
import { Session } from "../runtime/session.js";
import { evaluateRows, fitProgram, type Run } from "./fit.js";
import type { EpochResult, FitOptions, FitResult } from "./options.js";

/** Rows at some value of the network. */
interface RowsAt {
  readonly value: string;
  readonly training: Dataset;
  readonly validation: Dataset | undefined;
}

/**
 * The same run as `fitWhole`, phase by phase: what lies below the layers that a phase trains is computed once for all
 * rows, and not in every step. The numbers are the same, but for images, which lie in another order there: where one
 * is flattened right below such layers the sums of the next product are in another order, and masks hit other pixels.
 */
export async function* fitStages(
  run: Run,
  watch: FitOptions,
): AsyncGenerator<EpochResult, FitResult, void> {
  const { stages } = stagedOf(run.graph(), run.options);
  const { callbacks } = watch;
  tellCache(run, stages, watch);
  const ended: FitResult[] = [];
  const last = run.options.reestimate ? stages.length : stages.length - 1;
  let cached = rowsAtInput(run);
  await callbacks?.onTrainBegin?.();
  for (let phase = 0; phase <= last && !ended.at(-1)?.interrupted; phase++) {
    const done = ended.reduce((sum, { steps }) => sum + steps, 0);
    const stage = stages[phase];
    cached = rowsFor(run, stage, cached, watch);
    const judges = phase >= stages.length - 1;
    const following = followed(watch, done, judges);
    ended.push(yield* fitStage(run, phase, cached, following));
  }
  const result = together(ended, run, watch);
  await callbacks?.onTrainEnd?.(result);
  return result;
}

/** One phase; behind the last one that trains, the pass that estimates batch-norm's statistics. */
function fitStage(
  run: Run,
  phase: number,
  rows: RowsAt,
  watch: FitOptions,
): AsyncGenerator<EpochResult, FitResult, void> {
  const { program, options, isModels } = stageProgram(run, phase, rows.value);
  const validation = isModels ? rows.validation : undefined;
  const staged = { ...run, options, training: rows.training, validation };
  return fitProgram(staged, program, watch);
}

/** The program of a phase alone, from the value on at which its rows are. */
function stageProgram(
  run: Run,
  phase: number,
  value: string,
): { program: CompiledProgram; options: CompileOptions; isModels: boolean } {
  const graph = run.graph();
  const { graph: wide, stages, lossOn } = stagedOf(graph, run.options);
  const stage = stages[phase];
  if (!stage) {
    const options = { ...run.options, reestimate: "only" } as const;
    return { program: compileProgram(graph, options), options, isModels: true };
  }
  const { reestimate: _, ...told } = run.options;
  const isModels = stage.lossOn === lossOn && stage.target === undefined;
  const options: CompileOptions = {
    ...told,
    loss: stage.target === undefined ? told.loss : undefined,
    takesMetric: told.takesMetric && isModels,
  };
  const ends = isModels ? graph.outputs.slice(0, 1) : [stage.lossOn];
  const part = cutAt(wide, value, [...ends, ...(stage.target ? [stage.target] : [])]);
  return { program: compileProgram(part, options, [stage]), options, isModels };
}

function rowsAtInput(run: Run): RowsAt {
  const { training, validation } = run;
  return { value: run.graph().inputs[0]!.name, training, validation };
}

/** The rows at the value that the stage begins at: from where they are, if that lies below, or from the input on. */
function rowsFor(run: Run, stage: Stage | undefined, cached: RowsAt, watch: FitOptions): RowsAt {
  const input = rowsAtInput(run);
  const graph = run.graph();
  const value = stage?.from ?? input.value;
  if (value === input.value) return input;
  if (value === cached.value) return cached;
  const isBelow = nodesBefore(graph, value).some(({ outputs }) => outputs[0] === cached.value);
  const from = isBelow ? cached : input;
  const part = cutAt(graph, from.value, [value]);
  const at = (rows: Dataset): Dataset => {
    const batch = Math.min(run.options.batch, rows.rows);
    const told = { training: false, batch, rows: rows.rows, loss: undefined };
    const program = compileProgram(part, completeOptions({ ...told, trainable: () => false }));
    const x = new Session(program.bytes, watch.flavour).predict(rows);
    return { ...rows, x, levels: undefined, rowElements: x.length / rows.rows };
  };
  const { training, validation } = from;
  return { value, training: at(training), validation: validation && at(validation) };
}

/** Who looks on, from a phase that begins after some steps; early stopping is the last one's. */
function followed(watch: FitOptions, done: number, isLast: boolean): FitOptions {
  const { patience, onStep, callbacks, ...others } = watch;
  return {
    ...others,
    ...(isLast && patience !== undefined && { patience }),
    ...(onStep && { onStep: (result) => onStep({ ...result, step: done + result.step }) }),
    ...(callbacks && {
      callbacks: {
        onBatchEnd: (step, result) =>
          callbacks.onBatchEnd?.(done + step, { ...result, step: done + result.step }),
        onEpochEnd: (epoch, result) => callbacks.onEpochEnd?.(epoch, result),
      },
    }),
  };
}

/** What the phases did, as one run. */
function together(ended: readonly FitResult[], run: Run, { flavour }: FitOptions): FitResult {
  const phases = ended.flatMap((one) => one.phases);
  const trained = phases.filter(({ name }) => name !== "statistics");
  const sum = (of: (one: FitResult) => number) => ended.reduce((total, one) => total + of(one), 0);
  const most = (of: (one: FitResult) => number) => Math.max(...ended.map(of));
  const steps = trained.reduce((total, one) => total + one.steps, 0);
  const program = compileProgram(run.graph(), run.options);
  const session = new Session(program.bytes, flavour);
  const last = ended.at(-1)!;
  // A phase with a loss of its own has not looked at them.
  const validation =
    last.validation ??
    (run.validation && evaluateRows({ ...run, session, program }, run.validation));
  return {
    ...last,
    ...(validation && { validation }),
    steps,
    epochs: trained.reduce((total, one) => total + one.epochs, 0),
    loss: (trained.at(-1) ?? phases.at(-1)!).loss,
    phases,
    stoppedEarly: ended.some((one) => one.stoppedEarly),
    fingerprint: session.core.fingerprint(),
    plannedBytes: most((one) => one.plannedBytes),
    usedBytes: most((one) => one.usedBytes),
    stepMs:
      sum((one) => one.stepMs * one.steps) /
      Math.max(
        1,
        sum((one) => one.steps),
      ),
  };
}

function tellCache(run: Run, stages: readonly Stage[], { onNote }: FitOptions): void {
  const graph = run.graph();
  const values = inferShapes(graph);
  const rows = run.training.rows + (run.validation?.rows ?? 0);
  const elements = stages.map((stage) => {
    const value = stage.from ?? graph.inputs[0]!.name;
    if (value === graph.inputs[0]!.name) return 0;
    return rowShape(values.get(value)!.shape).reduce((a, b) => a * b, 1);
  });
  const bytes = 4 * rows * Math.max(...elements, 0);
  if (bytes > 0) onNote?.(`the cache holds ${rows} rows behind the layers below: ${bytes} bytes`);
}
