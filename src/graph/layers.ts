/** Where the activation is given as an option of a layer. "linear" is none. */
export type Activation = "linear" | "relu" | "tanh" | "sigmoid" | "softmax";

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

export interface Conv2dOptions extends Common {
  readonly filters: number;
  readonly kernelSize: number | readonly [number, number];
  /** Default 1. */
  readonly strides?: number | readonly [number, number];
  /** "valid" (default) is none; "same" keeps ⌈size / stride⌉; a number pads all four sides. */
  readonly padding?: "valid" | "same" | number;
  /** As for `dense`. */
  readonly bias?: boolean;
  readonly activation?: Activation;
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

export interface DropoutOptions extends Common {
  /** The share of elements that training sets to 0, from 0 and below 1. */
  readonly rate: number;
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
  | ({ readonly kind: "conv2d" } & Conv2dOptions)
  | ({ readonly kind: "batchNorm" } & BatchNormOptions)
  | ({ readonly kind: "layerNorm" } & LayerNormOptions)
  | ({ readonly kind: "dropout" } & DropoutOptions)
  | ({
      readonly kind: "relu" | "tanh" | "sigmoid" | "softmax" | "logSoftmax" | "flatten";
    } & Common);

/** The shape of one row of the model's input. */
export const input = (options: InputOptions): Layer => ({ kind: "input", ...options });
/** y = x·wᵀ + b. Shapes: x [N,inputs], w [units,inputs], b [units]. */
export const dense = (options: DenseOptions): Layer => ({ kind: "dense", ...options });
/** y = x ∗ w + b. Shapes: x [N,channels,height,width], w [filters,channels,kernelH,kernelW], b [filters]. */
export const conv2d = (options: Conv2dOptions): Layer => ({ kind: "conv2d", ...options });
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
 * y = x / (1 − rate), but 0 for a random share `rate` of the elements; y = x outside training. Shapes: x and y alike, any.
 * Srivastava et al. 2014, http://jmlr.org/papers/v15/srivastava14a.html.
 */
export const dropout = (options: DropoutOptions): Layer => ({ kind: "dropout", ...options });
/** All axes but the batch become one. Shapes: x [N,…sizes], y [N,the product of the sizes]. */
export const flatten = (options: Common = {}): Layer => ({ kind: "flatten", ...options });
