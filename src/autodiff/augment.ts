import { AUGMENT } from "../../assembly/abi/opcodes.js";
import { CHANNEL_ORDERS, type ChannelOrder, type ImageForm, rowForm } from "../data/images/form.js";
import { StropError } from "../errors.js";
import { choiceRow, numberRow, type Rows, switchRow, withDefaults } from "../option-rows.js";
import { RANGES } from "../ranges.js";
import type { ProcedureBuilder } from "./procedure-builder.js";
import { floatBits, seedWords, type Tensor } from "./training-graph.js";

/** How each row is changed, in its own way, each time that it is trained on. */
export interface AugmentOptions {
  /** Whole pixels up or down, and left or right, at most: torchvision's RandomCrop with this padding. */
  readonly shift?: number;
  /** The same for rows of pixels alone, the steps of a series. */
  readonly shiftH?: number;
  readonly shiftW?: number;
  /** Left and right change sides every other time. */
  readonly flip?: boolean;
  /** The least share of the area that is cut out and enlarged: RandomResizedCrop with scale (crop, 1), ratio 1. */
  readonly crop?: number;
  /** Standard deviation of what is added to each number. */
  readonly noise?: number;
  /** What comes in where a shift leaves nothing. */
  readonly fill?: number;
  /** Which axis of a row has the channels; default as the network tells. */
  readonly channels?: ChannelOrder | "auto";
}

export const AUGMENT_ROWS: Rows<AugmentOptions> = {
  shift: numberRow(0, RANGES.shift, "pixels in both directions, at most"),
  shiftH: numberRow(undefined, RANGES.shift, "pixels up or down, or steps of a series"),
  shiftW: numberRow(undefined, RANGES.shift, "pixels left or right"),
  flip: switchRow("left and right change sides"),
  crop: numberRow(1, RANGES.share, "least share of the area that is cut out"),
  noise: numberRow(0, RANGES.noise, "standard deviation of what is added"),
  fill: numberRow(0, {}, "what a shift brings in"),
  channels: choiceRow("auto", ["auto", ...CHANNEL_ORDERS], "axis of the channels"),
};

/** What is done to the rows of one model. */
export type Augmentation = Required<Pick<AugmentOptions, "flip" | "crop" | "noise" | "fill">> &
  Required<Pick<AugmentOptions, "shiftH" | "shiftW">> & { readonly form: ImageForm };

/** The variance of the sum of four bytes, 4·(256² − 1)/12: what the core adds is a multiple of that. */
const BYTES_VARIANCE = 21845;
/** Apart from those of Dropout, which count from 0. */
const NUMBER = 0xffffffff;

/** The options for rows of this shape. Throws a StropError for what such rows cannot have. */
export function augmentationOf(
  given: AugmentOptions,
  row: readonly number[],
  order: ChannelOrder | undefined,
): Augmentation {
  const { shift, channels, flip, crop, noise, fill, ...own } = withDefaults(AUGMENT_ROWS, given);
  const form = rowForm(row, channels === "auto" ? order : channels);
  const { height, width } = form;
  const shiftH = own.shiftH ?? Math.min(shift, height - 1);
  const shiftW = own.shiftW ?? Math.min(shift, width - 1);
  const shape = `rows of [${row.join(", ")}] are ${height} high and ${width} wide`;
  if (shift >= Math.max(height, width) || shiftH >= height || shiftW >= width) {
    throw badAugment("a shift leaves nothing", shape);
  }
  if (flip && width === 1) throw badAugment("there is nothing to flip", shape);
  const shifts = [given.shift, given.shiftH, given.shiftW];
  if (given.fill !== undefined && shifts.every((by) => by === undefined)) {
    throw badAugment("fill is what a shift brings in", "give shift, shift-h or shift-w too");
  }
  return { shiftH, shiftW, flip, crop, noise, fill, form };
}

function badAugment(problem: string, reason: string): StropError {
  const details = { code: "bad-option", where: "--augment", exitCode: 2 } as const;
  return new StropError(`${problem}: ${reason}`, details);
}

/** The batch as a step sees it. */
export function augmented(
  b: ProcedureBuilder,
  x: Tensor,
  { form, ...given }: Augmentation,
  seed: bigint,
): Tensor {
  const { height, width, channels, order } = form;
  const y = b.temporary(`${x.name} augmented`, "rows", x);
  const sizes = [height, width, order === "last" ? channels : 1, x.c1];
  const moves = [given.shiftH, given.shiftW, Number(given.flip)];
  const noise = given.noise / Math.sqrt(BYTES_VARIANCE);
  const values = [given.crop, noise, given.fill].map(floatBits);
  b.emit(AUGMENT, [x, y], [...sizes, ...moves, ...values, ...seedWords(seed), NUMBER]);
  return y;
}
