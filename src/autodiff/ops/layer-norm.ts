import {
  FILL,
  LAYER_NORM,
  LAYER_NORM_BACKWARD_INPUT,
  LAYER_NORM_BACKWARD_PARAMS,
} from "../../../assembly/abi/opcodes.js";
import type { NodeOf } from "../../graph/graph.js";
import { shapeElements } from "../../graph/shape.js";
import type { ProcedureBuilder } from "../procedure-builder.js";
import { floatBits, type Tensor } from "../training-graph.js";
import type { Rule } from "./rule.js";

/** y = (x − mean)/√(variance + eps)·gamma + beta along each row. Saved: mean, invStd of each row. */
export const layerNorm: Rule<"LayerNormalization"> = {
  forward(node, b) {
    const [x, gamma, beta] = node.inputs as [string, string, string | undefined];
    const n = shapeElements(b.shapeOf(gamma)).c0;
    const shift = beta ? b.tensorOf(beta) : zeros(node, b, n);
    const y = b.define(node.outputs[0]!);
    const rows = { c0: y.c0 / n, c1: y.c1 / n };
    const mean = b.temporary(`mean ${node.outputs[0]}`, "activations", rows);
    const invStd = b.temporary(`invStd ${node.outputs[0]}`, "activations", rows);
    const operands = [b.tensorOf(x), b.tensorOf(gamma), shift, y, mean, invStd];
    b.emit(LAYER_NORM, operands, [n, floatBits(node.attributes.epsilon)]);
    b.save(node, mean, invStd);
  },

  backward(node, b) {
    const [x, gamma, beta] = node.inputs as [string, string, string | undefined];
    const n = shapeElements(b.shapeOf(gamma)).c0;
    const [mean, invStd] = b.savedOf(node) as [Tensor, Tensor];
    const dy = b.gradientOf(node.outputs[0]!);
    const trained = [gamma, beta].filter((value) => value && b.needsGradient(value)) as string[];
    if (trained.length > 0) {
      const gradients = [gamma, beta].map((value) => gradientOrScratch(b, value, n));
      b.emit(LAYER_NORM_BACKWARD_PARAMS, [b.tensorOf(x), mean, invStd, dy, ...gradients], [n]);
      for (const value of trained) b.contribute(value, gradients[value === gamma ? 0 : 1]!);
    }
    b.backward(x, (dx) => {
      const operands = [b.tensorOf(x), mean, invStd, b.tensorOf(gamma), dy, dx];
      b.emit(LAYER_NORM_BACKWARD_INPUT, operands, [n]);
    });
  },
};

/** Beta of a layer without one. */
function zeros(node: NodeOf<"LayerNormalization">, b: ProcedureBuilder, n: number): Tensor {
  const beta = b.temporary(`beta ${node.outputs[0]}`, "scratch", { c0: n, c1: 0 });
  b.emit(FILL, [beta], [floatBits(0)]);
  return beta;
}

function gradientOrScratch(b: ProcedureBuilder, value: string | undefined, n: number): Tensor {
  if (value && b.needsGradient(value)) return b.newGradient(value);
  return b.temporary(`d ${value || "beta"}`, "scratch", { c0: n, c1: 0 });
}
