import { checkWritable, type FitResult, type Model, writeFileWhole } from "../../node.js";
import { type Context, command, required } from "../command.js";
import { EXIT_DONE, EXIT_INTERRUPTED } from "../errors.js";
import { byteCount, count, evaluationText, lossText, table } from "../format.js";
import { Metrics } from "../metrics.js";
import { badOption } from "../options/option.js";
import { fitOptionsOf, modelOptionsOf, resolveOptions } from "../options/resolve.js";
import { configOption } from "../options/run.js";
import { type TrainOptions, trainOptions } from "../options/train.js";
import { Progress } from "../progress.js";
import { takesStdout } from "../stdout.js";
import { type Labelled, openModel, readLabelled, readValidation } from "./open.js";

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
    checkOut(out, options);
    if (takesStdout(out, context.output)) context.output.takeStdout();
    const model = await openModel(path, options, context);
    model.compile(modelOptionsOf(options));
    const rows = await readLabelled(options.data, options.labels);
    const validation = await readValidation(options);
    const { loss } = model.prepare(rows.x, rows.y, fitOptionsOf(options));
    const result = await trainModel(model, rows, validation, options, context);
    await writeFileWhole(out, model.toOnnx());
    const { output } = context;
    if (result.interrupted) output.progress(`interrupted after step ${result.steps}`);
    output.result(jsonOf(result, { ...options, loss }), () => words(result, out));
    return result.interrupted ? EXIT_INTERRUPTED : EXIT_DONE;
  },
});

/** Whether the results can be written is found out before the training, not after it. */
function checkOut(out: string, { data, labels, metrics }: TrainOptions): void {
  for (const input of [data, labels, metrics]) {
    if (input === out) throw badOption("--out", `'${out}' is another file of this run too`);
  }
  checkWritable(out);
  if (metrics !== undefined) checkWritable(metrics);
}

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

function jsonOf(result: FitResult, options: TrainOptions): object {
  const { steps, epochs, loss } = result;
  return {
    ...result,
    validation: result.validation ?? null,
    phases: [{ name: "train", steps, epochs, loss }],
    options,
  };
}

function words(result: FitResult, out: string): string {
  const { steps, epochs, loss, validation, fingerprint, usedBytes, plannedBytes, stepMs } = result;
  const rows = [
    ["steps", `${count(steps)}, ${count(epochs)} whole epochs`],
    ["loss", lossText(loss)],
    ...(validation ? [["validation", evaluationText(validation)]] : []),
    ["fingerprint", fingerprint],
    ["memory", `${byteCount(usedBytes)} used of ${count(plannedBytes)} planned`],
    ["step", `${stepMs.toPrecision(3)} ms`],
    ["written", out],
  ];
  return `${table(rows)}\n`;
}
