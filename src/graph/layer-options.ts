import { nearest } from "../nearest.js";
import { type Layer, usage } from "./layer.js";

/** The options of the layers of one kind. */
type OptionsOf<K, L = Layer> = L extends { readonly kind: infer Kinds }
  ? K extends Kinds
    ? Record<Exclude<keyof L, "kind">, true>
    : never
  : never;

const common = { name: true, inputShape: true } as const;
const dense = { ...common, bias: true, activation: true, units: true } as const;
const window = { ...common, strides: true, padding: true } as const;
const conv = { ...window, filters: true, kernelSize: true, bias: true, activation: true } as const;
const directConv = { ...conv, dilations: true, groups: true } as const;
const maxPool = { ...window, poolSize: true, ceilMode: true } as const;
const averagePool = { ...maxPool, countIncludePad: true } as const;
const norm = { ...common, eps: true } as const;
const alpha = { ...common, alpha: true } as const;

const options: { readonly [K in Layer["kind"]]: OptionsOf<K> } = {
  input: { name: true, shape: true },
  dense,
  conv1d: directConv,
  conv2d: directConv,
  convTranspose2d: { ...conv, outputPadding: true },
  maxPool1d: maxPool,
  maxPool2d: maxPool,
  averagePool1d: averagePool,
  averagePool2d: averagePool,
  globalAveragePool: common,
  globalMaxPool: common,
  upsample2d: { ...common, scale: true, mode: true },
  pad2d: { ...common, padding: true, mode: true, value: true },
  add: { ...common, branches: true },
  concat: { ...common, branches: true, axis: true },
  slice: { ...common, axis: true, start: true, end: true, step: true },
  batchNorm: { ...norm, momentum: true },
  layerNorm: norm,
  groupNorm: { ...norm, groups: true },
  instanceNorm: norm,
  dropout: { ...common, rate: true },
  leakyRelu: alpha,
  elu: alpha,
  celu: alpha,
  prelu: { ...alpha, perChannel: true },
  gelu: { ...common, approximate: true },
  hardSigmoid: { ...alpha, beta: true },
  clip: { ...common, min: true, max: true },
  relu: common,
  tanh: common,
  sigmoid: common,
  selu: common,
  hardSwish: common,
  swish: common,
  mish: common,
  softplus: common,
  softsign: common,
  softmax: common,
  logSoftmax: common,
  flatten: common,
};

/**
 * Refuses an option that the layer does not have, which would be left out in silence.
 *
 * @param where the layer's name
 */
export function checkLayerOptions(where: string, layer: Layer): void {
  if (!Object.hasOwn(options, layer.kind)) throw usage(where, "there is no such layer");
  const known: readonly string[] = Object.keys(options[layer.kind]);
  const { kind: _, ...given } = layer;
  const isWrong = ([key, value]: [string, unknown]) => value !== undefined && !known.includes(key);
  const [wrong] = Object.entries(given).find(isWrong) ?? [];
  if (wrong === undefined) return;
  const near = nearest(wrong, known);
  const hint = near ? `Did you mean ${near}?` : `There are ${known.join(", ")}.`;
  throw usage(where, `there is no option '${wrong}'`, hint);
}
