import type { Session } from "../runtime/session.js";
import type { EvaluationResult } from "./options.js";

/**
 * Stops a phase when held-out rows have not got better for so many epochs, and keeps the weights of the best one.
 *
 * What is watched is the 0-1 error where there are classes, else the loss: the loss is only what stands in for the
 * error so that there is a gradient. The first of equals is the best; a number that is not finite is never better.
 *
 * L. Prechelt, "Early Stopping — But When?", 1998, https://doi.org/10.1007/3-540-49430-8_3: the criterion UP for
 * s successive epochs, counted from the best.
 *
 * Bytes: one copy of what is trained, on the host.
 */
export class EarlyStopping {
  /** Of the best epoch so far; 0 before the first. */
  bestEpoch = 0;
  best: EvaluationResult | undefined;
  private weights: readonly Float32Array[] = [];

  constructor(
    private readonly session: Session,
    private readonly patience: number,
  ) {}

  /** Looks at an epoch's result. @returns whether it is time to stop */
  observe(epoch: number, validation: EvaluationResult): boolean {
    if (this.best === undefined || watched(validation) < watched(this.best)) {
      this.bestEpoch = epoch;
      this.best = validation;
      this.weights = this.session.snapshot();
    }
    return epoch - this.bestEpoch >= this.patience;
  }

  /** Puts the best weights back. */
  restore(): void {
    this.session.restore(this.weights);
  }
}

function watched({ zeroOneError, loss }: EvaluationResult): number {
  const value = zeroOneError ?? loss;
  return Number.isFinite(value) ? value : Number.POSITIVE_INFINITY;
}
