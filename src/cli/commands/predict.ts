import { checkWritable, readData, writeFileWhole, writeNpy } from "../../node.js";
import { command, required } from "../command.js";
import { checkFiles } from "../files.js";
import { shapeText, table } from "../format.js";
import { dataOptions, imageOptions, modelOptions, tableOptions } from "../options/data.js";
import { inferenceOptionsOf } from "../options/resolve.js";
import { batchOption, flavourOption, outOption } from "../options/run.js";
import { takesStdout } from "../stdout.js";
import { dataOptionsOf, openModel, withImageOptions } from "./open.js";

const { data } = dataOptions;

/** `strop predict M --data X.npy --out Y.npy`: the model's output for every row. */
export const predict = command({
  name: "predict",
  help: "the model's outputs for data, as float32 in its own layout",
  files: ["model"],
  options: {
    data,
    ...tableOptions,
    ...imageOptions,
    ...modelOptions,
    ...batchOption,
    ...outOption,
    ...flavourOption,
  },
  async run([path = ""], given, context) {
    const source = required(
      given.data,
      "--data",
      "Give the rows: X.npy, IDX, T.csv, or a folder of images.",
    );
    const out = required(given.out, "--out", "Say where the outputs go: --out Y.npy.");
    checkFiles({ "--out": out }, { MODEL: path, "--data": source });
    if (takesStdout(out, context.output)) context.output.takeStdout();
    checkWritable(out);
    const model = await openModel(path, given, context);
    const options = withImageOptions(given, model);
    const { classes } = model;
    const { x, notes, files } = await readData(source, {
      ...dataOptionsOf(options, model),
      withoutTargets: true,
    });
    for (const note of notes) context.output.note(note);
    const { shape, data: values } = model.predict(x, inferenceOptionsOf(options, context.output));
    await writeFileWhole(out, writeNpy({ shape, data: values as Float32Array }));
    const words = () => `outputs ${shapeText(shape)} written to ${out}\n${rowNames(files)}`;
    const named = { ...(classes && { classes }), ...(files && { files }) };
    const result = { rows: shape[0], shape, out, ...named };
    context.output.result(result, words);
    return undefined;
  },
});

/** Which image each row is of. */
function rowNames(files: readonly string[] | undefined): string {
  return files === undefined ? "" : `${table(files.map((name, row) => [row, name]))}\n`;
}
