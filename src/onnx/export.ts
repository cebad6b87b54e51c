import { clone, toBinary } from "@bufbuild/protobuf";
import { type ModelProto, ModelProtoSchema, type NodeProto, type TensorProto } from "onnx-buf";
import { toInference } from "./inference-form.js";
import { isOnnxDomain, type ParsedModel } from "./parse.js";
import { floatTensor, floatValueInfo } from "./proto.js";

/**
 * The user's own model with new values, in inference form. Names, order, metadata, doc strings and fields that
 * this version of ONNX does not know stay as they were; the given message is not changed.
 *
 * @param weights by the initializer's name, in the layout of the file (see `unview`); what is not named stays
 */
export function exportOnnx(
  proto: ModelProto,
  weights: ReadonlyMap<string, Float32Array>,
): Uint8Array {
  const model = clone(ModelProtoSchema, proto) as ParsedModel;
  for (const [name, data] of weights) write(model, name, data);
  toInference(model);
  return toBinary(ModelProtoSchema, model);
}

/** Puts values where the name's were: an initializer, a Constant, or an Identity that becomes an initializer. */
function write(model: ParsedModel, name: string, data: Float32Array): void {
  const { graph } = model;
  const tensor = graph.initializer.find((candidate) => candidate.name === name);
  const node = graph.node.find(({ output }) => output[0] === name);
  if (tensor !== undefined) setData(tensor, name, data);
  else if (node?.opType === "Constant" && isOnnxDomain(node.domain)) setConstant(node, data);
  else if (node?.opType === "Identity") part(model, node, data);
  else throw new Error(`exportOnnx: no initializer '${name}' in the model`);
}

/** PyTorch had merged two equal parameters by an Identity; they have parted, and this one needs its own data. */
function part({ graph, irVersion }: ParsedModel, node: NodeProto, data: Float32Array): void {
  const [name] = node.output as [string];
  const shape = graph.initializer.find((source) => source.name === node.input[0])?.dims.map(Number);
  if (shape === undefined) throw new Error(`exportOnnx: '${name}' copies no initializer`);
  graph.initializer.push(floatTensor(name, shape, data));
  if (irVersion < 4n) graph.input.push(floatValueInfo(name, shape));
  graph.node.splice(graph.node.indexOf(node), 1);
}

function setConstant(node: NodeProto, data: Float32Array): void {
  for (const attribute of node.attribute) {
    if (attribute.name === "value") setData(attribute.t!, node.output[0]!, data);
    if (attribute.name === "value_float") attribute.f = data[0]!;
    if (attribute.name === "value_floats") attribute.floats = Array.from(data);
  }
}

/** Writes raw_data or float_data, whichever the tensor had. */
function setData(tensor: TensorProto, name: string, data: Float32Array): void {
  const elements = tensor.dims.reduce((count, dim) => count * Number(dim), 1);
  if (elements !== data.length) {
    throw new Error(`exportOnnx: '${name}' has ${elements} elements, not ${data.length}`);
  }
  if (tensor.floatData.length > 0) tensor.floatData = Array.from(data);
  else tensor.rawData = new Uint8Array(data.slice().buffer);
}
