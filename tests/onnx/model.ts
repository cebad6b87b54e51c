import { create, toBinary } from "@bufbuild/protobuf";
import {
  type AttributeProto,
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  type ModelProto,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  type TensorProto,
  TensorProto_DataType,
  TensorProtoSchema,
  type ValueInfoProto,
} from "onnx-buf";
import type { Shape } from "../../src/graph/graph.js";
import {
  floatAttribute,
  floatTensor,
  floatValueInfo,
  intAttribute,
  intTensor,
  stringAttribute,
} from "../../src/onnx/proto.js";

// Hand-built ONNX: each helper makes one part, `model` puts parts together.

export { floatAttribute, floatTensor, intAttribute, intTensor, stringAttribute };
export const info = floatValueInfo;

/** Numbers 1, 2, 3, …, so that every element can be told from the others. */
export function counting(count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => i + 1);
}

/** A float initializer with counting values. */
export function weight(name: string, ...shape: number[]): TensorProto {
  return floatTensor(name, shape, counting(shape.reduce((a, b) => a * b, 1)));
}

export function tensorAttribute(name: string, t: TensorProto): AttributeProto {
  return create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.TENSOR, t });
}

/** `node("Gemm", ["x", "w"], ["y"])`, named after its op in lower case unless told otherwise. */
export function node(
  opType: string,
  input: string[],
  output: string[],
  attribute: AttributeProto[] = [],
  name = opType.toLowerCase(),
): NodeProto {
  return create(NodeProtoSchema, { opType, input, output, attribute, name });
}

export interface Parts {
  readonly nodes: NodeProto[];
  readonly initializers?: TensorProto[];
  readonly inputs?: ValueInfoProto[];
  readonly outputs?: ValueInfoProto[];
  readonly opset?: number;
  /** Anything else, done to the finished message. */
  readonly change?: (proto: ModelProto) => void;
}

/** A model; by default its input is x [N, 4] and its output y [N, 3]. */
export function model(parts: Parts): ModelProto {
  const { nodes, initializers = [], opset = 17 } = parts;
  const { inputs = [info("x", ["N", 4])], outputs = [info("y", ["N", 3])] } = parts;
  const proto = create(ModelProtoSchema, {
    irVersion: 8n,
    opsetImport: [{ domain: "", version: BigInt(opset) }],
    graph: { name: "test", node: nodes, initializer: initializers, input: inputs, output: outputs },
  });
  parts.change?.(proto);
  return proto;
}

export function bytes(parts: Parts): Uint8Array {
  return toBinary(ModelProtoSchema, model(parts));
}

/** x [N,4] → Gemm → y [N,3]: the smallest model with everything in it. */
export function gemmParts(): Parts {
  return {
    nodes: [node("Gemm", ["x", "w", "b"], ["y"], [intAttribute("transB", 1)])],
    initializers: [weight("w", 3, 4), weight("b", 3)],
  };
}

/** One op on x of this shape. */
export function unaryParts(op: string, shape: Shape, attribute: AttributeProto[] = []): Parts {
  return {
    nodes: [node(op, ["x"], ["y"], attribute)],
    inputs: [info("x", shape)],
    outputs: [info("y", shape)],
  };
}

/** One number in double precision. */
export function doubleTensor(name: string, value: number): TensorProto {
  const rawData = new Uint8Array(Float64Array.of(value).buffer);
  return create(TensorProtoSchema, { name, dataType: TensorProto_DataType.DOUBLE, rawData });
}

/** A tensor of any type without data. */
export function emptyTensor(name: string, dataType: TensorProto_DataType): TensorProto {
  return create(TensorProtoSchema, { name, dataType, dims: [1n] });
}
