import * as op from "../../assembly/abi/opcodes.js";
import { hashCounters } from "../compile/hash.js";
import { type Call, floatOf, type Kernel } from "./kernel.js";

/** Calls visit for each row with the operands cut to it, n elements each, or one if that is all they have. */
function forEachRow(
  { operands, attributes }: Call,
  visit: (row: number, parts: Float64Array[]) => void,
  n = attributes[0]!,
): void {
  const count = operands[0]!.length / n;
  for (let row = 0; row < count; row++) {
    visit(
      row,
      operands.map((operand) => operand.subarray(row * n, (row + 1) * n)),
    );
  }
}

const sum = (values: Float64Array) => values.reduce((a, b) => a + b, 0);

function softmaxBackward(call: Call): void {
  forEachRow(call, (_, [y, dy, dx]) => {
    const share = sum(y!.map((value, i) => value * dy![i]!));
    dx!.set(y!.map((value, i) => value * (dy![i]! - share)));
  });
}

function logSoftmax(call: Call): void {
  forEachRow(call, (_, [x, y]) => {
    const max = x!.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    const logSum = Math.log(sum(x!.map((value) => Math.exp(value - max))));
    y!.set(x!.map((value) => value - max - logSum));
  });
}

function logSoftmaxBackward(call: Call): void {
  forEachRow(call, (_, [y, dy, dx]) => {
    const total = sum(dy!);
    dx!.set(dy!.map((value, i) => value - Math.exp(y![i]!) * total));
  });
}

function layerNorm(call: Call): void {
  const [, gamma, beta, , mean, invStd] = call.operands;
  const eps = floatOf(call.attributes[1]!);
  forEachRow(call, (row, [x, , , y]) => {
    const center = sum(x!) / x!.length;
    const variance = sum(x!.map((value) => (value - center) ** 2)) / x!.length;
    mean![row] = center;
    invStd![row] = 1 / Math.sqrt(variance + eps);
    y!.set(x!.map((value, i) => (value - center) * invStd![row]! * gamma![i]! + beta![i]!));
  });
}

function layerNormBackwardInput(call: Call): void {
  const [, mean, invStd, gamma] = call.operands;
  forEachRow(call, (row, [x, , , , dy, dx]) => {
    const hat = x!.map((value) => (value - mean![row]!) * invStd![row]!);
    const g = dy!.map((value, i) => value * gamma![i]!);
    const meanG = sum(g) / g.length;
    const meanGHat = sum(g.map((value, i) => value * hat[i]!)) / g.length;
    dx!.set(g.map((value, i) => invStd![row]! * (value - meanG - hat[i]! * meanGHat)));
  });
}

function layerNormBackwardParams(call: Call): void {
  const [, mean, invStd, , dgamma, dbeta] = call.operands;
  dgamma!.fill(0);
  dbeta!.fill(0);
  forEachRow(call, (row, [x, , , dy]) => {
    for (const [i, value] of dy!.entries()) {
      dgamma![i]! += value * (x![i]! - mean![row]!) * invStd![row]!;
      dbeta![i]! += value;
    }
  });
}

function dropout(call: Call): void {
  const [threshold, scale, seedLow, seedHigh, number, n] = call.attributes as number[];
  const step = call.position.step;
  forEachRow(
    call,
    (row, [x, y]) => {
      const hash = hashCounters([seedLow!, seedHigh!, step, number!, row]);
      for (const [i, value] of x!.entries()) {
        y![i] = hashCounters([i], hash) >= threshold! ? floatOf(scale!) * value : 0;
      }
    },
    n,
  );
}

export const rows: ReadonlyMap<number, Kernel> = new Map<number, Kernel>([
  [op.SOFTMAX_BACKWARD, softmaxBackward],
  [op.LOG_SOFTMAX, logSoftmax],
  [op.LOG_SOFTMAX_BACKWARD, logSoftmaxBackward],
  [op.LAYER_NORM, layerNorm],
  [op.LAYER_NORM_BACKWARD_INPUT, layerNormBackwardInput],
  [op.LAYER_NORM_BACKWARD_PARAMS, layerNormBackwardParams],
  [op.DROPOUT, dropout],
]);
