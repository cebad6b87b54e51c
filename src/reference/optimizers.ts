import * as op from "../../assembly/abi/opcodes.js";
import { type Call, floatOf, type Kernel } from "./kernel.js";

const squareSum: Kernel = ({ operands: [x, sum] }) => {
  for (const value of x!) sum![0]! += value * value;
};

const clipNormFactor: Kernel = ({ operands: [sum, norm, factor], attributes }) => {
  norm![0] = Math.sqrt(sum![0]!);
  factor![0] = Math.min(1, floatOf(attributes[0]!) / (norm![0]! + 1e-6));
};

const scaleBy: Kernel = ({ operands: [factor, g] }) => {
  for (let i = 0; i < g!.length; i++) g![i]! *= factor![0]!;
};

const clipValue: Kernel = ({ operands: [g], attributes }) => {
  const limit = floatOf(attributes[0]!);
  for (let i = 0; i < g!.length; i++) g![i] = Math.min(Math.max(g![i]!, -limit), limit);
};

const sgd: Kernel = ({ operands: [lr, g, w], attributes }) => {
  const weightDecay = floatOf(attributes[0]!);
  for (let i = 0; i < w!.length; i++) w![i]! -= lr![0]! * (g![i]! + weightDecay * w![i]!);
};

const sgdMomentum: Kernel = ({ operands: [lr, take, g, w, m], attributes }) => {
  const [momentum, weightDecay] = [floatOf(attributes[0]!), floatOf(attributes[1]!)];
  const nesterov = attributes[2] === 1;
  for (let i = 0; i < w!.length; i++) {
    const d = take![0]! * (g![i]! + weightDecay * w![i]!);
    m![i] = momentum * m![i]! + d;
    w![i]! -= lr![0]! * (nesterov ? d + momentum * m![i]! : m![i]!);
  }
};

/** f64s in attributes, two words each. */
const doublesOf = (attributes: readonly number[]) =>
  new Float64Array(Uint32Array.from(attributes).buffer);

// What the core keeps as f64 in the bytes of twice as many f32 are the tensor's first elements here.

const adamBegin: Kernel = ({ operands: [corrections], attributes }) => {
  for (const [i, beta] of doublesOf(attributes).entries()) {
    corrections![i] = 1 - beta + beta * corrections![i]!;
  }
};

const nadamBegin: Kernel = ({ operands: [products, corrections], attributes }) => {
  const [beta1, beta2, base] = doublesOf(attributes) as unknown as Triple;
  const power = base * (1 - products![0]!);
  const mu = beta1 * (1 - 0.5 * power);
  const next = beta1 * (1 - 0.5 * base * power);
  const product = (1 - products![1]!) * mu;
  products!.set([1 - power, 1 - product]);
  const c2 = 1 - beta2 + beta2 * corrections![1]!;
  corrections!.set([(1 - product * next) / next, c2, (1 - mu) / (1 - product)]);
};

type Triple = readonly [number, number, number];

function adam({ operands, attributes }: Call): void {
  const [lr, corrections, g, w, m, v, vMax] = operands as Float64Array[];
  const [beta1, rest1, beta2, rest2, eps, weightDecay] = attributes.slice(0, 6).map(floatOf);
  const [epsInside, decoupled] = [attributes[6] === 1, attributes[7] === 1];
  const [c1, c2, c3] = corrections as unknown as Triple;
  for (let i = 0; i < w!.length; i++) {
    const d = g![i]! + (decoupled ? 0 : weightDecay!) * w![i]!;
    m![i] = beta1! * m![i]! + rest1! * d;
    v![i] = beta2! * v![i]! + rest2! * d * d;
    if (vMax) vMax[i] = vMax[i]! > v![i]! ? vMax[i]! : v![i]!;
    const square = (vMax ?? v)![i]!;
    const root = epsInside
      ? Math.sqrt(square / c2 + eps!)
      : Math.sqrt(square) / Math.sqrt(c2) + eps!;
    const step = ((lr![0]! / c1) * m![i]! + lr![0]! * c3 * d) / root;
    w![i]! -= (decoupled ? lr![0]! * weightDecay! : 0) * w![i]! + step;
  }
}

