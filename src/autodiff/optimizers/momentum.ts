import { numberRow } from "../../option-rows.js";
import { RANGES } from "../../ranges.js";
import type { OptimizerSpec } from "./rule.js";
import { type SgdOptions, sgd } from "./sgd.js";

/** SGD whose momentum is 0.9 if none is given. */
export const momentum: OptimizerSpec<SgdOptions> = {
  ...sgd,
  about: "sgd with momentum 0.9",
  rows: { ...sgd.rows, momentum: numberRow(0.9, RANGES.momentum, sgd.rows.momentum.about) },
};
