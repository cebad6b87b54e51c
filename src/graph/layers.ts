import type {
  AveragePool1dOptions,
  AveragePool2dOptions,
  BatchNormOptions,
  BranchesOptions,
  ClipOptions,
  Common,
  ConcatOptions,
  Conv1dOptions,
  Conv2dOptions,
  ConvTranspose2dOptions,
  DenseOptions,
  DropoutOptions,
  EluOptions,
  GeluOptions,
  GroupNormOptions,
  HardSigmoidOptions,
  InputOptions,
  InstanceNormOptions,
  Layer,
  LayerNormOptions,
  LeakyReluOptions,
  MaxPool1dOptions,
  MaxPool2dOptions,
  Pad2dOptions,
  PreluOptions,
  SliceOptions,
  Upsample2dOptions,
} from "./layer.js";

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
