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

const SIDE = 14;

/** The digits at 14 × 14: every pixel is the mean of four, so that no layer is much larger than the others. */
export function halved({ shape: [rows], data }) {
  const small = new Float32Array(rows * SIDE * SIDE);
  for (let i = 0; i < small.length; i++) {
    const [row, cell] = [Math.floor(i / SIDE ** 2), i % SIDE ** 2];
    const [top, left] = [Math.floor(cell / SIDE) * 2, (cell % SIDE) * 2];
    const at = (dy, dx) => data[row * 784 + (top + dy) * 28 + left + dx];
    small[i] = (at(0, 0) + at(0, 1) + at(1, 0) + at(1, 1)) / 4;
  }
  return { shape: [rows, SIDE * SIDE], data: small };
}
