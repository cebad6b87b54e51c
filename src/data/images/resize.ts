import type { Pixels } from "./pixels.js";

/** A part of an image: edges in pixels, which may lie between two. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** How an image that has other proportions than the model's input comes to fit. */
export const IMAGE_FITS = ["stretch", "crop"] as const;
export type ImageFit = (typeof IMAGE_FITS)[number];

/** stretch: all of it. crop: the largest part of the wanted proportions, from its middle (ImageOps.fit). */
export function boxOf({ width, height }: Pixels, to: Size, fit: ImageFit): Box {
  const whole = { left: 0, top: 0, right: width, bottom: height };
  if (fit === "stretch") return whole;
  const [wide, high] = [(height * to.width) / to.height, (width * to.height) / to.width];
  const [partW, partH] = [Math.min(width, wide), Math.min(height, high)];
  const [left, top] = [(width - partW) / 2, (height - partH) / 2];
  return { left, top, right: left + partW, bottom: top + partH };
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Weights are whole numbers of so many bits behind the point; a sum of 255 of them stays below 2³¹. */
const BITS = 22;

/**
 * Resamples a part of an image by the triangle filter, which widens where the image shrinks, so that no detail
 * turns into a false pattern; across first, then down, each rounded to bytes.
 *
 *   y[i] = Σ_a w(i, a)·x[a],  w(i, a) ∝ max(0, 1 − |a + ½ − c| / s),  c = start + (i + ½)·scale,  s = max(scale, 1)
 *
 * Source: Pillow's Image.resize(size, BILINEAR, box), src/libImaging/Resample.c: the same bytes.
 */
export function resize(image: Pixels, to: Size, box: Box): Pixels {
  const { width, height, channels } = image;
  const across = filter(width, box.left, box.right, to.width);
  const wide = new Uint8Array(to.width * height * channels);
  for (let row = 0; row < height; row++) {
    for (let i = 0; i < to.width; i++) {
      const at = (row * to.width + i) * channels;
      weigh(across, i, image.data, row * width * channels, channels, wide, at, channels);
    }
  }
  const down = filter(height, box.top, box.bottom, to.height);
  const rowBytes = to.width * channels;
  const data = new Uint8Array(rowBytes * to.height);
  for (let i = 0; i < to.height; i++) {
    weigh(down, i, wide, 0, rowBytes, data, i * rowBytes, rowBytes);
  }
  return { ...to, channels, data };
}

/** `many` neighbours at once: target[at + k] = Σ_a w(i, a)·source[from + a·step + k]. */
function weigh(
  { first, weights }: Filter,
  i: number,
  source: Uint8Array,
  from: number,
  step: number,
  target: Uint8Array,
  at: number,
  many: number,
): void {
  const own = weights[i]!;
  const start = from + first[i]! * step;
  const end = start + own.length * step;
  for (let k = 0; k < many; k++) {
    // Whole numbers by imul and |, so that V8 keeps them as such.
    let sum = 1 << (BITS - 1);
    for (let a = 0, p = start + k; p < end; a++, p += step) {
      sum = (sum + Math.imul(source[p]!, own[a]!)) | 0;
    }
    const value = sum >> BITS;
    target[at + k] = value < 255 ? value : 255;
  }
}

interface Filter {
  /** The first element that each result is of. */
  readonly first: Int32Array;
  readonly weights: readonly Int32Array[];
}

function filter(size: number, start: number, end: number, outSize: number): Filter {
  // Pillow holds the box in float32.
  const [low, high] = [Math.fround(start), Math.fround(end)];
  const scale = Math.fround(high - low) / outSize;
  const support = Math.max(scale, 1);
  const first = new Int32Array(outSize);
  const weights = Array.from({ length: outSize }, (_, i) => {
    const center = low + (i + 0.5) * scale;
    const from = Math.max(Math.trunc(center - support + 0.5), 0);
    const to = Math.min(Math.trunc(center + support + 0.5), size);
    first[i] = from;
    const own = Float64Array.from({ length: to - from }, (_, a) => {
      return Math.max(0, 1 - Math.abs((a + from - center + 0.5) * (1 / support)));
    });
    const sum = own.reduce((a, b) => a + b, 0);
    return Int32Array.from(own, (w) => Math.trunc(0.5 + (w / sum) * 2 ** BITS));
  });
  return { first, weights };
}
