import {
  CORRECT_COUNT,
  MEAN,
  SOFT_CROSS_ENTROPY,
  SOFT_CROSS_ENTROPY_BACKWARD,
  SOFTMAX_CROSS_ENTROPY,
  SOFTMAX_CROSS_ENTROPY_BACKWARD,
  WEIGHTED_MEAN,
} from "../../../assembly/abi/opcodes.js";
import type { Allowed } from "../../data/targets.js";
import { StropError } from "../../errors.js";
import { classWeightsRow, numberRow } from "../../option-rows.js";
import { RANGES } from "../../ranges.js";
import { floatBits, type Tensor } from "../training-graph.js";
import { classesOf } from "./classes.js";
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
 * Of logits and class labels, or soft labels: a probability for each class. With class weights w and label
 * smoothing ε, a row of label y has the loss
 *
 *   (1 − ε)·w_y·(−log p_y) + ε/classes·Σⱼ wⱼ·(−log pⱼ),    p = softmax(logits)
 *
 * and a batch Σ losses / Σ w_y over the rows that count; with soft labels, Σ losses / rows. PyTorch's
 * CrossEntropyLoss.
 */
export interface CrossEntropyOptions extends LossCommon<"cross-entropy"> {
  /**
   * A weight for each class, default 1. "balanced": rows / (classes · rows of the class), of the training labels
   * that count, as scikit-learn; a class without rows has 0.
   */
  readonly classWeights?: readonly number[] | "balanced";
  /** ε from 0 to 1: how much of a label goes to all classes alike. Default 0. */
  readonly labelSmoothing?: number;
  /** Rows of this label do not count. Default: every label does. */
  readonly ignoreLabel?: number;
}

const PROBABILITY: Allowed = {
  includes: (value) => value >= 0 && value <= 1,
  text: "from 0 to 1",
  hint: "Give class numbers, or a probability for each class.",
};

export const crossEntropy: LossRule<CrossEntropyOptions> = {
  rows: {
    classWeights: classWeightsRow(
      "a weight for each class, or 'balanced': rows / (classes · rows of the class)",
    ),
    labelSmoothing: numberRow(
      0,
      RANGES.labelSmoothing,
      "how much of a label goes to all classes alike",
    ),
    ignoreLabel: numberRow(undefined, RANGES.ignoreLabel, "rows of this label do not count"),
  },
  ends: ["Softmax", "LogSoftmax"],
  targets(options) {
    const classes = { ignored: options.ignoreLabel };
    return { classes, values: { allowed: PROBABILITY } };
  },
  make(options, site) {
    const classes = classesOf("cross-entropy", site);
    const weights = weightTensor(options, classes);
    return site.targets === "classes"
      ? onLabels(options, site, classes, weights)
      : onSoftLabels(options, site, classes, weights);
  },
};

function weightTensor({ classWeights }: Required<CrossEntropyOptions>, classes: number): Tensor {
  if (classWeights === "balanced") throw new Error("class weights are not balanced yet");
  if (classWeights && classWeights.length !== classes) {
    const problem = `${classWeights.length} are given, but the model has ${classes} classes`;
    throw new StropError(problem, { code: "bad-option", where: "--class-weights", exitCode: 2 });
  }
  const data = classWeights ? Float32Array.from(classWeights) : new Float32Array(classes).fill(1);
  const count = { c0: classes, c1: 0, type: "f32" } as const;
  return { name: "class weights", ...count, category: "weights", lifetime: "run", data };
}

function onLabels(
  { labelSmoothing, ignoreLabel }: Required<CrossEntropyOptions>,
  site: LossSite,
  classes: number,
  weights: Tensor,
): Loss {
  const { value } = site;
  const y = targetTensor(site);
  const labelled = [classes, Number(ignoreLabel !== undefined), (ignoreLabel ?? 0) >>> 0];
  const attributes = [...labelled, floatBits(labelSmoothing)];
  return {
    value,
    y,
    classes,
    forward(b) {
      const rowLoss = b.temporary("row loss", "scratch", ONE_A_ROW);
      const rowWeight = b.temporary("row weight", "scratch", ONE_A_ROW);
      const [mean, weight] = ["loss", "loss weight"].map((name) =>
        b.temporary(name, "scratch", SCALAR),
      ) as [Tensor, Tensor];
      const operands = [b.tensorOf(value), y, weights, rowLoss, rowWeight];
      b.emit(SOFTMAX_CROSS_ENTROPY, operands, attributes);
      b.emit(WEIGHTED_MEAN, [rowLoss, rowWeight, weight, mean]);
      return { mean, weight };
    },
    backward(b, { weight }, gradient) {
      const operands = [b.tensorOf(value), y, weights, weight!, gradient];
      b.emit(SOFTMAX_CROSS_ENTROPY_BACKWARD, operands, attributes);
    },
    countCorrect(b, count) {
      b.emit(CORRECT_COUNT, [b.tensorOf(value), y, count], labelled);
    },
  };
}

function onSoftLabels(
  { labelSmoothing, ignoreLabel }: Required<CrossEntropyOptions>,
  site: LossSite,
  classes: number,
  weights: Tensor,
): Loss {
  if (ignoreLabel !== undefined) {
    const problem = `${ignoreLabel} is given, but the targets are probabilities`;
    throw new StropError(problem, { code: "bad-option", where: "--ignore-label", exitCode: 2 });
  }
  const { value } = site;
  const y = targetTensor(site);
  const attributes = [classes, floatBits(labelSmoothing)];
  return {
    value,
    y,
    forward(b) {
      const rowLoss = b.temporary("row loss", "scratch", ONE_A_ROW);
      const mean = b.temporary("loss", "scratch", SCALAR);
      b.emit(SOFT_CROSS_ENTROPY, [b.tensorOf(value), y, weights, rowLoss], attributes);
      b.emit(MEAN, [rowLoss, mean]);
      return { mean };
    },
    backward(b, _, gradient) {
      b.emit(SOFT_CROSS_ENTROPY_BACKWARD, [b.tensorOf(value), y, weights, gradient], attributes);
    },
  };
}
