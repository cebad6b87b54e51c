import { fromBinary } from "@bufbuild/protobuf";
import { type GraphProto, type ModelProto, ModelProtoSchema } from "onnx-buf";
import { StropError } from "../errors.js";
import { checkWire, notOnnx } from "./wire.js";

/** The opsets of ONNX's own domain that Strop reads. */
export const OPSET_MIN = 6;
const OPSET_MAX = 21;

/** A model whose graph is there. */
export type ParsedModel = ModelProto & { graph: GraphProto };

/**
 * Bytes to message. Whatever the bytes are, the error is a StropError, and memory stays bounded.
 *
 * @param name of the file, for errors
 */
export function parseModel(bytes: Uint8Array, name: string): ParsedModel {
  // Node's Buffer is a Uint8Array whose slice() copies nothing; the decoder must not get one.
  const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  checkWire(ModelProtoSchema, plain, name);
  let proto: ModelProto;
  try {
    proto = fromBinary(ModelProtoSchema, plain);
  } catch {
    throw notOnnx(name, "it does not decode");
  }
  const { graph } = proto;
  if (graph === undefined) throw notOnnx(name, "it has no graph");
  return Object.assign(proto, { graph });
}

/** Whether a domain is ONNX's own, which has two spellings. */
export function isOnnxDomain(domain: string): boolean {
  return domain === "" || domain === "ai.onnx";
}

/** The version of ONNX's own operator set that a model asks for. */
export function opsetOf(proto: ModelProto, name: string): number {
  const versions = proto.opsetImport.filter(({ domain }) => isOnnxDomain(domain));
  const opset = Number(versions[0]?.version ?? 0);
  if (versions.length !== 1 || opset < OPSET_MIN || opset > OPSET_MAX) {
    const found = versions.length === 0 ? "no opset" : `opset ${versions.map((v) => v.version)}`;
    throw new StropError(`the model has ${found}; Strop reads ${OPSET_MIN} to ${OPSET_MAX}`, {
      code: "opset-unsupported",
      where: name,
      hint: "Export it again with --opset 17, or convert it with onnx.version_converter.",
    });
  }
  return opset;
}
