import type { LossOptions } from "../compile/options.js";
import type { Targets } from "../data/targets.js";
import { StropError } from "../errors.js";

/**
 * The loss with numbers in the place of "balanced" class weights: weight = rows / (classes · rows of the class), over
 * the labels that count, as scikit-learn's compute_class_weight; a class without rows has 0.
 *
 * @param classes how many the model tells apart
 */
export function balanced(
  loss: LossOptions,
  targets: Targets | undefined,
  classes: number,
): LossOptions {
  if (loss.name !== "cross-entropy" || loss.classWeights !== "balanced") return loss;
  if (targets?.kind !== "classes") {
    throw new StropError("'balanced' counts class labels, but there are none", {
      code: "bad-option",
      where: "--class-weights",
      hint: "Give labels, or a weight for each class.",
      exitCode: 2,
    });
  }
  const counts = new Array<number>(classes).fill(0);
  let rows = 0;
  for (const label of targets.data) {
    if (label === loss.ignoreLabel) continue;
    counts[label]!++;
    rows++;
  }
  const classWeights = counts.map((count) => (count === 0 ? 0 : rows / (classes * count)));
  return { ...loss, classWeights };
}
