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

const sgdMomentum: Kernel = ({ operands: [lr, g, w, m], attributes }) => {
  const [momentum, weightDecay] = [floatOf(attributes[0]!), floatOf(attributes[1]!)];
  const nesterov = attributes[2] === 1;
  for (let i = 0; i < w!.length; i++) {
    const d = g![i]! + weightDecay * w![i]!;
    m![i] = momentum * m![i]! + d;
    w![i]! -= lr![0]! * (nesterov ? d + momentum * m![i]! : m![i]!);
  }
};

/** The two corrections are the tensor's first two elements here, not two f64 in the bytes of four f32. */
const adamBegin: Kernel = ({ operands: [corrections], attributes }) => {
  const betas = new Float64Array(Uint32Array.from(attributes).buffer);
  for (let i = 0; i < 2; i++) {
    corrections![i] = 1 - betas[i]! + betas[i]! * corrections![i]!;
  }
};

function adam({ operands, attributes }: Call): void {
  const [lr, corrections, g, w, m, v] = operands as Float64Array[];
  const [beta1, rest1, beta2, rest2, eps, weightDecay] = attributes.slice(0, 6).map(floatOf);
  const epsInside = attributes[6] === 1;
  const [c1, c2] = corrections!;
  for (let i = 0; i < w!.length; i++) {
    const d = g![i]! + weightDecay! * w![i]!;
    m![i] = beta1! * m![i]! + rest1! * d;
    v![i] = beta2! * v![i]! + rest2! * d * d;
    const root = epsInside
      ? Math.sqrt(v![i]! / c2! + eps!)
      : Math.sqrt(v![i]!) / Math.sqrt(c2!) + eps!;
    w![i]! -= ((lr![0]! / c1!) * m![i]!) / root;
  }
}

export const optimizers: ReadonlyMap<number, Kernel> = new Map<number, Kernel>([
  [op.SQUARE_SUM, squareSum],
  [op.CLIP_NORM_FACTOR, clipNormFactor],
  [op.SCALE_BY, scaleBy],
  [op.CLIP_VALUE, clipValue],
  [op.SGD, sgd],
  [op.SGD_MOMENTUM, sgdMomentum],
  [op.ADAM_BEGIN, adamBegin],
  [op.ADAM, adam],
]);
