import { StropError } from "../errors.js";

/** Where the activation is given as an option of a layer. "linear" is none. */
export type Activation =
  | "linear"
  | "softmax"
  | "prelu"
  | PlainActivation
  | "leakyRelu"
  | "elu"
  | "celu"
  | "gelu"
  | "hardSigmoid";

/** Activations without options. */
export type PlainActivation =
  | "relu"
  | "tanh"
  | "sigmoid"
  | "selu"
  | "hardSwish"
  | "swish"
  | "mish"
  | "softplus"
  | "softsign";

export interface Common {
  /** What the layer's node is called and its parameters begin with; default the kind and a number: "dense1". */
  readonly name?: string;
  /** One row's shape, if this is the first layer: instead of an `input` layer. */
  readonly inputShape?: readonly number[];
}

export interface DenseOptions extends Common {
  readonly units: number;
  /** Default true, but false in front of batch normalization, whose shift makes it useless. */
  readonly bias?: boolean;
  readonly activation?: Activation;
}

/** A number for each axis of the images, or one for all. */
type Sides = number | readonly [number, number];

/** "valid" (default) is none; "same" keeps ⌈size / stride⌉; a number pads all sides. */
type Padding = "valid" | "same" | number;

interface ConvOptions<Size> extends Common {
  readonly filters: number;
  readonly kernelSize: Size;
  /** Default 1. */
  readonly strides?: Size;
  readonly padding?: Padding;
  /** As for `dense`. */
  readonly bias?: boolean;
  readonly activation?: Activation;
}

interface DirectConvOptions<Size> extends ConvOptions<Size> {
  /** From one element of the kernel to the next; default 1. */
  readonly dilations?: Size;
  /** Each group of filters reads its share of the channels; as many as channels make it depthwise. Default 1. */
  readonly groups?: number;
}

export interface Conv1dOptions extends DirectConvOptions<number> {}

export interface Conv2dOptions extends DirectConvOptions<Sides> {}

export interface ConvTranspose2dOptions extends ConvOptions<Sides> {
  /**
   * "valid" (default) is none; "same" makes the image as many times larger as its stride; a number takes as much off
   * all four sides.
   */
  readonly padding?: Padding;
  /** Rows and columns more at the bottom and on the right, fewer than the strides; default 0. */
  readonly outputPadding?: Sides;
}

interface PoolOptions<Size> extends Common {
  readonly poolSize: Size;
  /** Default the pool size. */
  readonly strides?: Size;
  readonly padding?: Padding;
  /** Whether a last window counts that ends behind the pads; default false. */
  readonly ceilMode?: boolean;
}

export interface MaxPool1dOptions extends PoolOptions<number> {}

export interface MaxPool2dOptions extends PoolOptions<Sides> {}

interface AveragePoolOptions {
  /** Whether the mean is over the padding's zeros too; default false. Differs from PyTorch, where it is true. */
  readonly countIncludePad?: boolean;
}

export interface AveragePool1dOptions extends PoolOptions<number>, AveragePoolOptions {}

export interface AveragePool2dOptions extends PoolOptions<Sides>, AveragePoolOptions {}

export interface Upsample2dOptions extends Common {
  /** How many times as high and wide, or each for itself; below 1 the images shrink. */
  readonly scale: number | readonly [number, number];
  /** "nearest" (default) repeats pixels; "bilinear" is PyTorch's with align_corners=False. */
  readonly mode?: "nearest" | "bilinear";
}

export interface Pad2dOptions extends Common {
  /** All four sides, or left, right, top, bottom as in PyTorch; below 0 it crops. */
  readonly padding: number | readonly [number, number, number, number];
  /** "constant" (default): `value`; "reflect": mirrored without the border; "edge": the border again. */
  readonly mode?: "constant" | "reflect" | "edge";
  /** Default 0. */
  readonly value?: number;
}

export interface BatchNormOptions extends Common {
  /** Default 1e-5. */
  readonly eps?: number;
  /**
   * How much of the running statistics a step keeps; default 0.9.
   * Differs from PyTorch: this is ONNX's and Keras's momentum, 1 − PyTorch's.
   */
  readonly momentum?: number;
}

export interface LayerNormOptions extends Common {
  /** Default 1e-5. */
  readonly eps?: number;
}

export interface InstanceNormOptions extends Common {
  /** Default 1e-5. */
  readonly eps?: number;
}

export interface GroupNormOptions extends InstanceNormOptions {
  /** How many groups the channels are parted in, evenly. */
  readonly groups: number;
}

export interface DropoutOptions extends Common {
  /** The share of elements that training sets to 0, from 0 and below 1. */
  readonly rate: number;
}

export interface LeakyReluOptions extends Common {
  /** The slope below 0; default 0.01. */
  readonly alpha?: number;
}

export interface EluOptions extends Common {
  /** What −y tends to far below 0; default 1. */
  readonly alpha?: number;
}

