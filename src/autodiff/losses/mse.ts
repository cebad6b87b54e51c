import { LOSS_MSE } from "../../../assembly/abi/losses.js";
import { CORRECT_COUNT, ONE_HOT } from "../../../assembly/abi/opcodes.js";
import { classesOf } from "./classes.js";
import { elementLoss, elements } from "./element.js";
import { type Loss, type LossCommon, type LossRule, type LossSite, targetTensor } from "./loss.js";

/**
 * The squared error: mean (y − t)². PyTorch's MSELoss. Of class labels, t is 1 for the class and 0 for the others.
 * Differs from PyTorch: there labels have to be made one-hot before.
 */
export interface MseOptions extends LossCommon<"mse"> {}

export const mse: LossRule<MseOptions> = {
  rows: {},
  ends: [],
  targets: (_, row) => {
    return row.length === 1 && row[0]! > 1 ? { values: {}, classes: {} } : { values: {} };
  },
  usual: "values",
  make: (_, site) => {
    return site.targets === "classes" ? ofLabels(site) : elementLoss(site, { kind: LOSS_MSE });
  },
};

function ofLabels(site: LossSite): Loss {
  const classes = classesOf("mse", site);
  const labels = targetTensor(site);
  return {
    y: labels,
    classes,
    ...elements(
      site.value,
      (b) => {
        const target = b.temporary("one-hot labels", "scratch", { c0: 0, c1: classes });
        b.emit(ONE_HOT, [labels, target], [classes]);
        return target;
      },
      [LOSS_MSE, 0],
    ),
    countCorrect(b, count) {
      b.emit(CORRECT_COUNT, [b.tensorOf(site.value), labels, count], [classes, 0, 0]);
    },
  };
}
