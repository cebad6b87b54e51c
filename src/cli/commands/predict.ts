import { checkWritable, readData, writeFileWhole, writeNpy } from "../../node.js";
import { command, required } from "../command.js";
import { checkFiles } from "../files.js";
import { shapeText } from "../format.js";
import { dataOptions, modelOptions, tableOptions } from "../options/data.js";
import { inferenceOptionsOf } from "../options/resolve.js";
import { batchOption, flavourOption, outOption } from "../options/run.js";
import { takesStdout } from "../stdout.js";
import { dataOptionsOf, openModel } from "./open.js";

const { data } = dataOptions;

/** `strop predict M --data X.npy --out Y.npy`: the model's output for every row. */
export const predict = command({
  name: "predict",
  help: "the model's outputs for data, as float32 in its own layout",
  files: ["model"],
  options: {
    data,
    ...tableOptions,
    ...modelOptions,
    ...batchOption,
    ...outOption,
    ...flavourOption,
  },
  async run([path = ""], options, context) {
    const source = required(options.data, "--data", "Give the rows: X.npy, IDX, or T.csv.");
    const out = required(options.out, "--out", "Say where the outputs go: --out Y.npy.");
    checkFiles({ "--out": out }, { MODEL: path, "--data": source });
    if (takesStdout(out, context.output)) context.output.takeStdout();
    checkWritable(out);
    const model = await openModel(path, options, context);
    const { classes } = model;
    const { x, notes } = await readData(source, {
      ...dataOptionsOf(options, classes),
      withoutTargets: true,
    });
    for (const note of notes) context.output.note(note);
    const { shape, data: values } = model.predict(x, inferenceOptionsOf(options, context.output));
    await writeFileWhole(out, writeNpy({ shape, data: values as Float32Array }));
    const words = () => `outputs ${shapeText(shape)} written to ${out}\n`;
    const result = { rows: shape[0], shape, out, ...(classes && { classes }) };
    context.output.result(result, words);
    return undefined;
  },
});
