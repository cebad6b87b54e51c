import { attributeCount, opcodeName } from "../autodiff/signature.js";
import { shortestDecimal } from "../decimal.js";

const CONV2D =
  "height width channels outHeight outWidth outChannels kernelH kernelW strideH strideW padTop padLeft " +
  "dilationH dilationW groups";

const MAPS = "inHeight inWidth outHeight outWidth inner";
const STRIDED = "d1 d2 d3 stride0 stride1 stride2 stride3";
const REGION = "d1 d2 d3 stride0:i32 stride1:i32 stride2:i32 stride3:i32 offset";
const ADAM_BETAS = "beta1:f32 oneMinusBeta1:f32 beta2:f32 oneMinusBeta2:f32";
const RMS = "alpha:f32 rest:f32 eps:f32 epsInside:f32 weightDecay:f32";

/** What the attributes of an opcode are called, as in abi/opcodes.ts; those that are no whole numbers have their type. */
export const ATTRIBUTES: Readonly<Record<string, string>> = {
  FILL: "value:f32",
  UNIFORM: "bound:f32 seedLow seedHigh",
  SCALE: "alpha:f32",
  BINARY: "d1 d2 d3 strideA0 strideA1 strideA2 strideA3 strideB0 strideB1 strideB2 strideB3 kind",
  BROADCAST_SUM: STRIDED,
  BROADCAST_MAX: STRIDED,
  BROADCAST_MIN: STRIDED,
  COLUMN_SUM: "n",
  PERMUTE: REGION,
  PLACE: REGION,
  UNARY: "kind a:f32 b:f32 c:f32",
  UNARY_BACKWARD: "kind a:f32 b:f32 c:f32",
  SOFTMAX: "n",
  GEMM_NN: "n k",
  GEMM_NT: "n k",
  GEMM_TN: "m n",
  GEMM_NN_BIAS: "n k",
  GEMM_NT_BIAS: "n k",
  CONV2D,
  CONV2D_BIAS: CONV2D,
  CONV2D_BACKWARD_INPUT: CONV2D,
  CONV2D_BACKWARD_PARAMS: CONV2D,
  BATCH_NORM_STATS: "channels",
  BATCH_NORM_INV_STD: "eps:f32",
  BATCH_NORM: "channels",
  BATCH_NORM_RUNNING: "momentum:f32 oneMinusMomentum:f32 spatial unbiased",
  BATCH_NORM_BACKWARD_PARAMS: "channels",
  BATCH_NORM_BACKWARD_INPUT: "channels",
  BATCH_NORM_FROZEN_BACKWARD_INPUT: "channels",
  BATCH_NORM_MERGE: "spatial",
  SOFTMAX_CROSS_ENTROPY: "classes hasIgnored ignored smoothing:f32",
  SOFTMAX_CROSS_ENTROPY_BACKWARD: "classes hasIgnored ignored smoothing:f32",
  CORRECT_COUNT: "classes hasIgnored ignored",
  ELEMENT_LOSS: "kind parameter:f32",
  ELEMENT_LOSS_BACKWARD: "kind parameter:f32",
  SOFT_CROSS_ENTROPY: "classes smoothing:f32",
  SOFT_CROSS_ENTROPY_BACKWARD: "classes smoothing:f32",
  MULTI_MARGIN: "classes margin:f32",
  MULTI_MARGIN_BACKWARD: "classes margin:f32",
  BINARY_CORRECT_COUNT: "threshold:f32",
  SOFTMAX_BACKWARD: "n",
  LOG_SOFTMAX: "n",
  LOG_SOFTMAX_BACKWARD: "n",
  LAYER_NORM: "n eps:f32",
  LAYER_NORM_BACKWARD_INPUT: "n",
  LAYER_NORM_BACKWARD_PARAMS: "n",
  DROPOUT: "threshold scale:f32 seedLow seedHigh number n",
  AUGMENT:
    "height width inner n shiftH shiftW flip area:f32 noise:f32 fill:f32 seedLow seedHigh number",
  CLIP_NORM_FACTOR: "maxNorm:f32",
  CLIP_VALUE: "limit:f32",
  SGD: "weightDecay:f32",
  SGD_MOMENTUM: "momentum:f32 weightDecay:f32 nesterov",
  ADAM_BEGIN: "beta1:f64 beta2:f64",
  ADAM: `${ADAM_BETAS} eps:f32 weightDecay:f32 epsInside decoupled`,
  AMSGRAD: `${ADAM_BETAS} eps:f32 weightDecay:f32 epsInside decoupled`,
  NADAM_BEGIN: "beta1:f64 beta2:f64 base:f64",
  ADAMAX: "beta1:f32 oneMinusBeta1:f32 beta2:f32 eps:f32 weightDecay:f32",
  RMS_NORMALIZE: RMS,
  RMS_NORMALIZE_CENTERED: RMS,
  ADADELTA: "rho:f32 rest:f32 eps:f32 weightDecay:f32",
  LION: `${ADAM_BETAS} weightDecay:f32`,
  RATE_DECAY: "decay:f64",
  CHOLESKY: "n shift:f32 floor:f32",
  TRIANGLE_INVERSE: "n tolerance:f32",
  RELU_PROX: "gamma:f32",
  QR_UPDATE: "n k",
  ONE_HOT: "classes",
  SEPARABLE: MAPS,
  MAX_POOL: MAPS,
  MAX_POOL_BACKWARD: MAPS,
};

/** Attributes by name; of an opcode that the table lacks, the words as they are. */
export type Attributes = Readonly<Record<string, number | string>> | readonly number[];

/** The attribute words of an instruction, as what they mean. What JSON cannot hold is a text: "NaN". */
export function decodeAttributes(opcode: number, words: readonly number[]): Attributes {
  const names = ATTRIBUTES[opcodeName(opcode)]?.split(" ");
  if (!names || attributeCount(opcode) !== words.length) return words;
  const bits = new DataView(new ArrayBuffer(4 * words.length));
  words.forEach((word, i) => {
    bits.setUint32(4 * i, word, true);
  });
  let at = 0;
  const read = (type: string): number | string => {
    const start = at;
    at += type === "f64" ? 8 : 4;
    if (type === "f64") return finite(bits.getFloat64(start, true));
    if (type === "u32") return bits.getUint32(start, true);
    if (type === "i32") return bits.getInt32(start, true);
    return finite(shortestDecimal(bits.getFloat32(start, true)));
  };
  return Object.fromEntries(
    names.map((entry) => {
      const [name = "", type = "u32"] = entry.split(":");
      return [name, read(type)];
    }),
  );
}

/** A number as JSON can hold it, or its name: "NaN". */
export function finite(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}
