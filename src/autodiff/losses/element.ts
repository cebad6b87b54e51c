import { LOSS_MSE } from "../../../assembly/abi/losses.js";
import {
  BINARY_CORRECT_COUNT,
  ELEMENT_LOSS,
  ELEMENT_LOSS_BACKWARD,
} from "../../../assembly/abi/opcodes.js";
import type { ProcedureBuilder } from "../procedure-builder.js";
import { floatBits, type Tensor } from "../training-graph.js";
import { type Loss, type LossSite, SCALAR, targetTensor } from "./loss.js";

interface ElementLoss {
  /** LOSS_* of assembly/abi/losses.ts. */
  readonly kind: number;
  readonly parameter?: number;
  /** Of a decision between two: targets above it want a positive output. */
  readonly threshold?: number;
}

/** A mean over every element of the batch. */
export function elementLoss(site: LossSite, { kind, parameter = 0, threshold }: ElementLoss): Loss {
  const y = targetTensor({ ...site, targets: "values" });
  return {
    y,
    ...elements(site.value, () => y, [kind, floatBits(parameter)]),
    ...(threshold !== undefined && {
      countCorrect(b, count) {
        b.emit(BINARY_CORRECT_COUNT, [b.tensorOf(site.value), y, count], [floatBits(threshold)]);
      },
    }),
  };
}

/** The mean squared difference of two values of the model: no gradient goes into the second. */
export function differenceLoss(value: string, target: string): Loss {
  return elements(value, (b) => b.tensorOf(target), [LOSS_MSE, 0]);
}

/** The same over every element of a value and the target that is made of y. */
export function elements(
  value: string,
  target: (b: ProcedureBuilder) => Tensor,
  attributes: readonly number[],
): Pick<Loss, "value" | "forward" | "backward"> {
  return {
    value,
    forward(b) {
      const mean = b.temporary("loss", "scratch", SCALAR);
      const made = target(b);
      b.emit(ELEMENT_LOSS, [b.tensorOf(value), made, mean], attributes);
      return { mean, target: made };
    },
    backward(b, made, gradient) {
      b.emit(ELEMENT_LOSS_BACKWARD, [b.tensorOf(value), made.target!, gradient], attributes);
    },
  };
}
