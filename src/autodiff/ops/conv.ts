import {
  COLUMN_SUM,
  CONV2D,
  CONV2D_BACKWARD_INPUT,
  CONV2D_BACKWARD_PARAMS,
  CONV2D_BIAS,
} from "../../../assembly/abi/opcodes.js";
import type { NodeOf } from "../../graph/graph.js";
import type { ProcedureBuilder } from "../procedure-builder.js";
import type { Rule } from "./rule.js";

/** y = x ∗ w + b over NHWC images; w [kH, kW, C/groups, O] as the layout pass leaves it. */
export const conv: Rule<"Conv"> = {
  forward(node, b) {
    const operands = node.inputs.filter((input) => input !== "").map((i) => b.tensorOf(i));
    const y = b.define(node.outputs[0]!);
    const opcode = operands.length === 3 ? CONV2D_BIAS : CONV2D;
    b.emit(opcode, [...operands, y], attributesOf(node, b));
  },

  backward(node, b) {
    const [x, w, bias] = node.inputs as [string, string, string | undefined];
    const dy = b.gradientOf(node.outputs[0]!);
    const attributes = attributesOf(node, b);
    b.backward(w, (dw) => b.emit(CONV2D_BACKWARD_PARAMS, [b.tensorOf(x), dy, dw], attributes));
    if (bias) b.backward(bias, (db) => b.emit(COLUMN_SUM, [dy, db], [db.c0]));
    b.backward(x, (dx) => b.emit(CONV2D_BACKWARD_INPUT, [dy, b.tensorOf(w), dx], attributes));
  },
};

/** The fifteen words of a convolution, as abi/opcodes lists them. */
function attributesOf(node: NodeOf<"Conv">, b: ProcedureBuilder): number[] {
  return convolutionWords(node, b, node.inputs[0]!, node.outputs[0]!);
}

/** The same for a node that convolves an image to an image, in whichever direction it runs. */
export function convolutionWords(
  node: NodeOf<"Conv"> | NodeOf<"ConvTranspose">,
  b: ProcedureBuilder,
  from: string,
  to: string,
): number[] {
  const { layout, kernelShape, strides, pads, dilations, group } = node.attributes;
  const [x, y] = [b.shapeOf(from), b.shapeOf(to)];
  if (layout !== "NHWC" || x.length !== 4) b.refuse(node, "only 2-D convolutions are supported");
  if (b.shapeOf(node.inputs[1]!)[0] === "N") b.refuse(node, "the kernel must be an initializer");
  const image = [x[1], x[2], x[3], y[1], y[2], y[3]] as number[];
  return [...image, ...kernelShape, ...strides, pads[0], pads[1], ...dilations, group];
}
