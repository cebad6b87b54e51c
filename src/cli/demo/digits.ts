import { loadOnnx, type Model, type NumberArray, readArray } from "../../node.js";

/** A side of a digit, in pixels. */
export const SIDE = 28;

/** Drifted rows from here on are for testing: the clean digits are the same ones, as the factory saw them. */
export interface Digits {
  readonly model: Model;
  readonly training: LabelledRows;
  readonly drifted: LabelledRows;
  readonly clean: LabelledRows;
}

export interface LabelledRows {
  readonly x: NumberArray;
  readonly y: NumberArray;
}

const EXAMPLES = new URL("../../../../examples/", import.meta.url);

/** The model and the digits that come with the package. */
export async function loadDigits(): Promise<Digits> {
  const model = await loadOnnx(new URL("models/digits.onnx", EXAMPLES));
  const clean = await rows("digits");
  const all = await rows("drifted");
  const held = clean.y.shape[0] as number;
  const count = all.y.shape[0] as number;
  return {
    model,
    clean,
    training: slice(all, 0, count - held),
    drifted: slice(all, count - held, count),
  };
}

/** Bytes 0 … 255 become the 0 … 1 that the model was trained on. */
async function rows(name: string): Promise<LabelledRows> {
  const x = await readArray(new URL(`data/${name}-x.npy`, EXAMPLES));
  const y = await readArray(new URL(`data/${name}-y.npy`, EXAMPLES));
  const data = Float32Array.from(x.data as Uint8Array, (byte) => byte / 255);
  return { x: { shape: x.shape, data, name }, y };
}

function slice({ x, y }: LabelledRows, from: number, to: number): LabelledRows {
  const width = x.shape[1] as number;
  return {
    x: {
      ...x,
      shape: [to - from, width],
      data: x.data.slice(from * width, to * width) as Float32Array,
    },
    y: { ...y, shape: [to - from], data: y.data.slice(from, to) as Uint8Array },
  };
}

/** The most likely class of each row. */
export function classesOf({ shape, data }: NumberArray): number[] {
  const classes = shape[1] as number;
  return Array.from({ length: shape[0] as number }, (_, row) => {
    const logits = Array.from(data.subarray(row * classes, (row + 1) * classes) as Float32Array);
    return logits.indexOf(Math.max(...logits));
  });
}
