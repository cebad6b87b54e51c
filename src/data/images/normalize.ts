import { StropError } from "../../errors.js";
import { isInRange, RANGES, rangeText } from "../../ranges.js";
import type { Levels } from "../levels.js";
import type { ImageForm } from "./form.js";

/** One number for all channels, or one for each. */
export type PerChannel = number | readonly number[];

/** What a byte becomes: (byte / scale − mean) / std. */
export interface Normalization {
  /** Default 255: from 0 to 1. With 1, bytes are fed as they are. */
  readonly scale?: number;
  /** Default 0. */
  readonly mean?: PerChannel;
  /** Default 1. */
  readonly std?: PerChannel;
}

export const DEFAULT_SCALE = 255;

/** Each step is rounded to float32, as torchvision's ToTensor and Normalize do: the same bits. */
export function levelsOf(normalization: Normalization, form: ImageForm): Levels {
  const { channels, height, width, order } = form;
  const { scale = DEFAULT_SCALE, mean = 0, std = 1 } = normalization;
  check("--image-scale", [scale], RANGES.imageScale);
  const means = perChannel("--image-mean", mean, channels);
  const deviations = perChannel("--image-std", std, channels);
  check("--image-mean", means, {});
  check("--image-std", deviations, RANGES.imageScale);
  const values = new Float32Array(256 * channels);
  for (let i = 0; i < values.length; i++) {
    const [m, s] = [means[i >> 8]!, deviations[i >> 8]!];
    const centred = Math.fround((i & 255) / scale) - Math.fround(m);
    values[i] = Math.fround(centred) / Math.fround(s);
  }
  return { values, inner: order === "first" ? height * width : 1 };
}

/** "/ 255", "/ 255 − 0.485, 0.456, 0.406, divided by 0.229, 0.224, 0.225" */
export function normalizationText({ scale = DEFAULT_SCALE, mean = 0, std = 1 }: Normalization) {
  const less = mean === 0 ? "" : ` − ${[mean].flat().join(", ")}`;
  const by = std === 1 ? "" : `, divided by ${[std].flat().join(", ")}`;
  return `${scale === 1 ? "" : ` / ${scale}`}${less}${by}`;
}

function perChannel(where: string, given: PerChannel, channels: number): readonly number[] {
  if (typeof given === "number") return new Array<number>(channels).fill(given);
  if (given.length === 1) return new Array<number>(channels).fill(given[0]!);
  if (given.length === channels) return given;
  const problem = `${given.length} numbers, but the model's images have ${channels} channels`;
  throw badOption(where, problem, "Give one, or one for each.");
}

function check(where: string, values: readonly number[], range: Parameters<typeof rangeText>[0]) {
  const bad = values.find((value) => typeof value !== "number" || !isInRange(value, range));
  if (bad !== undefined) throw badOption(where, `${bad} is not ${rangeText(range)}`);
}

function badOption(where: string, problem: string, hint?: string): StropError {
  const details = { code: "bad-option", where, exitCode: 2 } as const;
  return new StropError(problem, hint === undefined ? details : { ...details, hint });
}
