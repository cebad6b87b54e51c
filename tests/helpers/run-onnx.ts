import * as ort from "onnxruntime-web/wasm";

ort.env.wasm.numThreads = 1;

/** What ONNX Runtime makes of the model and one input. */
export async function runOnnx(
  file: Uint8Array,
  { shape, data }: { shape: number[]; data: Float32Array },
) {
  const session = await ort.InferenceSession.create(file, { executionProviders: ["wasm"] });
  const feeds = { [session.inputNames[0]!]: new ort.Tensor("float32", data, shape) };
  const output = (await session.run(feeds))[session.outputNames[0]!]!;
  await session.release();
  return { shape: [...output.dims], data: output.data as Float32Array };
}
