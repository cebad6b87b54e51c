import { RANGES } from "../../node.js";
import { number, text, texts } from "./option.js";

export const modelOptions = {
  inputShape: texts({
    value: "NAME=SIZES",
    help: "sizes of an input that the file leaves free, with 1 for the batch: x=1,49,10,1",
  }),
};

export const dataOptions = {
  data: text({ value: "FILE", help: "rows: X.npy, or XY.npz with the arrays x and y" }),
  labels: text({ value: "FILE", help: "labels or targets of the rows: Y.npy" }),
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
