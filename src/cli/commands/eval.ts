import type { EvaluationResult, MetricName } from "../../node.js";
import { command } from "../command.js";
import { count, evaluationText, lossText, percent, table } from "../format.js";
import { dataOptions, imageOptions, modelOptions } from "../options/data.js";
import { lossOf, lossOptions } from "../options/loss.js";
import { inferenceOptionsOf } from "../options/resolve.js";
import { batchOption, flavourOption } from "../options/run.js";
import { openModel, readLabelled, withImageOptions } from "./open.js";

/** `strop eval M --data D`: the loss over the rows and, for classes, the share of right answers. */
export const evaluate = command({
  name: "eval",
  help: "loss and accuracy of the model on data",
  files: ["model"],
  options: {
    ...dataOptions,
    ...imageOptions,
    ...modelOptions,
    ...lossOptions,
    ...batchOption,
    ...flavourOption,
  },
  async run([path = ""], given, context) {
    const loss = lossOf(given);
    const model = await openModel(path, given, context);
    const options = withImageOptions(given, model);
    if (loss) model.compile({ loss });
    const { x, y } = await readLabelled(options, model, context);
    const result = model.evaluate(x, y, {
      ...inferenceOptionsOf(options, context.output),
      metrics: metricsFor(model.outputElements),
    });
    const { classes } = y;
    context.output.result({ ...result, ...(classes && { classes }) }, () => words(result));
    return undefined;
  },
});

/** A confusion matrix of more classes would be longer than anyone reads. */
const CONFUSION_JSON_MAX = 100;
const CONFUSION_WORDS_MAX = 12;

/** All that suit so many outputs; the targets decide between those of classes and those of values. */
function metricsFor(outputs: number): MetricName[] {
  return [
    ...(outputs > 5 ? (["top-5"] as const) : []),
    ...(outputs <= CONFUSION_JSON_MAX ? (["confusion"] as const) : []),
    "mae",
    "rmse",
    "r2",
  ];
}

function words(result: EvaluationResult): string {
  const { rows, zeroOneError, confusion, mae, rmse, r2 } = result;
  const top5 = result["top-5"];
  const lines = [
    `${count(rows)} rows: ${evaluationText(result)}`,
    ...(zeroOneError === undefined ? [] : [`0-1 error ${percent(zeroOneError)}`]),
    ...(top5 === undefined ? [] : [`top-5 accuracy ${percent(top5)}`]),
    ...(mae === undefined ? [] : [`mae ${lossText(mae)}`]),
    ...(rmse === undefined ? [] : [`rmse ${lossText(rmse)}`]),
    ...(r2 === undefined ? [] : [`R² ${lossText(r2)}`]),
  ];
  if (confusion && confusion.length <= CONFUSION_WORDS_MAX) lines.push(confusionTable(confusion));
  return `${lines.join("\n")}\n`;
}

function confusionTable(confusion: readonly (readonly number[])[]): string {
  const head = ["label", ...confusion.map((_, predicted) => `as ${predicted}`)];
  return `\n${table([head, ...confusion.map((row, label) => [`${label}`, ...row])])}`;
}
