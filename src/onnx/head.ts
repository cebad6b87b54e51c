import { clone } from "@bufbuild/protobuf";
import { type GraphProto, type ModelProto, ModelProtoSchema } from "onnx-buf";
import { Pcg32 } from "../data/pcg32.js";
import { StropError } from "../errors.js";
import { countUses } from "../graph/fold.js";
import type { Graph, Initializer, Node } from "../graph/graph.js";
import { inferShapes } from "../graph/infer.js";
import { initialWeights } from "../graph/init.js";
import { isBatched } from "../graph/shape.js";
import { sourceShape } from "../graph/view.js";
import { importProto } from "./import.js";
import type { ParsedModel } from "./parse.js";
import { floatTensor, floatValueInfo } from "./proto.js";
import { partCopies, tensorOf } from "./tensor-of.js";

/** The last dense layer of a classifier, and the values from it to the output. */
interface Head {
  readonly node: Node;
  readonly weight: Initializer;
  readonly bias: Initializer | undefined;
  readonly values: readonly string[];
}

/**
 * A fresh last dense layer of `classes` outputs (`--head N`), under the old names: weights by Xavier, bias 0.
 * Neither the graph nor the message given is changed.
 *
 * @throws StropError if the model does not end in a dense layer
 */
export function replaceHead(
  graph: Graph,
  proto: ModelProto,
  classes: number,
  seed: number,
): { readonly graph: Graph; readonly proto: ModelProto } {
  if (!Number.isSafeInteger(classes) || classes < 1 || classes > 2 ** 20) {
    throw new StropError(`${classes} is not a number of outputs`, {
      code: "option-invalid",
      where: "--head",
      exitCode: 2,
    });
  }
  const head = findHead(graph);
  const model = clone(ModelProtoSchema, proto) as ParsedModel;
  const shape = sourceShape(head.weight);
  const axis = outputAxis(head);
  const inputs = shape[1 - axis]!;
  const fresh = axis === 0 ? [classes, inputs] : [inputs, classes];
  const random = new Pcg32(seed);
  const data = initialWeights("xavier", inputs * classes, inputs, classes, random);
  setTensor(model, head.weight.name, fresh, data);
  // A bias of one element is broadcast, whatever the number of outputs.
  if (head.bias !== undefined && (head.bias.data.length > 1 || shape[axis] === 1)) {
    const dims = [...sourceShape(head.bias)];
    if (dims.length > 0) dims[dims.length - 1] = classes;
    const zeros = new Float32Array(dims.reduce((a, b) => a * b, 1));
    setTensor(model, head.bias.name, dims, zeros);
  }
  model.graph.valueInfo = model.graph.valueInfo.filter(({ name }) => !head.values.includes(name));
  const sizes = graph.inputs.map(({ name, shape: [first, ...row] }) => [
    name,
    [first === "N" ? 1 : first, ...row],
  ]);
  const batch = graph.inputs.every(({ shape }) => isBatched(shape)) ? "free" : "fixed";
  const replaced = importProto(model, { inputShape: Object.fromEntries(sizes), batch }).graph;
  updateOutputs(model.graph, replaced);
  return { graph: replaced, proto: model };
}

/** From the output back over the activation and the added bias to the product with a weight. */
function findHead(graph: Graph): Head {
  const makers = new Map(graph.nodes.map((node) => [node.outputs[0]!, node]));
  const uses = countUses(graph);
  const own = (name: string | undefined) => {
    const initializer = graph.initializers.get(name ?? "");
    return initializer?.type === "float32" && uses.get(name!) === 1 ? initializer : undefined;
  };
  const values: string[] = [];
  let bias: Initializer | undefined;
  let node = makers.get(graph.outputs[0]!);
  while (node !== undefined) {
    values.push(node.outputs[0]!);
    if (node.op === "Gemm" || node.op === "MatMul") {
      const weight = own(node.inputs[1]);
      bias ??= own(node.inputs[2]);
      if (weight === undefined) break;
      return { node, weight, bias, values };
    }
    const [first, second] = node.inputs as [string, string | undefined];
    if (node.op === "Add" && bias === undefined) {
      const added = own(second) ?? own(first);
      bias = added;
      node = added && makers.get(added.name === first ? second! : first);
    } else if (["Softmax", "LogSoftmax", "Sigmoid"].includes(node.op)) {
      node = makers.get(first);
    } else {
      break;
    }
  }
  throw noHead("the model does not end in a dense layer with a weight of its own");
}

function noHead(problem: string): StropError {
  return new StropError(problem, { code: "head-missing", where: "--head" });
}

/** Which axis of the weight in the file counts the outputs. */
function outputAxis({ node, weight }: Head): 0 | 1 {
  const shape = sourceShape(weight);
  if (shape.length !== 2 || weight.shape.length !== 2) {
    throw noHead(`the weight '${weight.name}' of the last layer is no matrix in the file`);
  }
  const inOp = node.op === "Gemm" && node.attributes.transB ? 0 : 1;
  if (weight.view === undefined) return inOp;
  const { index } = weight.view;
  // The place in the file of the next output's first weight: one step along the axis in question.
  const outputs = weight.shape[inOp]!;
  const next = index[inOp === 0 ? weight.shape[1]! : 1];
  const inFile = outputs === 1 ? shape.indexOf(1) : next === shape[1] ? 0 : 1;
  if (shape[inFile] !== outputs) {
    throw noHead(`the weight '${weight.name}' of the last layer is folded in the file`);
  }
  return inFile as 0 | 1;
}

/** Gives an initializer, or the tensor of a Constant, another shape and other values. */
function setTensor(
  model: ParsedModel,
  name: string,
  shape: readonly number[],
  data: Float32Array,
): void {
  partCopies(model, [name]);
  const tensor = tensorOf(model, name);
  if (tensor === undefined) throw noHead(`the values of '${name}' are not a tensor in the file`);
  const { dims, rawData } = floatTensor(name, shape, data);
  Object.assign(tensor, { dims, rawData, floatData: [] });
  const { input, valueInfo } = model.graph;
  for (const infos of [input, valueInfo]) {
    const i = infos.findIndex((info) => info.name === name);
    if (i >= 0) infos[i] = floatValueInfo(name, shape);
  }
}

/** The outputs' declared last sizes, as they are now. */
function updateOutputs(proto: GraphProto, graph: Graph): void {
  const values = inferShapes(graph);
  for (const { name, type } of proto.output) {
    const last = values.get(name)?.shape.at(-1);
    if (type?.value.case !== "tensorType" || typeof last !== "number") continue;
    const dim = type.value.value.shape?.dim.at(-1);
    if (dim?.value.case === "dimValue") dim.value.value = BigInt(last);
  }
}
