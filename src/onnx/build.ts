import { create } from "@bufbuild/protobuf";
import {
  type AttributeProto,
  type ModelProto,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  type TensorProto,
} from "onnx-buf";
import type { Graph, Node, NodeOf, OpName } from "../graph/graph.js";
import { inferShapes } from "../graph/infer.js";
import {
  BINARY_OPS,
  forAll,
  isReduce,
  REDUCE_OPS,
  type ReduceOp,
  UNARY_OPS,
} from "../graph/ops/families.js";
import {
  floatAttribute,
  floatTensor,
  floatValueInfo,
  intAttribute,
  intTensor,
  stringAttribute,
} from "./proto.js";

/** The version of the operators, if none asks for a later one, and of the file format that came with each. */
const OPSET = 17;
const IR_VERSIONS = new Map([
  [17, 8n],
  [18, 8n],
  [20, 9n],
  [21, 10n],
]);
/** Ops that came, or took the form that is written here, after it. */
const SINCE: ReadonlyMap<string, number> = new Map([
  ["Gelu", 20],
  ["GroupNormalization", 21],
  ["Mish", 18],
  ["ReduceMax", 18],
  ["ReduceMean", 18],
  ["ReduceMin", 18],
  ["Resize", 18],
]);

/** A graph of the builder as an ONNX model, so that it is exported and saved as any other. */
export function buildOnnx(graph: Graph): ModelProto {
  const values = inferShapes(graph);
  const written = graph.nodes.map((node) => writtenNode(node, values));
  const opTypes = written.flatMap(({ nodes }) => nodes.map(({ opType }) => opType));
  const opset = Math.max(OPSET, ...opTypes.map((opType) => SINCE.get(opType) ?? 0));
  const weights = [...graph.initializers.values()].map(({ name, shape, data, view }) => {
    if (view !== undefined || !(data instanceof Float32Array)) {
      throw new Error(`buildOnnx: '${name}' is not as the builder makes it`);
    }
    return floatTensor(name, shape, data);
  });
  const info = (name: string) => floatValueInfo(name, values.get(name)!.shape);
  return create(ModelProtoSchema, {
    irVersion: IR_VERSIONS.get(opset)!,
    producerName: "strop",
    opsetImport: [{ domain: "", version: BigInt(opset) }],
    graph: {
      name: graph.name,
      node: written.flatMap(({ nodes }) => nodes),
      initializer: [...weights, ...written.flatMap(({ constants }) => constants)],
      input: graph.inputs.map(({ name }) => info(name)),
      output: graph.outputs.map(info),
    },
  });
}

interface Written {
  readonly nodes: readonly NodeProto[];
  /** What ONNX has as an input and the graph as an attribute. */
  readonly constants: readonly TensorProto[];
}

function writtenNode(one: Node, values: ReturnType<typeof inferShapes>): Written {
  const { name, inputs, outputs } = one;
  if (one.op === "Swish") return { nodes: swishNodes(one), constants: [] };
  const constants = constantsOf(one);
  const input = [...inputs, ...constants.map((tensor) => tensor.name)];
  const isOfChannels = isInstanceNorm(one, values);
  const opType = isOfChannels ? "InstanceNormalization" : one.op;
  const attribute = isOfChannels
    ? [floatAttribute("epsilon", one.attributes.epsilon)]
    : attributesOf(one);
  const node = create(NodeProtoSchema, { name, opType, input, output: [...outputs], attribute });
  return { nodes: [node], constants };
}

/** A group for each channel: an op since the first opset, where groups are of the 21st. */
function isInstanceNorm(
  node: Node,
  values: ReturnType<typeof inferShapes>,
): node is NodeOf<"GroupNormalization"> {
  if (node.op !== "GroupNormalization") return false;
  return node.attributes.numGroups === values.get(node.inputs[0]!)!.shape[1];
}

