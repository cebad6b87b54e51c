import { type CompiledProgram, compileProgram } from "../../src/compile/compile.js";
import { augmentationOf, type CompileOptions, completeOptions } from "../../src/compile/options.js";
import { sequential } from "../../src/graph/builder.js";
import {
  batchNorm,
  conv2d,
  dense,
  dropout,
  flatten,
  input,
  layerNorm,
  logSoftmax,
  prelu,
  relu,
  sigmoid,
  softmax,
  tanh,
} from "../../src/graph/layers.js";
import { pagesFor, setMemoryPages } from "../../src/runtime/wasm-memory.js";
import { TestRandom } from "../helpers/random.js";

export const ROWS = 53;
export const FEATURES = 12;
export const CLASSES = 5;
export const BATCH = 16;

const ACTIVATIONS = [
  "leakyRelu",
  "elu",
  "selu",
  "celu",
  "gelu",
  "hardSigmoid",
  "hardSwish",
  "swish",
  "mish",
  "softplus",
  "softsign",
] as const;

const IMAGE = [2, 3, FEATURES / 6];

/** Each ends in a smaller last batch of five rows. */
export const NETWORKS = {
  dense: [
    input({ shape: [FEATURES] }),
    dense({ units: 17 }),
    batchNorm(),
    relu(),
    dropout({ rate: 0.25 }),
    dense({ units: 9 }),
    layerNorm(),
    tanh(),
    dense({ units: CLASSES }),
  ],
  conv: [
    input({ shape: IMAGE }),
    conv2d({ filters: 7, kernelSize: 2, padding: 1 }),
    batchNorm(),
    relu(),
    conv2d({ filters: 5, kernelSize: 3, strides: 2, padding: 1 }),
    sigmoid(),
    flatten(),
    dense({ units: CLASSES }),
  ],
  chain: [
    input({ shape: [FEATURES] }),
    dense({ units: 37 }),
    relu(),
    dropout({ rate: 0.25 }),
    dense({ units: 9 }),
    relu(),
    dense({ units: CLASSES }),
  ],
  activations: [
    input({ shape: [FEATURES] }),
    ...ACTIVATIONS.flatMap((activation) => [dense({ units: 7, activation }), batchNorm()]),
    dense({ units: 7 }),
    prelu({ perChannel: true }),
    softmax(),
    dense({ units: CLASSES }),
    logSoftmax(),
  ],
} as const;

/** Everything that a step can do to its rows, for those of a flat network or of the convolution. */
export const augmentOf = (row: readonly number[]) =>
  augmentationOf({ shift: 1, flip: row.length === 3, crop: 0.6, noise: 0.1 }, row, "first");

/** Batch-norm, dropout, layer-norm, changed images, Adam with weight decay, clipping by value and by norm, a shuffle. */
export function smallProgram(
  options: Partial<CompileOptions> = {},
  network: keyof typeof NETWORKS = "dense",
): CompiledProgram {
  return compileProgram(
    sequential(NETWORKS[network], { seed: 3 }),
    completeOptions({
      batch: BATCH,
      rows: ROWS,
      epochs: 3,
      seed: 7,
      loss: "cross-entropy",
      optimizer: { name: "adam", lr: 0.01, weightDecay: 0.01 },
      clipNorm: 0.5,
      clipValue: 0.3,
      trainable: () => true,
      ...(network === "conv" && { augment: augmentOf(IMAGE) }),
      ...options,
    }),
  );
}

export interface Rows {
  readonly x: Float32Array;
  readonly y: Int32Array;
}

/** Rows whose labels can be learned from them. */
export function smallRows(seed = 5): Rows {
  const x = new TestRandom(seed).array(ROWS * FEATURES);
  const y = Int32Array.from({ length: ROWS }, (_, row) => {
    const cells = x.subarray(row * FEATURES, row * FEATURES + CLASSES);
    return cells.indexOf(Math.max(...cells));
  });
  return { x, y };
}

/** A .npy file of version 1. */
export function npy(descr: string, shape: readonly number[], data: ArrayBufferView): Uint8Array {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  return npyOf(`{'descr': '${descr}', 'fortran_order': False, 'shape': ${tuple}, }`, data);
}

/** The same around any header, also a wrong one. */
export function npyOf(header: string, data: ArrayBufferView): Uint8Array {
  const length = Math.ceil((10 + header.length + 1) / 64) * 64 - 10;
  const text = `${header.padEnd(length - 1)}\n`;
  const body = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, length & 255, length >> 8];
  return Uint8Array.from([...magic, ...new TextEncoder().encode(text), ...body]);
}

/** A module with just the memory that the program's plan asks for. */
export function fitted(
  { bytes, arenaStart }: { bytes: Uint8Array; arenaStart: number },
  program: CompiledProgram,
): Uint8Array<ArrayBuffer> {
  return setMemoryPages(bytes, pagesFor(arenaStart + program.plan.arenaBytes));
}

export const TRAIN = ["train", "program.strop", "X.npy", "Y.npy", "OUT"] as const;
export const EVAL = ["eval", "program.strop", "X.npy", "Y.npy"] as const;
export const PREDICT = ["predict", "program.strop", "X.npy", "P.npy"] as const;
