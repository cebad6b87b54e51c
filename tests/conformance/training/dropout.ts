import { floatsOf, integersOf } from "../compare.js";
import { inference } from "../inference.js";
import { attempt, type Outcome } from "../outcome.js";
import type { Case } from "../suite.js";
import { TrainingNode } from "./node.js";

/** Dropout: in training with a ratio above 0 the outputs depend on the random numbers, and NumPy's were taken. */
export function dropout(one: Case): Outcome {
  return attempt(() => {
    const node = new TrainingNode(one);
    const [ratio, training] = [node.input(1), node.input(2)];
    const isRandom = training !== undefined && integersOf(training)[0] !== 0;
    if (isRandom && (ratio ? floatsOf(ratio).data[0] : 0.5) !== 0) {
      node.refuse("outputs that depend on NumPy's random numbers");
    }
    return inference(one);
  });
}
