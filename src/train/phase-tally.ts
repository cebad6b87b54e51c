import type { Fit } from "./fit.js";
import type { PhaseResult } from "./options.js";

interface Tally {
  steps: number;
  /** Mean over the last epoch, or over what there is of it. */
  loss: number;
  /** Whether steps have been done since its last whole epoch. */
  hasGoneOn: boolean;
}

/** Counts what each phase of a run did. */
export class PhaseTally {
  private readonly tallies: Tally[] = [];
  private readonly stepsPerEpoch: number;

  constructor(private readonly fit: Fit) {
    const { batch, dropLast } = fit.options;
    this.stepsPerEpoch = Math[dropLast ? "floor" : "ceil"](fit.training.rows / batch);
    this.of(0);
  }

  name(phase: number): PhaseResult["name"] {
    const { step } = this.fit.session.program.phases[phase]!;
    return step === this.fit.program.procedures.statistics ? "statistics" : "train";
  }

  /** @param loss of the epoch so far */
  step(phase: number, loss: number): void {
    const tally = this.of(phase);
    tally.steps++;
    Object.assign(tally, { loss, hasGoneOn: true });
  }

  epoch(phase: number, loss: number): void {
    Object.assign(this.of(phase), { loss, hasGoneOn: false });
  }

  /** Whether the last phase trains, and has gone on since its last whole epoch. */
  get hasGoneOn(): boolean {
    const phase = this.tallies.length - 1;
    return this.name(phase) === "train" && this.of(phase).hasGoneOn;
  }

  results(): [PhaseResult, ...PhaseResult[]] {
    const results = this.tallies.map(({ steps, loss }, phase) => ({
      name: this.name(phase),
      steps,
      epochs: Math.floor(steps / this.stepsPerEpoch),
      loss,
    }));
    return results as [PhaseResult, ...PhaseResult[]];
  }

  private of(phase: number): Tally {
    this.tallies[phase] ??= { steps: 0, loss: Number.NaN, hasGoneOn: false };
    return this.tallies[phase];
  }
}
