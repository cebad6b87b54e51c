import type { ModelPlan } from "../../node.js";
import { command, required } from "../command.js";
import { byteCount, count, table } from "../format.js";
import { rowsOption } from "../options/data.js";
import { fitOptionsOf, modelOptionsOf, resolveOptions } from "../options/resolve.js";
import { configOption } from "../options/run.js";
import { trainOptions } from "../options/train.js";
import { openModel } from "./open.js";
import { readRows, trainingRows } from "./training-rows.js";

/** `strop plan M`: memory and work of a run, before anything is allocated. */
export const plan = command({
  name: "plan",
  help: "memory and work of a run, before it",
  files: ["model"],
  options: { ...trainOptions, ...rowsOption, ...configOption },
  async run([path = ""], { rows, config, ...given }, context) {
    const options = resolveOptions(given);
    const model = await openModel(path, options, context);
    model.compile(modelOptionsOf(options));
    const arrays = await readRows(model, options, context);
    const known = trainingRows(model, options, rows, arrays, context);
    if (options.batch === "all") {
      required(known.rows, "--data", "With --batch all, the rows decide: give --data or --rows.");
    }
    const result = model.plan({ ...fitOptionsOf(options), ...known });
    context.output.result(result, () => words(result));
    return undefined;
  },
});

function words(plan: ModelPlan): string {
  const { bytes, arenaBytes, lowerBoundBytes, pageBytes, unusedBytes } = plan;
  const { peakInstruction: peak, longestInstruction: longest, workPerStep } = plan;
  const categories = Object.entries(bytes).map(([category, size]) => [category, size]);
  const sizes = table(
    [
      ...categories,
      ["unused", unusedBytes],
      ["arena", arenaBytes],
      ["pages", pageBytes],
      ["lower bound", lowerBoundBytes],
    ],
    "  ",
  );
  const work = table([
    ["peak at", placeText(peak)],
    ["work per step", `${count(workPerStep)} multiply-adds or their like`],
    ["longest instruction", `${placeText(longest)}, ${count(longest.work)}`],
  ]);
  const each = plan.joint ? `\n${phasesText(plan, plan.joint)}\n` : "";
  return `memory: ${byteCount(pageBytes)}\n${sizes}\n\n${work}\n${each}`;
}

/** What each kind of step takes, beside training all parameters at once. */
function phasesText({ steps }: ModelPlan, joint: NonNullable<ModelPlan["joint"]>): string {
  const categories = ["gradients", "optimizer", "activations"] as const;
  const kinds = [...steps, { name: "all at once (joint)", ...joint }];
  const rows = kinds.map(({ name, arenaBytes, bytes, workPerStep }) => [
    ...[name, arenaBytes, ...categories.map((category) => bytes[category]), workPerStep],
  ]);
  return table([["alone, in bytes", "arena", ...categories, "work"], ...rows]);
}

function placeText({ procedure, index, op, tensor }: ModelPlan["peakInstruction"]): string {
  return `${op} ${tensor} (${procedure}, instruction ${index})`;
}
