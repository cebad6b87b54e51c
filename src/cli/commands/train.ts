import {
  checkWritable,
  type FitResult,
  type StrategyName,
  StropError,
  writeFileWhole,
} from "../../node.js";
import { type Context, command, required } from "../command.js";
import { EXIT_DONE, EXIT_INTERRUPTED } from "../errors.js";
import { checkFiles, outOverModel } from "../files.js";
import { byteCount, count, evaluationText, lossText, table } from "../format.js";
import { Metrics } from "../metrics.js";
import { withLoss } from "../options/loss.js";
import { badOption, flagOf } from "../options/option.js";
import { fitOptionsOf, modelOptionsOf, resolveOptions, unusedOptions } from "../options/resolve.js";
import { configOption } from "../options/run.js";
import { type TrainOptions, trainOptions } from "../options/train.js";
import { PhaseModels } from "../phase-models.js";
import { progressOf } from "../progress.js";
import { Report, type Reported } from "../report.js";
import { takesStdout } from "../stdout.js";
import {
  dataFiles,
  keepImageOptions,
  openModel,
  readTraining,
  readValidation,
  withImageOptions,
} from "./open.js";

/** What is shown; the loss's name is among the options. */
type Result = Omit<FitResult, "lossName">;

/** `strop train M --data D --out T`: fine-tunes the model. */
export const train = trainingCommand(
  "train",
  "fine-tunes the model; trains it from scratch if its weights are fresh",
);

/** `strop pretrain M --data D --out T`: `train` by the strategy of this name. */
export const pretrain = trainingCommand(
  "pretrain",
  "trains layer by layer, then all together: train --strategy pretrain",
  "pretrain",
);

/** @param fixed the command's strategy, if it has one of its own */
function trainingCommand(name: string, help: string, fixed?: StrategyName) {
  return command({
    name,
    help,
    files: ["model"],
    options: { ...trainOptions, ...configOption },
    run([path = ""], { config, ...given }, context) {
      const { strategy = fixed } = given;
      if (fixed && strategy !== fixed) {
        const hint = `Leave it out, or say strop train --strategy ${strategy}.`;
        throw badOption("--strategy", `strop ${name} has the strategy ${fixed}`, hint);
      }
      const options = resolveOptions({ ...given, ...(strategy && { strategy }) });
      const unused = unusedOptions(given, options.strategy).map(flagOf);
      if (unused.length > 0) {
        context.output.note(`${options.strategy} solves, and does without ${unused.join(", ")}`);
      }
      return runTraining(path, options, config, context);
    },
  });
}

async function runTraining(
  path: string,
  given: ReturnType<typeof resolveOptions>,
  config: string | undefined,
  context: Context,
): Promise<number> {
  const out = required(given.out, "--out", "Say where the trained model goes: --out T.onnx.");
  checkFiles(
    { "--out": out, "--metrics": given.metrics, "--report": given.report },
    { MODEL: path, ...dataFiles(given), "--config": config },
    outOverModel,
  );
  // Whether the results can be written is found out before the training, not after it.
  const results = [out, given.metrics, given.report].filter((file) => file !== undefined);
  for (const file of results) checkWritable(file);
  if (results.some((file) => takesStdout(file, context.output))) context.output.takeStdout();
  const model = await openModel(path, given, context);
  const options = withImageOptions(given, model);
  model.compile(modelOptionsOf(options));
  const rows = await readTraining(options, model, context);
  keepImageOptions(options, model);
  const classes = rows.y?.classes;
  const validation = await readValidation(options, { classes, input: model.input }, context);
  const fitOptions = {
    ...fitOptionsOf(options),
    ...(options.patience !== undefined && { patience: options.patience }),
    ...(validation && { validationData: [validation.x, validation.y] as const }),
  };
  const run = { path, model, rows, fitOptions, options, notes: context.output.noted };
  const report = options.report === undefined ? undefined : new Report(options.report, run);
  const ending = await trainModel(run, report, context);
  await writeFileWhole(out, model.toOnnx());
  await report?.write(ending);
  const { lossName, ...result } = ending;
  const { output } = context;
  if (result.interrupted) output.progress(`interrupted after step ${result.steps}`);
  const json = jsonOf(result, withLoss(options, lossName));
  output.result({ ...json, ...(classes && { classes }) }, () => words(result, out));
  return result.interrupted ? EXIT_INTERRUPTED : EXIT_DONE;
}

async function trainModel(
  { model, rows, fitOptions, options }: Reported,
  report: Report | undefined,
  { output, onInterrupt }: Context,
): Promise<FitResult> {
  const metrics = options.metrics === undefined ? undefined : new Metrics(options.metrics);
  const saved =
    options.checkpoints === undefined ? undefined : new PhaseModels(options.checkpoints, model);
  const stepsPerEpoch = stepsOfEpoch(rows.x.shape[0] ?? 1, options);
  const progress = progressOf(output, { phases: model.phases(fitOptions), stepsPerEpoch });
  const onlookers = [metrics, report, progress];
  const run = model.fit(rows.x, rows.y, {
    ...fitOptions,
    signal: onInterrupt(),
    onNote: (note) => output.note(note),
    onStep(step) {
      for (const onlooker of onlookers) onlooker?.step(step);
    },
  });
  try {
    for (;;) {
      const { value, done } = await run.next();
      if (done) {
        if (!value.interrupted) await saved?.end(value);
        return value;
      }
      for (const onlooker of onlookers) onlooker?.epoch(value);
      if (value.endsPhase && value.phase) await saved?.write(value.phase);
    }
  } catch (error) {
    // A run that went wrong is one that people want to look at.
    if (error instanceof StropError && error.code === "diverged") await report?.write(error);
    throw error;
  } finally {
    progress.stop();
    metrics?.close();
  }
}

/** About how many steps an epoch will have. */
function stepsOfEpoch(all: number, { validation = 0, batch = 32, dropLast }: TrainOptions): number {
  const rows = all - Math.round(all * validation);
  const batches = batch === "all" ? 1 : rows / batch;
  return Math.max(1, dropLast ? Math.floor(batches) : Math.ceil(batches));
}

function jsonOf(result: Result, options: TrainOptions): object {
  return { ...result, validation: result.validation ?? null, options };
}

function words(result: Result, out: string): string {
  const { steps, epochs, bestEpoch, loss, validation, fingerprint } = result;
  const { usedBytes, plannedBytes, stepMs, phases } = result;
  const estimated = phases.find(({ name }) => name === "statistics");
  const rows = [
    ["steps", `${count(steps)}, ${count(epochs)} whole epochs`],
    ...(bestEpoch === undefined ? [] : [["kept", `the weights of epoch ${bestEpoch}`]]),
    ["loss", lossText(loss)],
    ...(estimated ? [["statistics", "of batch-norm, estimated over all training rows"]] : []),
    ...(validation ? [["validation", evaluationText(validation)]] : []),
    ["fingerprint", fingerprint],
    ["memory", `${byteCount(usedBytes)} used of ${count(plannedBytes)} planned`],
    ["step", `${stepMs.toPrecision(3)} ms`],
    ["written", out],
  ];
  return `${table(rows)}\n`;
}
