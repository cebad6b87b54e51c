import {
  BINARY_CORRECT_COUNT,
  ELEMENT_LOSS,
  ELEMENT_LOSS_BACKWARD,
} from "../../../assembly/abi/opcodes.js";
import { floatBits } from "../training-graph.js";
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
  const attributes = [kind, floatBits(parameter)];
  return {
    value: site.value,
    y,
    forward(b) {
      const mean = b.temporary("loss", "scratch", SCALAR);
      b.emit(ELEMENT_LOSS, [b.tensorOf(site.value), y, mean], attributes);
      return { mean };
    },
    backward(b, _, gradient) {
      b.emit(ELEMENT_LOSS_BACKWARD, [b.tensorOf(site.value), y, gradient], attributes);
    },
    ...(threshold !== undefined && {
      countCorrect(b, count) {
        b.emit(BINARY_CORRECT_COUNT, [b.tensorOf(site.value), y, count], [floatBits(threshold)]);
      },
    }),
  };
}