/** Swish came with opset 24, and few runtimes have it: x·σ(x), as PyTorch writes it. */
function swishNodes({ name, inputs, outputs, attributes }: NodeOf<"Swish">): NodeProto[] {
  if (attributes.alpha !== 1) throw new Error(`buildOnnx: a Swish with alpha ${attributes.alpha}`);
  const [x, gate] = [inputs[0]!, `${name}.sigmoid`];
  const output = [...outputs];
  return [
    create(NodeProtoSchema, { name: gate, opType: "Sigmoid", input: [x], output: [gate] }),
    create(NodeProtoSchema, { name, opType: "Mul", input: [x, gate], output }),
  ];
}

function constantsOf(node: Node): readonly TensorProto[] {
  if (node.op === "Reshape") return [shapeTensor(node)];
  if (node.op === "Slice") return sliceTensors(node);
  if (node.op === "Expand") {
    // The batch is the input's own: 1 leaves it as it is.
    const sizes = node.attributes.shape.map((dim) => (dim === "N" ? 1 : dim));
    return [intTensor(`${node.name}.shape`, sizes)];
  }
  if (node.op === "Clip") {
    const { min, max } = node.attributes;
    const bound = (end: string, value: number) =>
      floatTensor(`${node.name}.${end}`, [], Float32Array.of(value));
    return [bound("min", min), bound("max", max)];
  }
  if (node.op === "Gather") return [intTensor(`${node.name}.indices`, node.attributes.indices)];
  if (node.op === "Pad") return padTensors(node);
  if (node.op === "Resize") return resizeTensors(node);
  if (node.op === "Dropout") {
    return [floatTensor(`${node.name}.ratio`, [], Float32Array.of(node.attributes.ratio))];
  }
  return isReduce(node) ? [intTensor(`${node.name}.axes`, node.attributes.axes)] : [];
}

function shapeTensor(node: NodeOf<"Reshape">): TensorProto {
  // 0 copies the batch from the input; with allowZero it could not, and −1 has to do.
  const { shape, allowZero } = node.attributes;
  const sizes = shape.map((dim) => (dim === "N" ? (allowZero ? -1 : 0) : dim));
  return intTensor(`${node.name}.shape`, sizes);
}

function padTensors({ name, attributes }: NodeOf<"Pad">): readonly TensorProto[] {
  const { pads, value } = attributes;
  const sides = [...pads.map(([begin]) => begin), ...pads.map(([, end]) => end)];
  return [
    intTensor(`${name}.pads`, sides),
    floatTensor(`${name}.value`, [], Float32Array.of(value)),
  ];
}

function resizeTensors({ name, attributes }: NodeOf<"Resize">): readonly TensorProto[] {
  const { roi, scales } = attributes;
  const parts = Float32Array.from([...roi.map(([start]) => start), ...roi.map(([, end]) => end)]);
  return [
    floatTensor(`${name}.roi`, [parts.length], parts),
    floatTensor(`${name}.scales`, [scales.length], Float32Array.from(scales)),
  ];
}

/** Starts, ends, axes and steps of all axes but the batch. */
function sliceTensors({ name, attributes }: NodeOf<"Slice">): TensorProto[] {
  const { starts, steps, sizes } = attributes;
  const axes = sizes.flatMap((size, axis) => (size === "N" ? [] : [axis]));
  const ends = axes.map((axis) => {
    const [step, size] = [steps[axis]!, sizes[axis] as number];
    const end = starts[axis]! + (size - 1) * step + Math.sign(step);
    // −1 would be the last element.
    return end < 0 ? -(2 ** 31) : end;
  });
  return [
    intTensor(
      `${name}.starts`,
      axes.map((axis) => starts[axis]!),
    ),
    intTensor(`${name}.ends`, ends),
    intTensor(`${name}.axes`, axes),
    intTensor(
      `${name}.steps`,
      axes.map((axis) => steps[axis]!),
    ),
  ];
}

type AttributeWriter<K extends OpName> = (
  attributes: NodeOf<K>["attributes"],
) => readonly AttributeProto[];

const none = () => [];

const alpha: AttributeWriter<"Celu" | "Elu" | "LeakyRelu" | "ThresholdedRelu"> = (attributes) => [
  floatAttribute("alpha", attributes.alpha),
];

