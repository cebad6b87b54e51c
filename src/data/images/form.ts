import { StropError } from "../../errors.js";
import { formatRows } from "../values.js";

/** Where the channels of a row lie: [channels, height, width], as PyTorch and ONNX have it, or [height, width, channels]. */
export const CHANNEL_ORDERS = ["first", "last"] as const;
export type ChannelOrder = (typeof CHANNEL_ORDERS)[number];

/** A row of the model's input as an image. */
export interface ImageForm {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly order: ChannelOrder;
}

/**
 * A row of three axes as an image, one of two as a series [steps, features] of one column, a flat one as a series
 * of one feature. Without an order, channels come last where the last axis alone is as short as theirs.
 */
export function rowForm(row: readonly number[], order?: ChannelOrder): ImageForm {
  if (row.length > 3) throw noImage(row);
  if (row.length < 3) {
    const [steps, features] = order === "first" ? [row[1], row[0]] : [row[0], row[1]];
    if (row.length < 2) return { height: row[0] ?? 1, width: 1, channels: 1, order: "last" };
    return { height: steps!, width: 1, channels: features!, order: order ?? "last" };
  }
  const [a, b, c] = row as [number, number, number];
  const last = order ? order === "last" : isFew(c) && !isFew(a);
  return last
    ? { height: a, width: b, channels: c, order: "last" }
    : { height: b, width: c, channels: a, order: "first" };
}

/** A row as the image that a file is made into: of two axes it is grey. */
export function imageForm(row: readonly number[], order?: ChannelOrder): ImageForm {
  if (!row.every((size) => Number.isSafeInteger(size) && size > 0)) throw noImage(row);
  if (row.length === 2) return { height: row[0]!, width: row[1]!, channels: 1, order: "last" };
  const form = rowForm(row, order);
  if (row.length === 3 && (form.channels === 1 || form.channels === 3)) return form;
  throw noImage(row);
}

const isFew = (size: number) => size === 1 || size === 3 || size === 4;

function noImage(row: readonly number[]): StropError {
  return new StropError(`rows of ${formatRows(row)} are no images`, {
    code: "image-shape",
    hint: "An image is [1 or 3, height, width] or [height, width, 1 or 3].",
  });
}
