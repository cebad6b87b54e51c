import * as kinds from "../../assembly/abi/losses.js";
import * as op from "../../assembly/abi/opcodes.js";
import { StropError } from "../errors.js";
import { softmaxRow } from "./elementwise.js";
import { type Call, floatOf, type Kernel } from "./kernel.js";

const sum = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0);

/** log Σ e^x */
function logSumExp(x: Float64Array): number {
  const max = x.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  return max + Math.log(sum(x.map((value) => Math.exp(value - max))));
}

/** Calls visit with each row's number, its scores and its label. */
function forEachRow(
  { operands, attributes, index }: Call,
  visit: (row: number, scores: Float64Array, label: number) => void,
  ignored?: number,
): void {
  const [scores, labels] = operands as [Float64Array, Float64Array];
  const classes = attributes[0]!;
  for (let row = 0; row < labels.length; row++) {
    const label = labels[row]!;
    if (label === ignored) continue;
    if (!(Number.isInteger(label) && label >= 0 && label < classes)) {
      throw new StropError(`label ${label}, but there are ${classes} classes`, {
        code: "label-range",
        where: `instruction ${index}, row ${row}`,
      });
    }
    visit(row, scores.subarray(row * classes, (row + 1) * classes), label);
  }
}

function ignoredOf([, hasIgnored, ignored]: readonly number[]): number | undefined {
  return hasIgnored ? ignored! | 0 : undefined;
}

const crossEntropy: Kernel = (call) => {
  const [, , weights, rowLoss, rowWeight] = call.operands as Float64Array[];
  const [classes, smoothing] = [call.attributes[0]!, floatOf(call.attributes[3]!)];
  rowLoss!.fill(0);
  rowWeight!.fill(0);
  const visit = (row: number, logits: Float64Array, label: number) => {
    const log = logSumExp(logits);
    const own = weights![label]! * (log - logits[label]!);
    rowWeight![row] = weights![label]!;
    rowLoss![row] = (1 - smoothing) * own;
    if (smoothing === 0) return;
    const all = sum(logits.map((logit, j) => weights![j]! * (log - logit)));
    rowLoss![row]! += (smoothing / classes) * all;
  };
  forEachRow(call, visit, ignoredOf(call.attributes));
};

const crossEntropyBackward: Kernel = (call) => {
  const [, , weights, weight, dlogits] = call.operands as Float64Array[];
  const [classes, smoothing] = [call.attributes[0]!, floatOf(call.attributes[3]!)];
  // A copy, for dlogits may be the logits.
  const operands = [call.operands[0]!.slice(), ...call.operands.slice(1)];
  dlogits!.fill(0);
  // Where nothing counts the gradient is 0.
  const divisor = weight![0] || Number.POSITIVE_INFINITY;
  const visit = (row: number, logits: Float64Array, label: number) => {
    const targets = weights!.map((w, j) => {
      return w * ((j === label ? 1 - smoothing : 0) + smoothing / classes);
    });
    const total = sum(targets);
    const gradient = softmaxRow(logits).map((p, j) => (p * total - targets[j]!) / divisor);
    dlogits!.set(gradient, row * classes);
  };
  forEachRow({ ...call, operands }, visit, ignoredOf(call.attributes));
};

/** Calls visit with each row's logits and its targets, weighted and smoothed. */
function forEachSoftRow(
  { operands, attributes }: Call,
  visit: (row: number, logits: Float64Array, targets: Float64Array) => void,
): void {
  const [logits, target, weights] = operands as [Float64Array, Float64Array, Float64Array];
  const [classes, smoothing] = [attributes[0]!, floatOf(attributes[1]!)];
  for (let row = 0; row < logits.length / classes; row++) {
    const [start, end] = [row * classes, (row + 1) * classes];
    const targets = target
      .slice(start, end)
      .map((t, j) => weights[j]! * ((1 - smoothing) * t + smoothing / classes));
    visit(row, logits.slice(start, end), targets);
  }
}

const softCrossEntropy: Kernel = (call) => {
  forEachSoftRow(call, (row, logits, targets) => {
    const log = logSumExp(logits);
    call.operands[3]![row] = sum(targets.map((u, j) => u * (log - logits[j]!)));
  });
};

const softCrossEntropyBackward: Kernel = (call) => {
  const classes = call.attributes[0]!;
  const rows = call.operands[0]!.length / classes;
  forEachSoftRow(call, (row, logits, targets) => {
    const total = sum(targets);
    const gradient = softmaxRow(logits).map((p, j) => (p * total - targets[j]!) / rows);
    call.operands[3]!.set(gradient, row * classes);
  });
};

