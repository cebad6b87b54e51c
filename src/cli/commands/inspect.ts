import { describeOnnx, type ModelDescription, readFileBytes } from "../../node.js";
import { command } from "../command.js";
import { count, shapeText, table } from "../format.js";
import { modelOptions } from "../options/data.js";
import { inputShapes } from "../options/input-shape.js";
import { selectionOptions } from "../options/learning.js";

/** `strop inspect M`: what the model is, and what of it would be trained. */
export const inspect = command({
  name: "inspect",
  help: "layers, shapes, parameters by initializer name, ops that Strop lacks",
  files: ["model"],
  options: { ...modelOptions, ...selectionOptions },
  async run([path = ""], { inputShape, ...selection }, { output }) {
    const description = describeOnnx(readFileBytes(path), {
      ...selection,
      inputShape: inputShapes(inputShape),
      name: path,
    });
    for (const note of description.notes) output.note(`${path}: ${note}`);
    output.result(description, () => words(path, description));
    return undefined;
  },
});

function words(path: string, description: ModelDescription): string {
  const { opset, inputs, outputs, nodes, parameters, unsupported } = description;
  const values = [
    ["model", path, `opset ${opset}`],
    ...inputs.map(({ name, shape }) => ["input", name, shapeText(shape)]),
    ...outputs.map(({ name, shape }) => ["output", name, shapeText(shape)]),
  ];
  const layers = nodes.map(({ name, op, shape }) => [name, op, shape ? shapeText(shape) : ""]);
  const weights = parameters.map((row) => [row.name, shapeText(row.shape), stateOf(row)]);
  const trained = parameters.filter(({ trainable }) => trainable);
  const elements = trained.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  const parts = [
    table(values),
    table([["layer", "op", "output"], ...layers]),
    table([["parameter", "shape", ""], ...weights]),
    `trained: ${trained.length} tensors, ${count(elements)} values`,
  ];
  if (unsupported.length > 0) {
    const lacking = unsupported.map(({ name, op, problem }) => [name, op, problem ?? ""]);
    parts.push(`not supported yet, so that this model cannot be trained:\n${table(lacking, "  ")}`);
  }
  return `${parts.join("\n\n")}\n`;
}

function stateOf({ role, trainable }: ModelDescription["parameters"][number]): string {
  if (trainable) return "trained";
  if (role === "statistic") return "running statistic";
  return role === "constant" ? "constant" : "frozen";
}
