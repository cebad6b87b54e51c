import { attributeCount, opcodeName } from "../autodiff/signature.js";

const CONV2D =
  "height width channels outHeight outWidth outChannels kernelH kernelW strideH strideW padTop padLeft " +
  "dilationH dilationW groups";

/** What the attributes of an opcode are called, as in abi/opcodes.ts; those that are no whole numbers have their type. */
export const ATTRIBUTES: Readonly<Record<string, string>> = {
  FILL: "value:f32",
  SCALE: "alpha:f32",
  BROADCAST_ADD: "d1 d2 d3 strideA0 strideA1 strideA2 strideA3 strideB0 strideB1 strideB2 strideB3",
  BROADCAST_SUM: "d1 d2 d3 stride0 stride1 stride2 stride3",
  COLUMN_SUM: "n",
  PERMUTE: "d1 d2 d3 stride0 stride1 stride2 stride3",
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
  SOFTMAX_CROSS_ENTROPY: "classes",
  SOFTMAX_CROSS_ENTROPY_BACKWARD: "classes",
  CORRECT_COUNT: "classes",
  CLIP_NORM_FACTOR: "maxNorm:f32",
  CLIP_VALUE: "limit:f32",
  SGD: "weightDecay:f32",
  SGD_MOMENTUM: "momentum:f32 weightDecay:f32 nesterov",
  ADAM_BEGIN: "beta1:f64 beta2:f64",
  ADAM: "beta1:f32 oneMinusBeta1:f32 beta2:f32 oneMinusBeta2:f32 eps:f32 weightDecay:f32 epsInside",
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
    return type === "f32" ? shortest(bits.getFloat32(start, true)) : bits.getUint32(start, true);
  };
  return Object.fromEntries(
    names.map((entry) => {
      const [name = "", type = "u32"] = entry.split(":");
      return [name, read(type)];
    }),
  );
}

/** The shortest decimal that is this float32. */
export function shortest(value: number): number | string {
  // Nine digits tell any two apart.
  for (let digits = 1; digits <= 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return finite(short);
  }
  return finite(value);
}

function finite(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}
