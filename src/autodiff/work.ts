import { BINARY_POW, BINARY_POW_SLOPE, BINARY_TIMES_LOG } from "../../assembly/abi/functions.js";
import { LOSS_BINARY_CROSS_ENTROPY } from "../../assembly/abi/losses.js";
import {
  AUGMENT,
  BINARY,
  CHOLESKY,
  CONV2D,
  CONV2D_BACKWARD_INPUT,
  CONV2D_BACKWARD_PARAMS,
  CONV2D_BIAS,
  DROPOUT,
  ELEMENT_LOSS,
  ELEMENT_LOSS_BACKWARD,
  GEMM_NN,
  GEMM_NN_BIAS,
  GEMM_NT,
  GEMM_NT_BIAS,
  GEMM_TN,
  LOG_SOFTMAX,
  LOG_SOFTMAX_BACKWARD,
  MAX_POOL,
  MAX_POOL_BACKWARD,
  PERMUTE,
  PLACE,
  QR_UPDATE,
  SEPARABLE,
  SIGMOID,
  SOFT_CROSS_ENTROPY,
  SOFT_CROSS_ENTROPY_BACKWARD,
  SOFTMAX,
  SOFTMAX_CROSS_ENTROPY,
  SOFTMAX_CROSS_ENTROPY_BACKWARD,
  TANH,
  TRIANGLE_INVERSE,
  UNARY,
  UNARY_BACKWARD,
} from "../../assembly/abi/opcodes.js";
import { elementsAt, type Tensor } from "./training-graph.js";

/** An exp or tanh costs about as much as so many multiply-adds. */
const TRANSCENDENTAL = 8;
/** The kinds of BINARY with an exp or a log in them. */
const POWERS: readonly number[] = [BINARY_POW, BINARY_POW_SLOPE, BINARY_TIMES_LOG];
const WORK_MAX = 0xffffffff;

/** Cost of an instruction at a batch: multiply-adds of a product, else elements of the largest operand. */
export function workOf(
  opcode: number,
  operands: readonly Tensor[],
  attributes: readonly number[],
  batch: number,
): number {
  return Math.min(WORK_MAX, Math.max(1, cost(opcode, operands, attributes, batch)));
}

function cost(
  opcode: number,
  operands: readonly Tensor[],
  attributes: readonly number[],
  batch: number,
): number {
  const size = (operand: number) => elementsAt(operands[operand]!, batch);
  switch (opcode) {
    case GEMM_NN:
    case GEMM_NT:
    case GEMM_NN_BIAS:
    case GEMM_NT_BIAS:
    case GEMM_TN: // elements(a) = m·k; the missing size is n
      return size(0) * (opcode === GEMM_TN ? attributes[1]! : attributes[0]!);
    case CONV2D:
    case CONV2D_BIAS:
      return size(operands.length - 1) * window(attributes);
    case CONV2D_BACKWARD_INPUT:
      return size(0) * window(attributes);
    case CONV2D_BACKWARD_PARAMS:
      return size(1) * window(attributes);
    case SEPARABLE: // every pair of entries, for each image and each of its innermost numbers
      return Math.max(size(5), (size(0) / (attributes[0]! * attributes[1]!)) * size(3) * size(4));
    case MAX_POOL:
    case MAX_POOL_BACKWARD: {
      // Likewise; the tables hold their starts too.
      const [inHeight, inWidth, outHeight, outWidth] = attributes as number[] & { length: 5 };
      const pairs = (size(1) - outHeight - 1) * (size(2) - outWidth - 1);
      return Math.max(size(3), (size(0) / (inHeight * inWidth)) * pairs);
    }
    case CHOLESKY:
      return Math.ceil((size(0) * attributes[0]!) / 6);
    case TRIANGLE_INVERSE: // products of whole squares, half of which is zeros
      return Math.ceil((size(0) * attributes[0]!) / 3);
    case QR_UPDATE: // two multiply-adds for each element right of the one that goes
      return size(0) * (attributes[0]! + 2 * attributes[1]!);
    case PERMUTE:
      return size(1);
    case PLACE:
      return size(0);
    case BINARY:
      return size(2) * (POWERS.includes(attributes.at(-1)!) ? TRANSCENDENTAL : 1);
    case UNARY:
    case UNARY_BACKWARD:
    case TANH:
    case SIGMOID:
    case SOFTMAX:
    case LOG_SOFTMAX:
    case LOG_SOFTMAX_BACKWARD:
    case DROPOUT: // its hash
    case AUGMENT:
    case SOFTMAX_CROSS_ENTROPY:
    case SOFTMAX_CROSS_ENTROPY_BACKWARD:
    case SOFT_CROSS_ENTROPY:
    case SOFT_CROSS_ENTROPY_BACKWARD:
      return size(0) * TRANSCENDENTAL;
    case ELEMENT_LOSS:
    case ELEMENT_LOSS_BACKWARD:
      return size(0) * (attributes[0] === LOSS_BINARY_CROSS_ENTROPY ? TRANSCENDENTAL : 1);
    default:
      return Math.max(...operands.map((_, i) => size(i)));
  }
}

/** Multiply-adds of one output pixel and channel. */
function window(attributes: readonly number[]): number {
  const [channels, kernelH, kernelW, groups] = [2, 6, 7, 14].map((i) => attributes[i]!);
  return (kernelH! * kernelW! * channels!) / groups!;
}
