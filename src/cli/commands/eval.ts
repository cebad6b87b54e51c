import { command } from "../command.js";
import { count, evaluationText } from "../format.js";
import { dataOptions, modelOptions } from "../options/data.js";
import { lossOption } from "../options/learning.js";
import { inferenceOptionsOf, lossName } from "../options/resolve.js";
import { batchOption, flavourOption } from "../options/run.js";
import { openModel, readLabelled } from "./open.js";

/** `strop eval M --data D`: the loss over the rows and, for classes, the share of right answers. */
export const evaluate = command({
  name: "eval",
  help: "loss and accuracy of the model on data",
  files: ["model"],
  options: { ...dataOptions, ...modelOptions, ...lossOption, ...batchOption, ...flavourOption },
  async run([path = ""], options, context) {
    const model = await openModel(path, options, context);
    if (options.loss) model.compile({ loss: lossName(options.loss) });
    const { x, y } = await readLabelled(options, model.classes, context);
    const result = model.evaluate(x, y, inferenceOptionsOf(options, context.output));
    const words = () => `${count(result.rows)} rows: ${evaluationText(result)}\n`;
    const { classes } = y;
    context.output.result({ ...result, ...(classes && { classes }) }, words);
    return undefined;
  },
});
