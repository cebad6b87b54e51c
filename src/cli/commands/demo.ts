import { command } from "../command.js";
import { runDemo } from "../demo/run.js";
import { text } from "../options/option.js";

/** `strop demo`: the main job on built-in data. */
export const demo = command({
  name: "demo",
  help: "fine-tunes a digit classifier on built-in data, and shows it",
  files: [],
  options: {
    out: text({ value: "DIR", help: "where tuned.onnx and summary.json go; default out" }),
  },
  async run(_, { out }, { output }) {
    const { voice } = output;
    const print = voice.json ? () => undefined : (part: string) => void process.stdout.write(part);
    const summary = await runDemo(print, out);
    if (voice.json) output.result(summary, () => "");
    return undefined;
  },
});
