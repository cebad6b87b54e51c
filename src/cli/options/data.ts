import { CHANNEL_ORDERS, IMAGE_FITS, RANGES } from "../../node.js";
import { choice, flag, number, numbers, type OptionSpec, text, texts } from "./option.js";

export const modelOptions = {
  inputShape: texts({
    value: "NAME=SIZES",
    help: "sizes of an input that the file leaves free, with 1 for the batch: x=1,49,10,1",
  }),
};

const character = text({ value: "CHAR", help: "" });

const delimiter: OptionSpec<string> = {
  value: "CHAR|tab",
  help: "between the values of a table; default by its first line",
  read: (raw, where) => (raw === "tab" || raw === "\\t" ? "\t" : character.read(raw, where)),
};

/** How a table is read. */
export const tableOptions = {
  target: texts({
    value: "COLUMN",
    help: "what is to be learned: columns of a table, by name or by number from 0",
  }),
  delimiter,
  window: number(
    { value: "N", help: "a row is so many consecutive records of a table" },
    RANGES.count,
  ),
  stride: number(
    { value: "N", help: "records from one window to the next; default 1" },
    RANGES.count,
  ),
  horizon: number(
    { value: "N", help: "the target is so many records after the window; default 0" },
    { ...RANGES.count, min: 0 },
  ),
};

/** What the images of a folder become: (byte / scale - mean) / std. */
export const imageOptions = {
  imageScale: number(
    { value: "X", help: "pixels are bytes, divided by this; default 255, so from 0 to 1" },
    RANGES.imageScale,
  ),
  imageMean: numbers(
    { value: "X,X,…", help: "then less this; one, or one a channel; default 0" },
    {},
  ),
  imageStd: numbers(
    { value: "X,X,…", help: "then divided by this; one, or one a channel; default 1" },
    RANGES.imageScale,
  ),
  imageFit: choice(
    {
      value: "NAME",
      help: "images of other proportions than the input: stretch (default), or crop to the middle",
    },
    IMAGE_FITS,
  ),
  imageChannels: choice(
    { value: "first|last", help: "axis of the channels in the model's input; default as it tells" },
    CHANNEL_ORDERS,
  ),
};

const data = text({
  value: "FILE|DIR",
  help: "rows: X.npy, XY.npz with the arrays x and y, IDX, T.csv, or a folder of PNG and JPEG files",
});

export const dataOptions = {
  data,
  labels: text({ value: "FILE", help: "labels or targets of the rows: Y.npy or IDX" }),
  ...tableOptions,
};

export const standardizeOption = {
  standardize: flag("put (x - mean) / deviation of the training rows in front of the model"),
};

export const validationOptions = {
  validation: number(
    { value: "FRACTION", help: "hold out this part of the rows: the last of a seeded shuffle" },
    RANGES.fraction,
  ),
  validationData: text({ value: "FILE", help: "rows that are held out" }),
  validationLabels: text({ value: "FILE", help: "their labels or targets" }),
  patience: number(
    {
      value: "N",
      help: "stop when the held-out rows have not got better for N epochs; the best weights are kept",
    },
    RANGES.count,
  ),
};

export const rowsOption = {
  rows: number(
    { value: "N", help: "rows of the training set, where --data is not given" },
    RANGES.count,
  ),
};

export const headOptions = {
  head: number(
    { value: "N", help: "replace the last dense layer by a fresh one of N outputs" },
    { min: 1, max: 2 ** 20, whole: true },
  ),
};
