import { LOSS_HINGE } from "../../../assembly/abi/losses.js";
import {
  CORRECT_COUNT,
  MEAN,
  MULTI_MARGIN,
  MULTI_MARGIN_BACKWARD,
} from "../../../assembly/abi/opcodes.js";
import type { Allowed } from "../../data/targets.js";
import { floatBits } from "../training-graph.js";
import { classesOf } from "./classes.js";
import { elementLoss } from "./element.js";
import {
  type Loss,
  type LossCommon,
  type LossRule,
  type LossSite,
  ONE_A_ROW,
  SCALAR,
  targetTensor,
} from "./loss.js";

/**
 * The margin loss of support vector machines. Class labels: mean over rows of Σ_{j ≠ y} max(0, 1 − x_y + xⱼ) /
 * classes, PyTorch's MultiMarginLoss. Targets of −1 (or 0) and 1 for each element: mean max(0, 1 − t·x).
 */
export interface HingeOptions extends LossCommon<"hinge"> {}

const MARGIN = 1;

const SIGN: Allowed = {
  includes: (value) => value === -1 || value === 0 || value === 1,
  text: "-1, 0 or 1",
  hint: "Fix the targets, or give --loss mse.",
};

export const hinge: LossRule<HingeOptions> = {
  rows: {},
  ends: [],
  targets(_, row) {
    const values = { allowed: SIGN };
    return row.length === 1 && row[0]! > 1 ? { classes: {}, values } : { values };
  },
  make(_, site) {
    if (site.targets === "classes") return multiMargin(site);
    return elementLoss(site, { kind: LOSS_HINGE, parameter: MARGIN, threshold: 0 });
  },
};

function multiMargin(site: LossSite): Loss {
  const classes = classesOf("hinge", site);
  const y = targetTensor(site);
  const attributes = [classes, floatBits(MARGIN)];
  return {
    value: site.value,
    y,
    classes,
    forward(b) {
      const rowLoss = b.temporary("row loss", "scratch", ONE_A_ROW);
      const mean = b.temporary("loss", "scratch", SCALAR);
      b.emit(MULTI_MARGIN, [b.tensorOf(site.value), y, rowLoss], attributes);
      b.emit(MEAN, [rowLoss, mean]);
      return { mean };
    },
    backward(b, _, gradient) {
      b.emit(MULTI_MARGIN_BACKWARD, [b.tensorOf(site.value), y, gradient], attributes);
    },
    countCorrect(b, count) {
      b.emit(CORRECT_COUNT, [b.tensorOf(site.value), y, count], [classes, 0, 0]);
    },
  };
}
