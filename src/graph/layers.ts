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

interface Common {
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

export interface Conv1dOptions extends ConvOptions<number> {}

export interface Conv2dOptions extends ConvOptions<Sides> {}

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

/** The shape of one row of the model's input. */
export const input = (options: InputOptions): Layer => ({ kind: "input", ...options });
/** y = x·wᵀ + b. Shapes: x [N,inputs], w [units,inputs], b [units]. */
export const dense = (options: DenseOptions): Layer => ({ kind: "dense", ...options });
/** y = x ∗ w + b. Shapes: x [N,channels,height,width], w [filters,channels,kernelH,kernelW], b [filters]. */
export const conv2d = (options: Conv2dOptions): Layer => ({ kind: "conv2d", ...options });
/** y = x ∗ w + b. Shapes: x [N,channels,length], w [filters,channels,1,kernel], b [filters]. */
export const conv1d = (options: Conv1dOptions): Layer => ({ kind: "conv1d", ...options });
/**
 * y = the gradient of a convolution to its input, for x as that of its output; plus b. A size becomes (size − 1)·stride
 * + kernel. Shapes: x [N,channels,height,width], w [channels,filters,kernelH,kernelW], b [filters].
 */
export const convTranspose2d = (options: ConvTranspose2dOptions): Layer => ({
  kind: "convTranspose2d",
  ...options,
});
/** y = the largest of each window. Shapes: x [N,channels,length]; padding is never the largest. */
export const maxPool1d = (options: MaxPool1dOptions): Layer => ({ kind: "maxPool1d", ...options });
/** y = the largest of each window. Shapes: x [N,channels,height,width]; padding is never the largest. */
export const maxPool2d = (options: MaxPool2dOptions): Layer => ({ kind: "maxPool2d", ...options });
/** y = the mean of each window. Shapes: x [N,channels,length]. */
export const averagePool1d = (options: AveragePool1dOptions): Layer => ({
  kind: "averagePool1d",
  ...options,
});
/** y = the mean of each window. Shapes: x [N,channels,height,width]. */
export const averagePool2d = (options: AveragePool2dOptions): Layer => ({
  kind: "averagePool2d",
  ...options,
});
/** y = the mean of each channel. Shapes: x [N,channels,…sizes], y [N,channels]. */
export const globalAveragePool = (options: Common = {}): Layer => ({
  kind: "globalAveragePool",
  ...options,
});
/** y = the largest of each channel. Shapes: x [N,channels,…sizes], y [N,channels]. */
export const globalMaxPool = (options: Common = {}): Layer => ({
  kind: "globalMaxPool",
  ...options,
});
/** y = (x − mean) / √(variance + eps)·γ + β, per channel. Shapes: x [N,channels] or [N,channels,height,width], γ β [channels]. */
export const batchNorm = (options: BatchNormOptions = {}): Layer => ({
  kind: "batchNorm",
  ...options,
});
/** y = max(x, 0). Shapes: x and y alike, any. */
export const relu = (options: Common = {}): Layer => ({ kind: "relu", ...options });
/** y = tanh(x). Shapes: x and y alike, any. */
export const tanh = (options: Common = {}): Layer => ({ kind: "tanh", ...options });
/** y = 1 / (1 + e⁻ˣ). Shapes: x and y alike, any. */
export const sigmoid = (options: Common = {}): Layer => ({ kind: "sigmoid", ...options });
/** y = x < 0 ? alpha·x : x. Shapes: x and y alike, any. */
export const leakyRelu = (options: LeakyReluOptions = {}): Layer => ({
  kind: "leakyRelu",
  ...options,
});
/** y = x < 0 ? w·x : x, w trained. Shapes: x and y alike, any; w [1], or [channels] (of images [channels,1,1]). */
export const prelu = (options: PreluOptions = {}): Layer => ({ kind: "prelu", ...options });
/** y = x > 0 ? x : alpha·(eˣ − 1). Shapes: x and y alike, any. Clevert et al. 2015, https://arxiv.org/abs/1511.07289. */
export const elu = (options: EluOptions = {}): Layer => ({ kind: "elu", ...options });
/**
 * y = 1.0507·(x > 0 ? x : 1.67326·(eˣ − 1)). Shapes: x and y alike, any. Klambauer et al. 2017,
 * https://arxiv.org/abs/1706.02515.
 */
export const selu = (options: Common = {}): Layer => ({ kind: "selu", ...options });
/** y = x > 0 ? x : alpha·(e^(x/alpha) − 1). Shapes: x and y alike, any. Barron 2017, https://arxiv.org/abs/1704.07483. */
export const celu = (options: EluOptions = {}): Layer => ({ kind: "celu", ...options });
/** y = x·Φ(x). Shapes: x and y alike, any. Hendrycks & Gimpel 2016, https://arxiv.org/abs/1606.08415. */
export const gelu = (options: GeluOptions = {}): Layer => ({ kind: "gelu", ...options });
/** y = min(max(alpha·x + beta, 0), 1). Shapes: x and y alike, any. */
export const hardSigmoid = (options: HardSigmoidOptions = {}): Layer => ({
  kind: "hardSigmoid",
  ...options,
});
/** y = x·min(max(x/6 + ½, 0), 1). Shapes: x and y alike, any. Howard et al. 2019, https://arxiv.org/abs/1905.02244. */
export const hardSwish = (options: Common = {}): Layer => ({ kind: "hardSwish", ...options });
/** y = x / (1 + e⁻ˣ), also called SiLU. Shapes: x and y alike, any. */
export const swish = (options: Common = {}): Layer => ({ kind: "swish", ...options });
/** y = x·tanh(log(1 + eˣ)). Shapes: x and y alike, any. Misra 2019, https://arxiv.org/abs/1908.08681. */
export const mish = (options: Common = {}): Layer => ({ kind: "mish", ...options });
/** y = log(1 + eˣ). Shapes: x and y alike, any. */
export const softplus = (options: Common = {}): Layer => ({ kind: "softplus", ...options });
/** y = x / (1 + |x|). Shapes: x and y alike, any. */
export const softsign = (options: Common = {}): Layer => ({ kind: "softsign", ...options });
/** y = min(max(x, min), max); ReLU6 is clip({ min: 0, max: 6 }). Shapes: x and y alike, any. */
export const clip = (options: ClipOptions = {}): Layer => ({ kind: "clip", ...options });
/** y = eˣ / Σ eˣ over the last axis. Shapes: x and y alike, any. */
export const softmax = (options: Common = {}): Layer => ({ kind: "softmax", ...options });
/** y = x − log Σ eˣ over the last axis. Shapes: x and y alike, any. */
export const logSoftmax = (options: Common = {}): Layer => ({ kind: "logSoftmax", ...options });
/**
 * y = (x − mean) / √(variance + eps)·γ + β over all of a row. Shapes: x [N,…sizes], γ β […sizes].
 * Ba, Kiros, Hinton 2016, https://arxiv.org/abs/1607.06450.
 */
export const layerNorm = (options: LayerNormOptions = {}): Layer => ({
  kind: "layerNorm",
  ...options,
});
/**
 * y = (x − mean) / √(variance + eps)·γ + β over all pixels and the channels of a group of one row.
 * Shapes: x [N,channels,…sizes], γ β [channels]. Wu & He 2018, https://arxiv.org/abs/1803.08494.
 */
export const groupNorm = (options: GroupNormOptions): Layer => ({ kind: "groupNorm", ...options });
/**
 * y = (x − mean) / √(variance + eps)·γ + β over all pixels of a channel of one row.
 * Shapes: x [N,channels,…sizes], γ β [channels]. Ulyanov et al. 2016, https://arxiv.org/abs/1607.08022.
 * Differs from PyTorch: γ and β are there, as with its affine=True.
 */
export const instanceNorm = (options: InstanceNormOptions = {}): Layer => ({
  kind: "instanceNorm",
  ...options,
});
/**
 * y = x / (1 − rate), but 0 for a random share `rate` of the elements; y = x outside training. Shapes: x and y alike, any.
 * Srivastava et al. 2014, http://jmlr.org/papers/v15/srivastava14a.html.
 */
export const dropout = (options: DropoutOptions): Layer => ({ kind: "dropout", ...options });
/** Images at other sizes, as PyTorch's Upsample. Shapes: x [N,channels,height,width], y [N,channels,⌊height·scale⌋,⌊width·scale⌋]. */
export const upsample2d = (options: Upsample2dOptions): Layer => ({
  kind: "upsample2d",
  ...options,
});
/**
 * Images with more at their sides, as PyTorch's ZeroPad2d, ConstantPad2d, ReflectionPad2d and ReplicationPad2d.
 * Shapes: x [N,channels,height,width], y [N,channels,top + height + bottom,left + width + right].
 */
export const pad2d = (options: Pad2dOptions): Layer => ({ kind: "pad2d", ...options });
/**
 * y = what each branch makes of x, added: a residual block is add({ branches: [[…], []] }). Shapes: the branches end
 * alike. He et al. 2015, https://arxiv.org/abs/1512.03385.
 */
export const add = (options: BranchesOptions): Layer => ({ kind: "add", ...options });
/** y = what each branch makes of x, joined along an axis. Shapes: the branches end alike but for that axis. */
export const concat = (options: ConcatOptions): Layer => ({ kind: "concat", ...options });
/** y = x[start:end:step] along an axis, as NumPy. Shapes: x and y alike but for that axis. */
export const slice = (options: SliceOptions): Layer => ({ kind: "slice", ...options });
/** All axes but the batch become one. Shapes: x [N,…sizes], y [N,the product of the sizes]. */
export const flatten = (options: Common = {}): Layer => ({ kind: "flatten", ...options });

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