const correctCount: Kernel = (call) => {
  const count = call.operands[2]!.fill(0);
  const visit = (_: number, logits: Float64Array, label: number) => {
    let largest = 0;
    for (let j = 1; j < logits.length; j++) if (logits[j]! > logits[largest]!) largest = j;
    if (largest === label) count[0]! += 1;
    count[1]! += 1;
  };
  forEachRow(call, visit, ignoredOf(call.attributes));
};

const binaryCorrectCount: Kernel = ({ operands: [y, target, count], attributes }) => {
  const threshold = floatOf(attributes[0]!);
  const right = y!.filter((value, i) => value > 0 === target![i]! > threshold);
  count!.set([right.length, y!.length]);
};

const multiMargin: Kernel = (call) => {
  const margin = floatOf(call.attributes[1]!);
  forEachRow(call, (row, x, label) => {
    const terms = x.map((xj, j) => (j === label ? 0 : Math.max(0, margin - x[label]! + xj)));
    call.operands[2]![row] = sum(terms) / x.length;
  });
};

const multiMarginBackward: Kernel = (call) => {
  const [margin, rows] = [floatOf(call.attributes[1]!), call.operands[1]!.length];
  forEachRow(call, (row, x, label) => {
    const dx = x.map((xj, j) => {
      return Number(j !== label && margin - x[label]! + xj > 0) / (x.length * rows);
    });
    dx[label] = -sum(dx);
    call.operands[2]!.set(dx, row * x.length);
  });
};

/** The logistic function's own logarithm: −log(1 + e⁻ˣ), without overflow. */
const logSigmoid = (x: number) => Math.min(x, 0) - Math.log1p(Math.exp(-Math.abs(x)));

interface ElementLoss {
  loss(y: number, t: number, p: number): number;
  slope(y: number, t: number, p: number): number;
}

const side = (t: number) => (t > 0 ? 1 : -1);

const ELEMENT_LOSSES: ReadonlyMap<number, ElementLoss> = new Map<number, ElementLoss>([
  [kinds.LOSS_MSE, { loss: (y, t) => (y - t) ** 2, slope: (y, t) => 2 * (y - t) }],
  [
    kinds.LOSS_MAE,
    { loss: (y, t) => Math.abs(y - t), slope: (y, t) => Number(y > t) - Number(y < t) },
  ],
  [
    kinds.LOSS_HUBER,
    {
      loss: (y, t, p) => {
        const size = Math.abs(y - t);
        return size < p ? size ** 2 / 2 : p * (size - p / 2);
      },
      slope: (y, t, p) => Math.min(p, Math.max(-p, y - t)),
    },
  ],
  [
    kinds.LOSS_HINGE,
    {
      loss: (y, t, p) => Math.max(0, p - side(t) * y),
      slope: (y, t, p) => (p - side(t) * y > 0 ? -side(t) : 0),
    },
  ],
  [
    kinds.LOSS_BINARY_CROSS_ENTROPY,
    {
      loss: (y, t, p) => -p * t * logSigmoid(y) - (1 - t) * logSigmoid(-y),
      slope: (y, t, p) => (1 - t) * Math.exp(logSigmoid(y)) - p * t * Math.exp(logSigmoid(-y)),
    },
  ],
]);

const elementLoss: Kernel = ({ operands: [y, target, mean], attributes: [kind, parameter] }) => {
  const { loss } = ELEMENT_LOSSES.get(kind!)!;
  const losses = y!.map((value, i) => loss(value, target![i]!, floatOf(parameter!)));
  mean![0] = sum(losses) / y!.length;
};

const elementLossBackward: Kernel = ({ operands, attributes: [kind, parameter] }) => {
  const [y, target, dy] = operands as [Float64Array, Float64Array, Float64Array];
  const { slope } = ELEMENT_LOSSES.get(kind!)!;
  dy.set(y.map((value, i) => slope(value, target[i]!, floatOf(parameter!)) / y.length));
};

const mean: Kernel = ({ operands: [x, y] }) => {
  y![0] = sum(x!) / x!.length;
};

const weightedMean: Kernel = ({ operands: [x, w, weight, result] }) => {
  weight![0] = sum(w!);
  result![0] = weight![0] === 0 ? 0 : sum(x!) / weight![0];
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
  [op.SOFT_CROSS_ENTROPY, softCrossEntropy],
  [op.SOFT_CROSS_ENTROPY_BACKWARD, softCrossEntropyBackward],
  [op.CORRECT_COUNT, correctCount],
  [op.BINARY_CORRECT_COUNT, binaryCorrectCount],
  [op.MULTI_MARGIN, multiMargin],
  [op.MULTI_MARGIN_BACKWARD, multiMarginBackward],
  [op.MEAN, mean],
  [op.WEIGHTED_MEAN, weightedMean],
  [op.ELEMENT_LOSS, elementLoss],
  [op.ELEMENT_LOSS_BACKWARD, elementLossBackward],
  [op.CHECK_FINITE, checkFinite],
]);
