import * as op from "../../assembly/abi/opcodes.js";
import { StropError } from "../errors.js";
import { softmaxRow } from "./elementwise.js";
import type { Call, Kernel } from "./kernel.js";

/** Calls visit with each row's logits and label. */
function forEachRow(
  { operands, attributes, index }: Call,
  visit: (row: number, logits: Float64Array, label: number) => void,
): void {
  const [logits, labels] = operands as [Float64Array, Float64Array];
  const classes = attributes[0]!;
  for (let row = 0; row < labels.length; row++) {
    const label = labels[row]!;
    if (!(Number.isInteger(label) && label >= 0 && label < classes)) {
      throw new StropError(`label ${label}, but there are ${classes} classes`, {
        code: "label-range",
        where: `instruction ${index}, row ${row}`,
      });
    }
    visit(row, logits.subarray(row * classes, (row + 1) * classes), label);
  }
}

const crossEntropy: Kernel = (call) => {
  forEachRow(call, (row, logits, label) => {
    const max = logits.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    const sum = logits.reduce((total, value) => total + Math.exp(value - max), 0);
    call.operands[2]![row] = max + Math.log(sum) - logits[label]!;
  });
};

const crossEntropyBackward: Kernel = (call) => {
  const [classes, rows] = [call.attributes[0]!, call.operands[1]!.length];
  forEachRow(call, (row, logits, label) => {
    const dlogits = softmaxRow(logits);
    dlogits[label]! -= 1;
    call.operands[2]!.set(
      dlogits.map((value) => value / rows),
      row * classes,
    );
  });
};

const correctCount: Kernel = (call) => {
  const count = call.operands[2]!;
  count[0] = 0;
  forEachRow(call, (_, logits, label) => {
    let largest = 0;
    for (let j = 1; j < logits.length; j++) if (logits[j]! > logits[largest]!) largest = j;
    if (largest === label) count[0]! += 1;
  });
};

const mean: Kernel = ({ operands: [x, y] }) => {
  y![0] = x!.reduce((a, b) => a + b, 0) / x!.length;
};

const mse: Kernel = ({ operands: [y, target, loss] }) => {
  const sum = y!.reduce((total, value, i) => total + (value - target![i]!) ** 2, 0);
  loss![0] = sum / y!.length;
};

const mseBackward: Kernel = ({ operands: [y, target, dy] }) => {
  for (let i = 0; i < dy!.length; i++) dy![i] = (2 * (y![i]! - target![i]!)) / dy!.length;
};

const checkFinite: Kernel = ({ operands: [x], index }) => {
  if (Number.isFinite(x![0])) return;
  throw new StropError(`${x![0]} is not finite`, {
    code: "non-finite",
    where: `instruction ${index}`,
  });
};

export const losses: ReadonlyMap<number, Kernel> = new Map<number, Kernel>([
  [op.SOFTMAX_CROSS_ENTROPY, crossEntropy],
  [op.SOFTMAX_CROSS_ENTROPY_BACKWARD, crossEntropyBackward],
  [op.CORRECT_COUNT, correctCount],
  [op.MEAN, mean],
  [op.MSE, mse],
  [op.MSE_BACKWARD, mseBackward],
  [op.CHECK_FINITE, checkFinite],
]);
