import { create } from "@bufbuild/protobuf";
import {
  type AttributeProto,
  type ModelProto,
  ModelProtoSchema,
  NodeProtoSchema,
  type TensorProto,
} from "onnx-buf";
import type { Graph, Node, NodeOf, OpName } from "../graph/graph.js";
import { inferShapes } from "../graph/infer.js";
import { floatAttribute, floatTensor, floatValueInfo, intAttribute, intTensor } from "./proto.js";

const OPSET = 17n;
/** The version of the file format that came with opset 17. */
const IR_VERSION = 8n;

/** A graph of the builder as an ONNX model, so that it is exported and saved as any other. */
export function buildOnnx(graph: Graph): ModelProto {
  const values = inferShapes(graph);
  const constants: TensorProto[] = [];
  const node = graph.nodes.map((one) => {
    const input = [...one.inputs];
    const constant = constantOf(one);
    if (constant) {
      constants.push(constant);
      input.push(constant.name);
    }
    const { name, op: opType } = one;
    const attribute = attributesOf(one);
    return create(NodeProtoSchema, { name, opType, input, output: [...one.outputs], attribute });
  });
  const weights = [...graph.initializers.values()].map(({ name, shape, data, view }) => {
    if (view !== undefined || !(data instanceof Float32Array)) {
      throw new Error(`buildOnnx: '${name}' is not as the builder makes it`);
    }
    return floatTensor(name, shape, data);
  });
  const info = (name: string) => floatValueInfo(name, values.get(name)!.shape);
  return create(ModelProtoSchema, {
    irVersion: IR_VERSION,
    producerName: "strop",
    opsetImport: [{ domain: "", version: OPSET }],
    graph: {
      name: graph.name,
      node,
      initializer: [...weights, ...constants],
      input: graph.inputs.map(({ name }) => info(name)),
      output: graph.outputs.map(info),
    },
  });
}

/** What ONNX has as an input where the graph has an attribute. */
function constantOf(node: Node): TensorProto | undefined {
  if (node.op === "Reshape") return shapeTensor(node);
  if (node.op !== "Dropout") return undefined;
  return floatTensor(`${node.name}.ratio`, [], Float32Array.of(node.attributes.ratio));
}

function shapeTensor(node: NodeOf<"Reshape">): TensorProto {
  // 0 copies the batch from the input; with allowZero it could not, and −1 has to do.
  const { shape, allowZero } = node.attributes;
  const sizes = shape.map((dim) => (dim === "N" ? (allowZero ? -1 : 0) : dim));
  return intTensor(`${node.name}.shape`, sizes);
}

type AttributeWriter<K extends OpName> = (
  attributes: NodeOf<K>["attributes"],
) => readonly AttributeProto[];

const none = () => [];

const writers: { readonly [K in OpName]: AttributeWriter<K> } = {
  Add: none,
  BatchNormalization: ({ epsilon, momentum }) => [
    floatAttribute("epsilon", epsilon),
    floatAttribute("momentum", momentum),
  ],
  Conv: ({ kernelShape, strides, pads, dilations, group }) => [
    intAttribute("kernel_shape", kernelShape),
    intAttribute("strides", strides),
    intAttribute("pads", pads),
    intAttribute("dilations", dilations),
    intAttribute("group", group),
  ],
  Dropout: none,
  Flatten: ({ axis }) => [intAttribute("axis", axis)],
  Gemm: ({ alpha, beta, transA, transB }) => [
    floatAttribute("alpha", alpha),
    floatAttribute("beta", beta),
    intAttribute("transA", Number(transA)),
    intAttribute("transB", Number(transB)),
  ],
  Identity: none,
  LayerNormalization: ({ axis, epsilon }) => [
    intAttribute("axis", axis),
    floatAttribute("epsilon", epsilon),
  ],
  LogSoftmax: ({ axis }) => [intAttribute("axis", axis)],
  MatMul: none,
  Relu: none,
  Reshape: ({ allowZero }) => [intAttribute("allowzero", Number(allowZero))],
  Sigmoid: none,
  Softmax: ({ axis }) => [intAttribute("axis", axis)],
  Tanh: none,
  Transpose: ({ perm }) => [intAttribute("perm", perm)],
};

function attributesOf(node: Node): AttributeProto[] {
  const writer = writers[node.op] as AttributeWriter<OpName>;
  return [...writer(node.attributes)];
}
