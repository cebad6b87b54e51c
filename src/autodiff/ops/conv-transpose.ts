import { BINARY_ADD } from "../../../assembly/abi/functions.js";
import {
  COLUMN_SUM,
  CONV2D,
  CONV2D_BACKWARD_INPUT,
  CONV2D_BACKWARD_PARAMS,
} from "../../../assembly/abi/opcodes.js";
import { emitBinary } from "./broadcast.js";
import { convolutionWords } from "./conv.js";
import type { Rule } from "./rule.js";

/**
 * y = the gradient of x̂ = y ∗ w to y, for x̂'s gradient x; plus b. Over NHWC images; w [kH, kW, O/groups, C] as
 * the layout pass leaves it, which is the weight of the convolution of y.
 *
 *   dx = dy ∗ w,    dw = that of the convolution, with x and dy in each other's places
 */
export const convTranspose: Rule<"ConvTranspose"> = {
  forward(node, b) {
    const [x, w, bias] = node.inputs as [string, string, string | undefined];
    const out = node.outputs[0]!;
    const y = b.define(out);
    const unbiased = bias ? b.temporary(`${out} (unbiased)`, "scratch", y) : y;
    const words = convolutionWords(node, b, out, x);
    b.emit(CONV2D_BACKWARD_INPUT, [b.tensorOf(x), b.tensorOf(w), unbiased], words);
    if (!bias) return;
    const shape = b.shapeOf(out);
    const terms = [
      { tensor: unbiased, shape },
      { tensor: b.tensorOf(bias), shape: b.shapeOf(bias) },
    ] as const;
    emitBinary(b, BINARY_ADD, ...terms, { tensor: y, shape });
  },

  backward(node, b) {
    const [x, w, bias] = node.inputs as [string, string, string | undefined];
    const out = node.outputs[0]!;
    const dy = b.gradientOf(out);
    const words = convolutionWords(node, b, out, x);
    b.backward(w, (dw) => b.emit(CONV2D_BACKWARD_PARAMS, [dy, b.tensorOf(x), dw], words));
    if (bias) b.backward(bias, (db) => b.emit(COLUMN_SUM, [dy, db], [db.c0]));
    b.backward(x, (dx) => b.emit(CONV2D, [dy, b.tensorOf(w), dx], words));
  },
};
