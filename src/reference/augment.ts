import { AUGMENT } from "../../assembly/abi/opcodes.js";
import { hashCounters } from "../compile/hash.js";
import { type Call, floatOf, type Kernel } from "./kernel.js";

/** What a row's hash decides; elements from 8 on are its noise. */
function drawsOf(attributes: readonly number[], step: number, row: number) {
  const [height, width, , , shiftH, shiftW, flip, area] = attributes as [
    ...[number, number, number, number, number, number, number, number],
    ...number[],
  ];
  const [seedLow, seedHigh, number] = attributes.slice(10) as [number, number, number];
  const hash = hashCounters([seedLow, seedHigh, step, number, row]);
  const word = (i: number) => hashCounters([i], hash);
  const unit = (i: number) => (word(i) >>> 8) / 2 ** 24;
  const shift = (i: number, most: number) => {
    return Math.floor(((word(i) >>> 16) * (2 * most + 1)) / 2 ** 16) - most;
  };
  const side = Math.sqrt(1 - unit(3) * (1 - floatOf(area)));
  return {
    word,
    side,
    shifts: [shift(0, shiftH), shift(1, shiftW)] as const,
    mirrored: (flip & 1) === 1 && word(2) >= 2 ** 31,
    corner: [unit(4) * (1 - side) * height, unit(5) * (1 - side) * width] as const,
  };
}

/** The four bytes of a word, summed, less their mean. */
function bell(word: number): number {
  return [0, 8, 16, 24].reduce((sum, bits) => sum + ((word >>> bits) & 255), 0) - 510;
}

/** The two neighbours of pixel u's place in x, and how far it lies from the first. */
function place(u: number, side: number, start: number, size: number) {
  const at = Math.min(Math.max((u + 0.5) * side + start - 0.5, 0), size - 1);
  const low = Math.floor(at);
  return { low, high: Math.min(low + 1, size - 1), part: at - low };
}

const augment: Kernel = ({ operands, attributes, position }: Call) => {
  const [x, y] = operands as [Float64Array, Float64Array];
  const [height, width, inner, n] = attributes as [number, number, number, number, ...number[]];
  const [noise, fill] = [floatOf(attributes[8]!), floatOf(attributes[9]!)];
  for (let k = 0; k < x.length; k++) {
    const row = Math.floor(k / n);
    const { word, side, shifts, mirrored, corner } = drawsOf(attributes, position.step, row);
    const [c, j] = [k % inner, Math.floor(k / inner) % width];
    const i = Math.floor(k / (inner * width)) % height;
    const plane = k - ((k % n) % (height * width * inner));
    const [u, shifted] = [i + shifts[0], j + shifts[1]];
    const v = mirrored ? width - 1 - shifted : shifted;
    const at = (p: number, q: number) => x[plane + (p * width + q) * inner + c]!;
    const [p, q] = [place(u, side, corner[0], height), place(v, side, corner[1], width)];
    const upper = at(p.low, q.low) + q.part * (at(p.low, q.high) - at(p.low, q.low));
    const lower = at(p.high, q.low) + q.part * (at(p.high, q.high) - at(p.high, q.low));
    const inside = u >= 0 && u < height && v >= 0 && v < width;
    y[k] = (inside ? upper + p.part * (lower - upper) : fill) + noise * bell(word(8 + (k % n)));
  }
};

export const augmentation: ReadonlyMap<number, Kernel> = new Map([[AUGMENT, augment]]);
