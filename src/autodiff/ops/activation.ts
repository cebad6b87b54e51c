import {
  RELU,
  RELU_BACKWARD,
  SIGMOID,
  SIGMOID_BACKWARD,
  TANH,
  TANH_BACKWARD,
} from "../../../assembly/abi/opcodes.js";
import type { Rule } from "./rule.js";

/** y = f(x), with a gradient that needs only y: dx = f′(y)·dy. */
function activation(forward: number, backward: number): Rule<"Relu" | "Tanh" | "Sigmoid"> {
  return {
    forward(node, b) {
      const x = b.tensorOf(node.inputs[0]!);
      b.emit(forward, [x, b.define(node.outputs[0]!)]);
    },
    backward(node, b) {
      const [y, dy] = [b.tensorOf(node.outputs[0]!), b.gradientOf(node.outputs[0]!)];
      b.backward(node.inputs[0]!, (dx) => b.emit(backward, [y, dy, dx]));
    },
  };
}

export const relu = activation(RELU, RELU_BACKWARD);
export const tanh = activation(TANH, TANH_BACKWARD);
export const sigmoid = activation(SIGMOID, SIGMOID_BACKWARD);
