import { StropError } from "../errors.js";
import type { ImportOptions } from "../onnx/import.js";
import { Model } from "./model.js";

/** An ONNX file's bytes, where they are to be had, or a model that is one already. */
export type OnnxSource = Uint8Array | ArrayBuffer | URL | Model;

/** Reads an ONNX model from its bytes or from a URL. Throws a StropError if it cannot be read or used. */
export async function loadOnnx(source: OnnxSource, options: ImportOptions = {}): Promise<Model> {
  if (source instanceof Model) return source;
  if (source instanceof ArrayBuffer) return Model.fromOnnx(new Uint8Array(source), options);
  if (source instanceof Uint8Array) return Model.fromOnnx(source, options);
  if (!(source instanceof URL)) {
    throw new StropError("it is neither bytes nor a path nor a URL", {
      code: "data",
      where: "model",
    });
  }
  const unreachable = (problem: string) =>
    new StropError(problem, { code: "model-unreachable", where: source.href });
  const response = await fetch(source).catch(() => {
    throw unreachable("it cannot be reached");
  });
  if (!response.ok) throw unreachable(`the server answered ${response.status}`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  return Model.fromOnnx(bytes, { name: source.href, ...options });
}
