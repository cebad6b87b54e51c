import * as op from "../../assembly/abi/opcodes.js";
import { type Call, floatOf, type Kernel } from "./kernel.js";

function stats({ operands, attributes }: Call): void {
  const [x, mean, variance] = operands as [Float64Array, Float64Array, Float64Array];
  const channels = attributes[0]!;
  const rows = x.length / channels;
  mean.fill(0);
  variance.fill(0);
  for (let i = 0; i < x.length; i++) mean[i % channels]! += x[i]! / rows;
  for (let i = 0; i < x.length; i++) {
    variance[i % channels]! += (x[i]! - mean[i % channels]!) ** 2 / rows;
  }
}

function invStd({ operands, attributes }: Call): void {
  const [variance, result] = operands as [Float64Array, Float64Array];
  const eps = floatOf(attributes[0]!);
  for (let c = 0; c < result.length; c++) result[c] = 1 / Math.sqrt(variance[c]! + eps);
}

function normalize({ operands, attributes }: Call): void {
  const [x, mean, inv, gamma, beta, y] = operands as Float64Array[];
  const channels = attributes[0]!;
  for (let i = 0; i < y!.length; i++) {
    const c = i % channels;
    y![i] = (x![i]! - mean![c]!) * inv![c]! * gamma![c]! + beta![c]!;
  }
}

function running({ operands, attributes, batch }: Call): void {
  const [mean, variance, runningMean, runningVariance] = operands as Float64Array[];
  const [momentum, rest] = [floatOf(attributes[0]!), floatOf(attributes[1]!)];
  const n = batch * attributes[2]!;
  const factor = attributes[3] ? n / (n - 1) : 1;
  for (let c = 0; c < mean!.length; c++) {
    runningMean![c] = momentum * runningMean![c]! + rest * mean![c]!;
    runningVariance![c] = momentum * runningVariance![c]! + rest * variance![c]! * factor;
  }
}

function merge({ operands, attributes, batch, position }: Call): void {
  const [mean, variance, runningMean, runningVariance] = operands as Float64Array[];
  const [n, m] = [position.row * attributes[0]!, batch * attributes[0]!];
  const divisor = Math.max(n + m - 1, 1);
  for (let c = 0; c < mean!.length; c++) {
    const delta = n > 0 ? mean![c]! - runningMean![c]! : 0;
    const squares = n > 0 ? (n - 1) * runningVariance![c]! : 0;
    const between = (delta * delta * n * m) / (n + m);
    runningMean![c] = n > 0 ? runningMean![c]! + (delta * m) / (n + m) : mean![c]!;
    runningVariance![c] = (squares + m * variance![c]! + between) / divisor;
  }
}

function backwardParams({ operands, attributes }: Call): void {
  const [x, mean, inv, dy, dgamma, dbeta] = operands as Float64Array[];
  const channels = attributes[0]!;
  dgamma!.fill(0);
  dbeta!.fill(0);
  for (let i = 0; i < dy!.length; i++) {
    const c = i % channels;
    dgamma![c]! += dy![i]! * (x![i]! - mean![c]!) * inv![c]!;
    dbeta![c]! += dy![i]!;
  }
}

function backwardInput({ operands, attributes }: Call): void {
  const [x, mean, inv, gamma, dgamma, dbeta, dy, dx] = operands as Float64Array[];
  const channels = attributes[0]!;
  const rows = x!.length / channels;
  for (let i = 0; i < dx!.length; i++) {
    const c = i % channels;
    const xHat = (x![i]! - mean![c]!) * inv![c]!;
    dx![i] = gamma![c]! * inv![c]! * (dy![i]! - dbeta![c]! / rows - (xHat * dgamma![c]!) / rows);
  }
}

function frozenBackwardInput({ operands, attributes }: Call): void {
  const [inv, gamma, dy, dx] = operands as Float64Array[];
  const channels = attributes[0]!;
  for (let i = 0; i < dx!.length; i++) {
    dx![i] = dy![i]! * inv![i % channels]! * gamma![i % channels]!;
  }
}

export const batchNorm: ReadonlyMap<number, Kernel> = new Map<number, Kernel>([
  [op.BATCH_NORM_STATS, stats],
  [op.BATCH_NORM_INV_STD, invStd],
  [op.BATCH_NORM, normalize],
  [op.BATCH_NORM_RUNNING, running],
  [op.BATCH_NORM_MERGE, merge],
  [op.BATCH_NORM_BACKWARD_PARAMS, backwardParams],
  [op.BATCH_NORM_BACKWARD_INPUT, backwardInput],
  [op.BATCH_NORM_FROZEN_BACKWARD_INPUT, frozenBackwardInput],
]);
