import type { ValueInfo } from "./graph.js";
import { type Layer, usage } from "./layer.js";
import { checkLayerOptions } from "./layer-options.js";
import { formatShape } from "./shape.js";

/** What a network of these layers reads: its `input` layer says, or the first one's `inputShape`. */
export function inputOf(layers: readonly Layer[]): ValueInfo {
  const [first] = layers;
  if (first?.kind === "input") checkLayerOptions("input", first);
  const shape = first?.kind === "input" ? first.shape : first?.inputShape;
  if (shape === undefined) {
    throw usage(
      "layer 1",
      "the shape of the input is missing",
      "Begin with input({ shape: [784] }).",
    );
  }
  if (!Array.isArray(shape)) throw usage("layer 1", "the shape of the input is not a list");
  if (shape.length === 0 || !shape.every((dim) => Number.isSafeInteger(dim) && dim > 0)) {
    throw usage("layer 1", `an input of shape ${formatShape(shape)}`);
  }
  if (layers.length < 2 && first?.kind === "input") throw usage("layer 1", "there are no layers");
  if (layers.slice(1).some(({ kind }) => kind === "input")) {
    throw usage("input", "it is not the first layer");
  }
  const name = (first?.kind === "input" ? first.name : undefined) ?? "input";
  return { name, type: "float32", shape: ["N", ...shape] };
}
