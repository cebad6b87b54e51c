import { checkWritable, mergeCheckpoint, readFileBytes, writeFileWhole } from "../../node.js";
import { command, required } from "../command.js";
import { checkFiles, outOverModel } from "../files.js";
import { count } from "../format.js";
import { headOptions, modelOptions } from "../options/data.js";
import { outOption, seedOption } from "../options/run.js";
import { takesStdout } from "../stdout.js";
import { openModel } from "./open.js";

/** `strop merge M CHECKPOINT --out T`: what a device learned, back in the user's ONNX. */
export const merge = command({
  name: "merge",
  help: "what a device learned, back into the model",
  files: ["model", "checkpoint"],
  options: { ...modelOptions, ...headOptions, ...seedOption, ...outOption },
  async run([path = "", checkpoint = ""], options, context) {
    const out = required(options.out, "--out", "Say where the merged model goes: --out T.onnx.");
    checkFiles({ "--out": out }, { MODEL: path, CHECKPOINT: checkpoint }, outOverModel);
    if (takesStdout(out, context.output)) context.output.takeStdout();
    checkWritable(out);
    const model = await openModel(path, options, context);
    const { merged, phase, steps } = mergeCheckpoint(model, readFileBytes(checkpoint), checkpoint);
    await writeFileWhole(out, model.toOnnx());
    context.output.result({ merged, phase, steps, out }, () => {
      const tensors = merged.map((name) => `  ${name}\n`).join("");
      const ofPhase = phase === 1 ? "" : ` of phase ${phase}`;
      return `${merged.length} tensors after ${count(steps)} steps${ofPhase}, written to ${out}:\n${tensors}`;
    });
    return undefined;
  },
});
