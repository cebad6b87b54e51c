import { clone, toBinary } from "@bufbuild/protobuf";
import { type ModelProto, ModelProtoSchema, type TensorProto } from "onnx-buf";
import { toInference } from "./inference-form.js";
import type { ParsedModel } from "./parse.js";
import { makerOf, partCopies, tensorOf } from "./tensor-of.js";

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
  partCopies(model, [...weights.keys()]);
  for (const [name, data] of weights) write(model, name, data);
  toInference(model);
  return toBinary(ModelProtoSchema, model);
}

/** Puts values where the name's were. */
function write(model: ParsedModel, name: string, data: Float32Array): void {
  const tensor = tensorOf(model, name);
  if (tensor !== undefined) {
    setData(tensor, name, data);
    return;
  }
  const node = makerOf(model.graph, name);
  if (node?.opType !== "Constant") {
    throw new Error(`exportOnnx: no initializer '${name}' in the model`);
  }
  for (const attribute of node.attribute) {
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
