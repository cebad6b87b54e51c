import { join } from "node:path";
import { DEVICE_FILES, deviceFiles, makeFolder, writeFileWhole } from "../../node.js";
import { command, required } from "../command.js";
import { checkFiles } from "../files.js";
import { byteCount, count, table } from "../format.js";
import { rowsOption } from "../options/data.js";
import { text } from "../options/option.js";
import { fitOptionsOf, modelOptionsOf, resolveOptions } from "../options/resolve.js";
import { configOption } from "../options/run.js";
import { trainOptions } from "../options/train.js";
import { dataFiles, openModel } from "./open.js";
import { trainingRows } from "./training-rows.js";

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
    const options = resolveOptions(given);
    const out = required(options.out, "--out", "Say where the files go: --out DIR.");
    checkFiles(Object.fromEntries(DEVICE_FILES.map((name) => [name, join(out, name)])), {
      MODEL: path,
      ...dataFiles(options),
      "--config": config,
    });
    const model = await openModel(path, options, context);
    model.compile(modelOptionsOf(options));
    // A device trains on all of its rows.
    const whole = { ...options, validation: undefined };
    const known = await trainingRows(model, whole, rows, context);
    const hint = "Say for how many rows there is to be room: --rows N, or give --data.";
    const capacity = required(known.rows, "--rows", hint);
    const program = model.build({ ...fitOptionsOf(options), ...known, rows: capacity });
    const files = [...deviceFiles(program)];
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
