import { checkWritable, type FitResult, type Model, writeFileWhole } from "../../node.js";
import { type Context, command, required } from "../command.js";
import { EXIT_DONE, EXIT_INTERRUPTED } from "../errors.js";
import { checkFiles, outOverModel } from "../files.js";
import { byteCount, count, evaluationText, lossText, table } from "../format.js";
import { Metrics } from "../metrics.js";
import { fitOptionsOf, modelOptionsOf, resolveOptions } from "../options/resolve.js";
import { configOption } from "../options/run.js";
import { type TrainOptions, trainOptions } from "../options/train.js";
import { Progress } from "../progress.js";
import { takesStdout } from "../stdout.js";
import { dataFiles, type Labelled, openModel, readLabelled, readValidation } from "./open.js";

/** What is shown; the loss's name is among the options. */
type Result = Omit<FitResult, "lossName">;
type Resolved = ReturnType<typeof resolveOptions>;

/** `strop train M --data D --out T`: fine-tunes the model. */
export const train = command({
  name: "train",
  help: "fine-tunes the model; trains it from scratch if its weights are fresh",
  files: ["model"],
  options: { ...trainOptions, ...configOption },
  async run([path = ""], { config, ...given }, context) {
    const options = resolveOptions(given);
    const out = required(options.out, "--out", "Say where the trained model goes: --out T.onnx.");
    checkFiles(
      { "--out": out, "--metrics": options.metrics },
      { MODEL: path, ...dataFiles(options), "--config": config },
      outOverModel,
    );
    // Whether the results can be written is found out before the training, not after it.
    checkWritable(out);
    if (options.metrics !== undefined) checkWritable(options.metrics);
    const results = [out, options.metrics ?? ""];
    if (results.some((file) => takesStdout(file, context.output))) context.output.takeStdout();
    const model = await openModel(path, options, context);
    model.compile(modelOptionsOf(options));
    const rows = await readLabelled(options, model.classes, context);
    const { classes } = rows.y;
    const validation = await readValidation(options, classes, context);
    const { lossName, ...result } = await trainModel(model, rows, validation, options, context);
    await writeFileWhole(out, model.toOnnx());
    const { output } = context;
    if (result.interrupted) output.progress(`interrupted after step ${result.steps}`);
    const json = jsonOf(result, { ...options, loss: lossName });
    output.result({ ...json, ...(classes && { classes }) }, () => words(result, out));
    return result.interrupted ? EXIT_INTERRUPTED : EXIT_DONE;
  },
});

async function trainModel(
  model: Model,
  { x, y }: Labelled,
  validation: Labelled | undefined,
  options: Resolved,
  { output, onInterrupt }: Context,
): Promise<FitResult> {
  const metrics = options.metrics === undefined ? undefined : new Metrics(options.metrics);
  const progress = new Progress(output, options.epochs);
  const run = model.fit(x, y, {
    ...fitOptionsOf(options),
    ...(options.patience !== undefined && { patience: options.patience }),
    ...(validation && { validationData: [validation.x, validation.y] as const }),
    signal: onInterrupt(),
    onNote: (note) => output.note(note),
    onStep(step) {
      metrics?.step(step);
      progress.step(step);
    },
  });
  try {
    for (;;) {
      const { value, done } = await run.next();
      if (done) return value;
      metrics?.epoch(value);
      progress.epoch(value);
    }
  } finally {
    metrics?.close();
  }
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
