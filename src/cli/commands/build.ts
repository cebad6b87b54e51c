import { join } from "node:path";
import {
  DEVICE_FILES,
  deviceFiles,
  type LabelledArrays,
  type Model,
  makeFolder,
  writeFileWhole,
} from "../../node.js";
import { command, required } from "../command.js";
import { checkFiles } from "../files.js";
import { byteCount, count, table } from "../format.js";
import { rowsOption } from "../options/data.js";
import { text } from "../options/option.js";
import { fitOptionsOf, modelOptionsOf, resolveOptions } from "../options/resolve.js";
import { configOption } from "../options/run.js";
import { type TrainOptions, trainOptions } from "../options/train.js";
import { dataFiles, keepImageOptions, openModel, withImageOptions } from "./open.js";
import { readRows, trainingRows } from "./training-rows.js";

/** The model as the data have changed it, for `strop merge`. */
const MODEL_FILE = "model.onnx";

/** `strop build M --out DIR`: a program, and the WASI command that trains it on a device. */
export const build = command({
  name: "build",
  help: "a program and the WASI command for it, ready for a device",
  files: ["model"],
  options: {
    ...trainOptions,
    ...rowsOption,
    ...configOption,
    out: text({ value: "DIR", help: "the folder that gets the three files" }),
  },
  async run([path = ""], { rows, config, ...given }, context) {
    const resolved = resolveOptions(given);
    const out = required(resolved.out, "--out", "Say where the files go: --out DIR.");
    const changes = resolved.standardize || resolved.target !== undefined;
    const names = [...DEVICE_FILES, ...(changes ? [MODEL_FILE] : [])];
    checkFiles(Object.fromEntries(names.map((name) => [name, join(out, name)])), {
      MODEL: path,
      ...dataFiles(resolved),
      "--config": config,
    });
    const model = await openModel(path, resolved, context);
    const options = withImageOptions(resolved, model);
    model.compile(modelOptionsOf(options));
    // A device trains on all of its rows.
    const whole = { ...options, validation: undefined };
    const arrays = await readRows(model, whole, context);
    const known = trainingRows(model, whole, rows, arrays, context);
    const hint = "Say for how many rows there is to be room: --rows N, or give --data.";
    const capacity = required(known.rows, "--rows", hint);
    const changed = prepareModel(model, options, arrays);
    const program = model.build({ ...fitOptionsOf(options), ...known, rows: capacity });
    const files = [...deviceFiles(program), ...changed];
    makeFolder(out);
    for (const [name, bytes] of files) await writeFileWhole(join(out, name), bytes);
    const sizes = files.map(([name, bytes]) => ({ name, bytes: bytes.length }));
    const { batch, plan } = program;
    const result = { out, files: sizes, rows: capacity, batch, arenaBytes: plan.arenaBytes };
    context.output.result(result, () => {
      const lines = table(sizes.map(({ name, bytes }) => [join(out, name), byteCount(bytes)]));
      const room = `for at most ${count(capacity)} rows by ${count(batch)}`;
      return `${lines}\n${room}, in an arena of ${byteCount(plan.arenaBytes)}\n`;
    });
    return undefined;
  },
});

/** Writes into the model what the data say: their scale, the names of the classes. Merging then needs that model. */
function prepareModel(
  model: Model,
  options: TrainOptions,
  arrays: LabelledArrays | undefined,
): [name: string, bytes: Uint8Array][] {
  const { standardize } = options;
  const classes = arrays?.y?.classes;
  keepImageOptions(options, model);
  if (classes) model.classes = classes;
  if (standardize) {
    const hint = "Give the rows whose mean and deviation the model gets.";
    model.standardize(required(arrays, "--data", hint).x);
  }
  return classes || standardize ? [[MODEL_FILE, model.toOnnx()]] : [];
}
