import * as kinds from "../../../assembly/abi/functions.js";
import {
  RELU,
  RELU_BACKWARD,
  SCALE,
  SIGMOID,
  SIGMOID_BACKWARD,
  TANH,
  TANH_BACKWARD,
  UNARY,
  UNARY_BACKWARD,
} from "../../../assembly/abi/opcodes.js";
import type { NodeOf } from "../../graph/graph.js";
import type { UnaryOp } from "../../graph/ops/families.js";
import { floatBits, type Tensor } from "../training-graph.js";
import { emitBinary } from "./broadcast.js";
import type { Rule } from "./rule.js";

/** How a function is computed, and which of x and y its gradient needs. */
interface Computation {
  readonly forward: number;
  readonly backward: number;
  readonly saved: "x" | "y" | "neither";
  readonly attributes: readonly number[];
}

/** A function of UNARY with its parameters a, b, c. */
function kind(number: number, saved: "x" | "y", ...parameters: readonly number[]): Computation {
  const [a = 0, b = 0, c = 0] = parameters;
  const attributes = [number, floatBits(a), floatBits(b), floatBits(c)];
  return { forward: UNARY, backward: UNARY_BACKWARD, saved, attributes };
}

/** A function that has opcodes of its own. */
function own(forward: number, backward: number): Computation {
  return { forward, backward, saved: "y", attributes: [] };
}

type Computations = {
  readonly [K in UnaryOp]: (attributes: NodeOf<K>["attributes"]) => Computation;
};

const computations: Computations = {
  Abs: () => kind(kinds.UNARY_ABS, "x"),
  Celu: ({ alpha }) => kind(kinds.UNARY_ELU, "y", alpha, 1 / alpha, 1),
  Clip: ({ min, max }) => kind(kinds.UNARY_CLIP, "y", min, max),
  Elu: ({ alpha }) => kind(kinds.UNARY_ELU, "y", alpha, 1, 1),
  Erf: () => kind(kinds.UNARY_ERF, "x"),
  Exp: () => kind(kinds.UNARY_EXP, "y"),
  Gelu: ({ approximate }) =>
    kind(approximate === "tanh" ? kinds.UNARY_GELU_TANH : kinds.UNARY_GELU, "x"),
  HardSigmoid: ({ alpha, beta }) => kind(kinds.UNARY_HARD_SIGMOID, "y", alpha, beta),
  HardSwish: () => kind(kinds.UNARY_HARD_SWISH, "x"),
  // y has the sign of x only if the slope below 0 is none that turns it.
  LeakyRelu: ({ alpha }) => kind(kinds.UNARY_LEAKY_RELU, alpha >= 0 ? "y" : "x", alpha),
  Log: () => kind(kinds.UNARY_LOG, "x"),
  Mish: () => kind(kinds.UNARY_MISH, "x"),
  Neg: () => ({ forward: SCALE, backward: SCALE, saved: "neither", attributes: [floatBits(-1)] }),
  Reciprocal: () => kind(kinds.UNARY_RECIPROCAL, "y"),
  Relu: () => own(RELU, RELU_BACKWARD),
  Selu: ({ alpha, gamma }) => kind(kinds.UNARY_ELU, "y", alpha * gamma, 1, gamma),
  Sigmoid: () => own(SIGMOID, SIGMOID_BACKWARD),
  Softplus: () => kind(kinds.UNARY_SOFTPLUS, "x", 1),
  Softsign: () => kind(kinds.UNARY_SOFTSIGN, "y"),
  Sqrt: () => kind(kinds.UNARY_SQRT, "y"),
  Swish: ({ alpha }) => kind(kinds.UNARY_SWISH, "x", alpha),
  Tanh: () => own(TANH, TANH_BACKWARD),
  ThresholdedRelu: ({ alpha }) => kind(kinds.UNARY_THRESHOLDED_RELU, "y", alpha),
};

/** y = f(x), dx = dy·f′. A function that saves y may be computed in place. */
export const unary: Rule<UnaryOp> = {
  forward(node, b) {
    const { forward, attributes } = computationOf(node);
    const x = b.tensorOf(node.inputs[0]!);
    b.emit(forward, [x, b.define(node.outputs[0]!)], attributes);
  },
  backward(node, b) {
    const { backward, saved, attributes } = computationOf(node);
    const [x, y] = [node.inputs[0]!, node.outputs[0]!];
    const repeated = node.op === "Relu" ? b.repeatedGradientOf(y) : undefined;
    if (repeated) {
      // The same without a tensor for all of dy, as below the mean over an image.
      const { small, whole: shape } = repeated;
      const gate = { tensor: b.tensorOf(y), shape };
      b.backward(x, (dx) => emitBinary(b, kinds.BINARY_GATE, gate, small, { tensor: dx, shape }));
      return;
    }
    const operands: Tensor[] = [b.gradientOf(y)];
    if (saved !== "neither") operands.unshift(b.tensorOf(saved === "x" ? x : y));
    b.backward(x, (dx) => b.emit(backward, [...operands, dx], attributes));
  },
};

function computationOf(node: NodeOf<UnaryOp>): Computation {
  const of = computations[node.op] as (attributes: object) => Computation;
  return of(node.attributes);
}