const convolution: AttributeWriter<"Conv" | "ConvTranspose"> = (attributes) => [
  intAttribute("kernel_shape", attributes.kernelShape),
  intAttribute("strides", attributes.strides),
  intAttribute("pads", attributes.pads),
  intAttribute("dilations", attributes.dilations),
  intAttribute("group", attributes.group),
];

const pool: AttributeWriter<"AveragePool" | "MaxPool"> = (attributes) => [
  intAttribute("kernel_shape", attributes.kernelShape),
  intAttribute("strides", attributes.strides),
  intAttribute("pads", attributes.pads),
  intAttribute("ceil_mode", Number(attributes.ceilMode)),
];

const writers: { readonly [K in OpName]: AttributeWriter<K> } = {
  ...forAll(UNARY_OPS, none),
  ...forAll(BINARY_OPS, none),
  ...forAll<ReduceOp, AttributeWriter<ReduceOp>>(REDUCE_OPS, ({ keepDims }) => [
    intAttribute("keepdims", Number(keepDims)),
  ]),
  AveragePool: (attributes) => {
    // They came with opset 19.
    if (attributes.dilations.some((step) => step !== 1)) throw new Error("buildOnnx: dilations");
    const counts = intAttribute("count_include_pad", Number(attributes.countIncludePad));
    return [...pool(attributes), counts];
  },
  BatchNormalization: ({ epsilon, momentum }) => [
    floatAttribute("epsilon", epsilon),
    floatAttribute("momentum", momentum),
  ],
  Celu: alpha,
  Concat: ({ axis }) => [intAttribute("axis", axis)],
  Conv: convolution,
  ConvTranspose: (attributes) => [
    ...convolution(attributes),
    intAttribute("output_padding", attributes.outputPadding),
  ],
  Dropout: none,
  Elu: alpha,
  Expand: none,
  Flatten: ({ axis }) => [intAttribute("axis", axis)],
  Gather: ({ axis }) => [intAttribute("axis", axis)],
  Gelu: ({ approximate }) => [stringAttribute("approximate", approximate)],
  Gemm: ({ alpha, beta, transB }) => [
    floatAttribute("alpha", alpha),
    floatAttribute("beta", beta),
    intAttribute("transB", Number(transB)),
  ],
  GroupNormalization: ({ numGroups, epsilon }) => [
    intAttribute("num_groups", numGroups),
    floatAttribute("epsilon", epsilon),
  ],
  HardSigmoid: (attributes) => [...alpha(attributes), floatAttribute("beta", attributes.beta)],
  Identity: none,
  LayerNormalization: ({ axis, epsilon }) => [
    intAttribute("axis", axis),
    floatAttribute("epsilon", epsilon),
  ],
  LogSoftmax: ({ axis }) => [intAttribute("axis", axis)],
  LeakyRelu: alpha,
  MatMul: none,
  MaxPool: (attributes) => [...pool(attributes), intAttribute("dilations", attributes.dilations)],
  Pad: ({ mode }) => [stringAttribute("mode", mode)],
  Resize: (attributes) => [
    stringAttribute("mode", attributes.mode),
    stringAttribute("coordinate_transformation_mode", attributes.coordinateMode),
    stringAttribute("nearest_mode", attributes.nearestMode),
    floatAttribute("cubic_coeff_a", attributes.cubicCoeffA),
    intAttribute("exclude_outside", Number(attributes.excludeOutside)),
    floatAttribute("extrapolation_value", attributes.extrapolationValue),
    intAttribute("antialias", Number(attributes.antialias)),
  ],
  Reshape: ({ allowZero }) => [intAttribute("allowzero", Number(allowZero))],
  Selu: (attributes) => [...alpha(attributes), floatAttribute("gamma", attributes.gamma)],
  Slice: none,
  Softmax: ({ axis }) => [intAttribute("axis", axis)],
  ThresholdedRelu: alpha,
  Transpose: ({ perm }) => [intAttribute("perm", perm)],
};

function attributesOf(node: Node): AttributeProto[] {
  const writer = writers[node.op] as AttributeWriter<OpName>;
  return [...writer(node.attributes)];
}
