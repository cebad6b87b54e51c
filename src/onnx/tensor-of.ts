import { clone } from "@bufbuild/protobuf";
import { type GraphProto, type NodeProto, type TensorProto, TensorProtoSchema } from "onnx-buf";
import { isOnnxDomain, type ParsedModel } from "./parse.js";
import { floatValueInfo } from "./proto.js";

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

/**
 * Parts every Identity from the initializers that are about to change, so that it keeps the old values; as in
 * the importer, only vectors with a second reader were merged, and matrices are tied.
 */
export function partCopies(model: ParsedModel, changing: readonly string[]): void {
  const { graph } = model;
  const names = new Set(changing);
  const copies = graph.node.filter(
    ({ opType, domain, input }) =>
      opType === "Identity" && isOnnxDomain(domain) && names.has(input[0]!),
  );
  for (const node of copies) {
    const source = initializerOf(graph, node.input[0]);
    if (source && source.dims.length <= 1 && countReaders(graph, source.name) > 1) {
      part(model, node);
    }
  }
}

function countReaders(graph: GraphProto, name: string): number {
  const read = [...graph.node.flatMap(({ input }) => input), ...graph.output.map((o) => o.name)];
  return read.filter((one) => one === name).length;
}

function part(model: ParsedModel, node: NodeProto): TensorProto | undefined {
  const { graph, irVersion } = model;
  const source = initializerOf(graph, node.input[0]);
  if (source === undefined) return undefined;
  const [name] = node.output as [string];
  const tensor = clone(TensorProtoSchema, source);
  tensor.name = name;
  graph.initializer.push(tensor);
  // Before IR 4, every initializer is an input too.
  if (irVersion < 4n) graph.input.push(floatValueInfo(name, source.dims.map(Number)));
  graph.node.splice(graph.node.indexOf(node), 1);
  return tensor;
}
