import type { GraphProto, NodeProto, TensorProto } from "onnx-buf";
import { isOnnxDomain, type ParsedModel } from "./parse.js";
import { floatTensor, floatValueInfo } from "./proto.js";

/**
 * The tensor in the file that holds a float constant's values: an initializer, or a Constant node's. Where the
 * name is an Identity of an initializer (PyTorch merges parameters that are equal at export), the Identity is
 * replaced by an initializer of the name's own, for the two have parted.
 */
export function tensorOf(model: ParsedModel, name: string): TensorProto | undefined {
  const { graph } = model;
  const initializer = initializerOf(graph, name);
  if (initializer !== undefined) return initializer;
  const node = makerOf(graph, name);
  if (node === undefined || !isOnnxDomain(node.domain)) return undefined;
  if (node.opType === "Constant") {
    return node.attribute.find((attribute) => attribute.name === "value")?.t;
  }
  return node.opType === "Identity" ? part(model, node) : undefined;
}

/** The node whose first output has this name. */
export function makerOf(graph: GraphProto, name: string): NodeProto | undefined {
  return graph.node.find(({ output }) => output[0] === name);
}

function initializerOf(graph: GraphProto, name: string | undefined): TensorProto | undefined {
  return graph.initializer.find((tensor) => tensor.name === name);
}

function part(model: ParsedModel, node: NodeProto): TensorProto | undefined {
  const { graph, irVersion } = model;
  const source = initializerOf(graph, node.input[0]);
  if (source === undefined) return undefined;
  const [name] = node.output as [string];
  const shape = source.dims.map(Number);
  const tensor = floatTensor(name, shape, new Float32Array(shape.reduce((a, b) => a * b, 1)));
  graph.initializer.push(tensor);
  // Before IR 4, every initializer is an input too.
  if (irVersion < 4n) graph.input.push(floatValueInfo(name, shape));
  graph.node.splice(graph.node.indexOf(node), 1);
  return tensor;
}
