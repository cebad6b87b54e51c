import type { Fit } from "./fit.js";
import type { PhaseResult } from "./options.js";

interface Tally {
  steps: number;
  /** Of the last whole epoch. */
  loss: number;
  /** Of the epoch under way: rows, and Σ loss·rows. */
  rows: number;
  lossSum: number;
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

  step(phase: number, rows: number, loss: number): void {
    const tally = this.of(phase);
    tally.steps++;
    tally.rows += rows;
    tally.lossSum += loss * rows;
  }

  epoch(phase: number, loss: number): void {
    Object.assign(this.of(phase), { loss, rows: 0, lossSum: 0 });
  }

  /** Whether the last phase trains, and has gone on since its last whole epoch. */
  get hasGoneOn(): boolean {
    const phase = this.tallies.length - 1;
    return this.name(phase) === "train" && this.of(phase).rows > 0;
  }

  results(): [PhaseResult, ...PhaseResult[]] {
    const results = this.tallies.map(({ steps, loss, rows, lossSum }, phase) => ({
      name: this.name(phase),
      steps,
      epochs: Math.floor(steps / this.stepsPerEpoch),
      loss: rows > 0 ? lossSum / rows : loss,
    }));
    return results as [PhaseResult, ...PhaseResult[]];
  }

  private of(phase: number): Tally {
    this.tallies[phase] ??= { steps: 0, loss: Number.NaN, rows: 0, lossSum: 0 };
    return this.tallies[phase];
  }
}
