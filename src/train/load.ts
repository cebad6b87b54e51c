import { StropError } from "../errors.js";
import type { ImportOptions } from "../onnx/import.js";
import { Model } from "./model.js";

/** Reads an ONNX model from its bytes or from a URL. Throws a StropError if it cannot be read or used. */
export async function loadOnnx(
  source: Uint8Array | URL,
  options: ImportOptions = {},
): Promise<Model> {
  if (source instanceof Uint8Array) return Model.fromOnnx(source, options);
  const response = await fetch(source);
  if (!response.ok) {
    throw new StropError(`the server answered ${response.status}`, {
      code: "model-unreachable",
      where: source.href,
    });
  }
  const bytes = new Uint8Array(await response.arrayBuffer());
  return Model.fromOnnx(bytes, { name: source.href, ...options });
}
