/** A tensor's element type, as far as a graph needs it: ONNX's int64 is held as int32 (saturated). */
export type DataType = "float32" | "int32" | "uint8" | "bool";

/** One axis: a size, or "N", the batch, which only the first axis may be. */
export type Dim = number | "N";
export type Shape = readonly Dim[];

export interface ValueInfo {
  readonly name: string;
  readonly type: DataType;
  readonly shape: Shape;
}

/**
 * A constant of the model: a weight, a statistic, or a plain constant.
 *
 * `data` and `shape` are as the consuming op wants them. Where that differs from the user's file (a weight
 * behind Transpose, a convolution weight laid out for NHWC), `view` tells how to go back:
 * data[i] is element view.index[i] of the file's initializer.
 */
export interface Initializer {
  readonly name: string;
  readonly type: DataType;
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array | Uint8Array;
  readonly view?: { readonly shape: readonly number[]; readonly index: Uint32Array };
  /**
   * Of a weight that training needs for one of its stages only: it is not in the model's file, and is drawn uniform
   * in ±bound when the stage begins. Its data are zeros.
   */
  readonly fresh?: { readonly bound: number; readonly seed: bigint };
}

/** Order of an image's axes in memory. Graphs from ONNX are NCHW; the layout pass makes them NHWC. */
export type Layout = "NCHW" | "NHWC";

/** y = f(x) element by element; what ONNX may have as inputs (Clip's bounds) are attributes here. */
interface UnaryAttributes {
  Abs: object;
  Celu: { alpha: number };
  /** Infinite where a bound is left out. */
  Clip: { min: number; max: number };
  Elu: { alpha: number };
  Erf: object;
  Exp: object;
  Gelu: { approximate: "none" | "tanh" };
  HardSigmoid: { alpha: number; beta: number };
  HardSwish: object;
  LeakyRelu: { alpha: number };
  Log: object;
  Mish: object;
  Neg: object;
  Reciprocal: object;
  Relu: object;
  Selu: { alpha: number; gamma: number };
  Sigmoid: object;
  Softplus: object;
  Softsign: object;
  Sqrt: object;
  Swish: { alpha: number };
  Tanh: object;
  ThresholdedRelu: { alpha: number };
}

/** y = f(a, b), broadcast as NumPy does. */
interface BinaryAttributes {
  Add: object;
  Div: object;
  Max: object;
  Min: object;
  Mul: object;
  PRelu: object;
  Pow: object;
  Sub: object;
}

/** axes count from the front and ascend. keepDims: they stay as axes of size 1. */
export interface ReduceAttributes {
  axes: readonly number[];
  keepDims: boolean;
}

/** Part of a tensor: of each axis where it begins, the step (below 0: backwards) and how many; of the batch, all. */
export interface Region {
  readonly starts: readonly number[];
  readonly steps: readonly number[];
  readonly sizes: Shape;
}

/** A window over images. pads: top, left, bottom, right. auto_pad is resolved by the importer. */
interface WindowAttributes {
  kernelShape: readonly [number, number];
  strides: readonly [number, number];
  pads: readonly [number, number, number, number];
  dilations: readonly [number, number];
  layout: Layout;
}

interface ConvAttributes extends WindowAttributes {
  group: number;
}

/** ceilMode: a last window that begins in the image, or in front of it, counts even if it ends behind the pads. */
export interface PoolAttributes extends WindowAttributes {
  ceilMode: boolean;
}

/** How a place along a resized axis is told in that of the input; the names are ONNX's. */
export type CoordinateMode =
  | "align_corners"
  | "asymmetric"
  | "half_pixel"
  | "half_pixel_symmetric"
  | "pytorch_half_pixel"
  | "tf_crop_and_resize"
  | "tf_half_pixel_for_nn";

/** How a place is rounded to an input's. */
export type NearestMode = "ceil" | "floor" | "round_prefer_ceil" | "round_prefer_floor";

/** A number for each axis where it says so; of the batch nothing but size N and scale 1. */
interface ResizeAttributes {
  /** Of each axis of the output. */
  sizes: Shape;
  /** Of each axis, as the file tells it or outSize / inSize. */
  scales: readonly number[];
  /** Of each axis what part tf_crop_and_resize takes, 0 to 1 being all of it. */
  roi: readonly (readonly [start: number, end: number])[];
  mode: "nearest" | "linear" | "cubic";
  coordinateMode: CoordinateMode;
  nearestMode: NearestMode;
  cubicCoeffA: number;
  excludeOutside: boolean;
  /** What tf_crop_and_resize finds outside of the input. */
  extrapolationValue: number;
  antialias: boolean;
}

/** Each op's attributes with defaults resolved; the names are ONNX's in camelCase. */
export interface OpAttributes extends UnaryAttributes, BinaryAttributes {
  /** countIncludePad: the mean is over the padding's zeros too, but not over what lies behind the pads. */
  AveragePool: PoolAttributes & { countIncludePad: boolean };
  BatchNormalization: { epsilon: number; momentum: number; layout: Layout };
  /** The axis counts from the front. */
  Concat: { axis: number };
  Conv: ConvAttributes;
  /** outputPadding: rows and columns that the image has more, at its bottom and right. */
  ConvTranspose: ConvAttributes & { outputPadding: readonly [number, number] };
  /** The share of elements that training drops. */
  Dropout: { ratio: number };
  /** The shape of the output, to which the input broadcasts. */
  Expand: { shape: Shape };
  Flatten: { axis: number };
  /** Elements along one axis by number, all from 0 on; constant indices of another rank are reshaped by the importer. */
  Gather: { axis: number; indices: readonly number[] };
  /** Without transA: the importer makes a Transpose of it. */
  Gemm: { alpha: number; beta: number; transB: boolean };
  /** Over the channels of a group and all pixels; scale and bias, both or neither, are of channels or of groups. */
  GroupNormalization: { numGroups: number; epsilon: number; layout: Layout };
  Identity: object;
  /** Over all axes from `axis` on; the scale and the bias have their shape. */
  LayerNormalization: { axis: number; epsilon: number };
  LogSoftmax: { axis: number };
  MatMul: object;
  MaxPool: PoolAttributes;
  /** pads: how much each axis grows at its begin and its end; below 0 it is cropped, and that comes first. */
  Pad: {
    mode: "constant" | "reflect" | "edge" | "wrap";
    pads: readonly (readonly [begin: number, end: number])[];
    value: number;
  };
  ReduceMax: ReduceAttributes;
  ReduceMean: ReduceAttributes;
  ReduceMin: ReduceAttributes;
  ReduceSum: ReduceAttributes;
  Resize: ResizeAttributes;
  /** The target shape as ONNX has it: 0 copies the input's axis, one -1 is inferred, and "N" is the batch. */
  Reshape: { shape: readonly Dim[]; allowZero: boolean };
  Slice: Region;
  Softmax: { axis: number };
  Transpose: { perm: readonly number[] };
}
export type OpName = keyof OpAttributes;

/** One operation. inputs and outputs are value names; "" is an input that is left out. */
export interface NodeOf<K extends OpName> {
  readonly op: K;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: OpAttributes[K];
}
export type Node = { [K in OpName]: NodeOf<K> }[OpName];

/** A network: nodes in topological order over named values. Never changed in place; passes return a new one. */
export interface Graph {
  readonly name: string;
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly string[];
  readonly nodes: readonly Node[];
  readonly initializers: ReadonlyMap<string, Initializer>;
}
