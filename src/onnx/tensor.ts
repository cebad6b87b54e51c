import { type TensorProto, TensorProto_DataLocation, TensorProto_DataType as Type } from "onnx-buf";
import { StropError } from "../errors.js";
import type { DataType, Dim, Initializer } from "../graph/graph.js";
import { product } from "../graph/shape.js";

/** A constant of the file: floats for arithmetic; whole numbers (or "N") for shape arithmetic. */
export type ConstantValue = FloatConstant | IntConstant;

export interface FloatConstant {
  readonly type: "float32";
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export interface IntConstant {
  readonly type: Exclude<DataType, "float32">;
  readonly shape: readonly number[];
  /** int64 saturates at the ends of int32; "N" is the batch, out of a Shape node. */
  readonly values: readonly Dim[];
}

/** How the types that are read lie in raw_data, and in which field else. */
const layouts = {
  [Type.FLOAT]: { type: "float32", bytes: 4, field: "floatData" },
  [Type.UINT8]: { type: "uint8", bytes: 1, field: "int32Data" },
  [Type.INT8]: { type: "int32", bytes: 1, field: "int32Data" },
  [Type.INT32]: { type: "int32", bytes: 4, field: "int32Data" },
  [Type.INT64]: { type: "int32", bytes: 8, field: "int64Data" },
  [Type.BOOL]: { type: "bool", bytes: 1, field: "int32Data" },
} as const;

/** "float16", "double": a type's name in lower case, for errors. */
export function typeName(type: number): string {
  if (type === Type.UNDEFINED) return "without a type";
  return Type[type]?.toLowerCase() ?? `of type ${type}`;
}

/** The type of a value, or undefined if Strop has none for it. */
export function dataType(type: number): DataType | undefined {
  return layouts[type as keyof typeof layouts]?.type;
}

/** A tensor's values, after checking that they are there. @param where "initializer 'conv1.weight'" */
export function readTensor(tensor: TensorProto, where: string): ConstantValue {
  const fail = (code: string, problem: string, hint?: string) =>
    new StropError(problem, { code, where, ...(hint === undefined ? {} : { hint }) });
  if (tensor.dataLocation === TensorProto_DataLocation.EXTERNAL) {
    throw fail(
      "external-data",
      "its data is in another file, which is not supported yet",
      "Save the model with onnx.save(model, path, save_as_external_data=False).",
    );
  }
  const layout = layouts[tensor.dataType as keyof typeof layouts];
  if (layout === undefined || tensor.segment !== undefined) {
    const problem = layout ? "it is stored in segments" : `it is ${typeName(tensor.dataType)}`;
    const hint = layout ? undefined : "Strop reads models with float32 weights.";
    throw fail("type-unsupported", `${problem}, which is not supported`, hint);
  }
  const shape = tensor.dims.map(Number);
  const elements = product(shape, where);
  const { type, bytes, field } = layout;
  const raw = tensor.rawData;
  const isRaw = raw.length > 0 || tensor[field].length === 0;
  const found = isRaw ? raw.length : tensor[field].length;
  const expected = isRaw ? elements * bytes : elements;
  if (found !== expected) {
    const unit = isRaw ? "bytes" : "values";
    throw fail(
      "tensor-size",
      `it has ${found} ${unit} of data where its shape [${shape}] needs ${expected}`,
    );
  }
  if (type === "float32") {
    const data = isRaw
      ? new Float32Array(new Uint8Array(raw).buffer)
      : Float32Array.from(tensor.floatData);
    return { type, shape, data };
  }
  const values = isRaw ? readRaw(raw, tensor.dataType) : Array.from(tensor[field], Number);
  return { type, shape, values: values.map(saturated) };
}

function readRaw(raw: Uint8Array, type: number): number[] {
  const { buffer } = new Uint8Array(raw);
  switch (type) {
    case Type.INT64:
      return Array.from(new BigInt64Array(buffer), Number);
    case Type.INT32:
      return Array.from(new Int32Array(buffer));
    case Type.INT8:
      return Array.from(new Int8Array(buffer));
    default:
      return Array.from(raw);
  }
}

/** The nearest int32. */
export function saturated(value: number): number {
  return Math.min(Math.max(value, -(2 ** 31)), 2 ** 31 - 1);
}

/** A constant as the graph holds it. Only one without "N" can become an initializer. */
export function toInitializer(name: string, constant: ConstantValue): Initializer {
  const { type, shape } = constant;
  if (constant.type === "float32") return { name, type, shape, data: constant.data };
  const values = constant.values.map(Number);
  const data = type === "int32" ? Int32Array.from(values) : Uint8Array.from(values);
  return { name, type, shape, data };
}
