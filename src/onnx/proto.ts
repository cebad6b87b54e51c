import { create } from "@bufbuild/protobuf";
import {
  type AttributeProto,
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  type TensorProto,
  TensorProto_DataType,
  TensorProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from "onnx-buf";
import type { Shape } from "../graph/graph.js";

/** Whole numbers as ONNX holds them. */
function bigints(values: readonly number[]): bigint[] {
  return values.map((value) => BigInt(value));
}

/** A float32 tensor with raw_data, little-endian as every machine that runs JavaScript. */
export function floatTensor(
  name: string,
  shape: readonly number[],
  data: Float32Array,
): TensorProto {
  const dataType = TensorProto_DataType.FLOAT;
  const rawData = new Uint8Array(data.slice().buffer);
  return create(TensorProtoSchema, { name, dataType, dims: bigints(shape), rawData });
}

/** A vector of int64, as the shape of a Reshape. */
export function intTensor(name: string, values: readonly number[]): TensorProto {
  return create(TensorProtoSchema, {
    name,
    dataType: TensorProto_DataType.INT64,
    dims: bigints([values.length]),
    rawData: new Uint8Array(BigInt64Array.from(bigints(values)).buffer),
  });
}

/** An attribute of a node: a whole number or a list of them. */
export function intAttribute(name: string, value: number | readonly number[]): AttributeProto {
  return typeof value === "number"
    ? create(AttributeProtoSchema, {
        name,
        type: AttributeProto_AttributeType.INT,
        i: BigInt(value),
      })
    : create(AttributeProtoSchema, {
        name,
        type: AttributeProto_AttributeType.INTS,
        ints: bigints(value),
      });
}

/** An attribute of a node: a float. */
export function floatAttribute(name: string, value: number): AttributeProto {
  return create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.FLOAT, f: value });
}

/** An attribute of a node: text. */
export function stringAttribute(name: string, text: string): AttributeProto {
  const s = new Uint8Array(new TextEncoder().encode(text));
  return create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.STRING, s });
}

/** The name, type float32 and shape of a value; the batch is the free axis "N". */
export function floatValueInfo(name: string, shape: Shape): ValueInfoProto {
  const dim = shape.map((size) =>
    size === "N"
      ? { value: { case: "dimParam" as const, value: size } }
      : { value: { case: "dimValue" as const, value: BigInt(size) } },
  );
  const tensor = { elemType: TensorProto_DataType.FLOAT, shape: { dim } };
  return create(ValueInfoProtoSchema, {
    name,
    type: { value: { case: "tensorType", value: tensor } },
  });
}