const adamax: Kernel = ({ operands, attributes }) => {
  const [lr, corrections, g, w, m, u] = operands as Float64Array[];
  const [beta1, rest1, beta2, eps, weightDecay] = attributes.map(floatOf);
  for (let i = 0; i < w!.length; i++) {
    const d = g![i]! + weightDecay! * w![i]!;
    m![i] = beta1! * m![i]! + rest1! * d;
    const [decayed, size] = [beta2! * u![i]!, Math.abs(d) + eps!];
    u![i] = decayed < size ? size : decayed;
    w![i]! -= ((lr![0]! / corrections![0]!) * m![i]!) / u![i]!;
  }
};

/** With or without a mean. */
const rmsNormalize: Kernel = ({ operands: [g, w, y, v, mean], attributes }) => {
  const [alpha, rest, eps, epsInside, weightDecay] = attributes.map(floatOf);
  for (let i = 0; i < w!.length; i++) {
    const d = g![i]! + weightDecay! * w![i]!;
    v![i] = alpha! * v![i]! + rest! * d * d;
    let square = v![i]!;
    if (mean) {
      mean[i] = alpha! * mean[i]! + rest! * d;
      square -= mean[i]! ** 2;
      square = square < 0 ? 0 : square;
    }
    y![i] = d / (Math.sqrt(square + epsInside!) + eps!);
  }
};

const adadelta: Kernel = ({ operands: [g, w, y, v, a], attributes }) => {
  const [rho, rest, eps, weightDecay] = attributes.map(floatOf);
  for (let i = 0; i < w!.length; i++) {
    const d = g![i]! + weightDecay! * w![i]!;
    v![i] = rho! * v![i]! + rest! * d * d;
    y![i] = (Math.sqrt(a![i]! + eps!) / Math.sqrt(v![i]! + eps!)) * d;
    a![i] = rho! * a![i]! + rest! * y![i]! * y![i]!;
  }
};

const lion: Kernel = ({ operands: [lr, g, w, m], attributes }) => {
  const [beta1, rest1, beta2, rest2, weightDecay] = attributes.map(floatOf);
  for (let i = 0; i < w!.length; i++) {
    const c = beta1! * m![i]! + rest1! * g![i]!;
    m![i] = beta2! * m![i]! + rest2! * g![i]!;
    w![i]! -= lr![0]! * ((Number.isFinite(c) ? Math.sign(c) : Number.NaN) + weightDecay! * w![i]!);
  }
};

const rateDecay: Kernel = ({ operands: [x, y, sum], attributes }) => {
  y![0] = x![0]! / (1 + sum![0]!);
  sum![0]! += doublesOf(attributes)[0]!;
};

export const optimizers: ReadonlyMap<number, Kernel> = new Map<number, Kernel>([
  [op.SQUARE_SUM, squareSum],
  [op.CLIP_NORM_FACTOR, clipNormFactor],
  [op.SCALE_BY, scaleBy],
  [op.CLIP_VALUE, clipValue],
  [op.SGD, sgd],
  [op.SGD_MOMENTUM, sgdMomentum],
  [op.ADAM_BEGIN, adamBegin],
  [op.ADAM, adam],
  [op.AMSGRAD, adam],
  [op.NADAM_BEGIN, nadamBegin],
  [op.ADAMAX, adamax],
  [op.RMS_NORMALIZE, rmsNormalize],
  [op.RMS_NORMALIZE_CENTERED, rmsNormalize],
  [op.ADADELTA, adadelta],
  [op.LION, lion],
  [op.RATE_DECAY, rateDecay],
]);
