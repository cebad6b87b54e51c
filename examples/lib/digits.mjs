// The handwritten digits that come with the package: 750 images of 28 × 28, turned, pale and noisy.

import { readArray } from "strop";

/** Rows `from` to `to`, with brightness 0 … 1 and labels 0 … 9, as `fit` takes them. */
export async function readDigits(from = 0, to = 750) {
  const x = await readArray(new URL("../data/drifted-x.npy", import.meta.url));
  const y = await readArray(new URL("../data/drifted-y.npy", import.meta.url));
  const [, width] = x.shape;
  const brightness = Float32Array.from(x.data.subarray(from * width, to * width), (b) => b / 255);
  return {
    x: { shape: [to - from, width], data: brightness },
    y: { shape: [to - from], data: y.data.slice(from, to) },
  };
}