export interface PreluOptions extends Common {
  /** One slope for each channel (the first axis of a row) instead of one for all; default false. */
  readonly perChannel?: boolean;
  /** What each slope begins with; default 0.25. */
  readonly alpha?: number;
}

export interface GeluOptions extends Common {
  /** "none" (default) is x·Φ(x); "tanh" is its approximation by tanh. */
  readonly approximate?: "none" | "tanh";
}

export interface HardSigmoidOptions extends Common {
  /** Default 1/6, as in PyTorch. Differs from ONNX, whose default is 0.2. */
  readonly alpha?: number;
  /** Default 0.5. */
  readonly beta?: number;
}

export interface ClipOptions extends Common {
  /** Default −∞. */
  readonly min?: number;
  /** Default ∞. */
  readonly max?: number;
}

export interface BranchesOptions extends Common {
  /** What is done to the same value, each a list of layers; an empty one leaves it as it is. */
  readonly branches: readonly (readonly Layer[])[];
}

export interface ConcatOptions extends BranchesOptions {
  /** Default 1, the features or channels; 0 is the batch, and cannot be. */
  readonly axis?: number;
}

export interface SliceOptions extends Common {
  /** Default 1, the features or channels; 0 is the batch, and cannot be. */
  readonly axis?: number;
  /** Below 0 it counts from the end. Default the first; with a step below 0, the last. */
  readonly start?: number;
  /** The first that is left out; below 0 it counts from the end. Default none. */
  readonly end?: number;
  /** Default 1; below 0 backwards. */
  readonly step?: number;
}

export interface InputOptions {
  /** One row's shape, without the batch. Images are channels, height, width, as in ONNX. */
  readonly shape: readonly number[];
  /** Default "input". */
  readonly name?: string;
}

export type Layer =
  | ({ readonly kind: "input" } & InputOptions)
  | ({ readonly kind: "dense" } & DenseOptions)
  | ({ readonly kind: "conv1d" } & Conv1dOptions)
  | ({ readonly kind: "conv2d" } & Conv2dOptions)
  | ({ readonly kind: "convTranspose2d" } & ConvTranspose2dOptions)
  | ({ readonly kind: "maxPool1d" } & MaxPool1dOptions)
  | ({ readonly kind: "maxPool2d" } & MaxPool2dOptions)
  | ({ readonly kind: "averagePool1d" } & AveragePool1dOptions)
  | ({ readonly kind: "averagePool2d" } & AveragePool2dOptions)
  | ({ readonly kind: "globalAveragePool" | "globalMaxPool" } & Common)
  | ({ readonly kind: "upsample2d" } & Upsample2dOptions)
  | ({ readonly kind: "pad2d" } & Pad2dOptions)
  | ({ readonly kind: "add" } & BranchesOptions)
  | ({ readonly kind: "concat" } & ConcatOptions)
  | ({ readonly kind: "slice" } & SliceOptions)
  | ({ readonly kind: "batchNorm" } & BatchNormOptions)
  | ({ readonly kind: "layerNorm" } & LayerNormOptions)
  | ({ readonly kind: "groupNorm" } & GroupNormOptions)
  | ({ readonly kind: "instanceNorm" } & InstanceNormOptions)
  | ({ readonly kind: "dropout" } & DropoutOptions)
  | ({ readonly kind: "leakyRelu" } & LeakyReluOptions)
  | ({ readonly kind: "elu" | "celu" } & EluOptions)
  | ({ readonly kind: "prelu" } & PreluOptions)
  | ({ readonly kind: "gelu" } & GeluOptions)
  | ({ readonly kind: "hardSigmoid" } & HardSigmoidOptions)
  | ({ readonly kind: "clip" } & ClipOptions)
  | ({ readonly kind: PlainActivation } & Common)
  | ({ readonly kind: "softmax" | "logSoftmax" | "flatten" } & Common);

/** Layers that are one op without parameters. */
export type ActivationLayer = Exclude<
  Layer,
  {
    kind:
      | "input"
      | "dense"
      | "conv1d"
      | "conv2d"
      | "convTranspose2d"
      | "maxPool1d"
      | "maxPool2d"
      | "averagePool1d"
      | "averagePool2d"
      | "globalAveragePool"
      | "globalMaxPool"
      | "upsample2d"
      | "pad2d"
      | "add"
      | "concat"
      | "slice"
      | "batchNorm"
      | "layerNorm"
      | "groupNorm"
      | "instanceNorm"
      | "dropout"
      | "prelu"
      | "softmax"
      | "logSoftmax"
      | "flatten";
  }
>;

/** An error about a layer, a mistake of the caller's. */
export function usage(where: string, problem: string, hint?: string): StropError {
  return new StropError(problem, {
    code: "layer-invalid",
    where,
    exitCode: 2,
    ...(hint === undefined ? {} : { hint }),
  });
}
