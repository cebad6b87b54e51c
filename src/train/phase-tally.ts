import type { Fit } from "./fit.js";
import type { PhaseResult } from "./options.js";

interface Tally {
  steps: number;
  /** Mean over the last epoch, or over what there is of it. */
  loss: number;
  /** Whether steps have been done since its last whole epoch. */
  hasGoneOn: boolean;
  /** Of the epoch under way: steps that told an objective, and the sums of its numbers. */
  objectives: { readonly steps: number; readonly sums: readonly number[] };
}

const NO_OBJECTIVES = { steps: 0, sums: [] } as const;

/** Counts what each phase of a run did. */
export class PhaseTally {
  private readonly tallies: Tally[] = [];
  private readonly stepsPerEpoch: number;

  constructor(private readonly fit: Fit) {
    const { batch, dropLast } = fit.options;
    this.stepsPerEpoch = Math[dropLast ? "floor" : "ceil"](fit.training.rows / batch);
    this.of(0);
  }

  name(phase: number): string {
    return this.fit.program.phases[phase]!.name;
  }

  /** Its name, unless the run has nothing but training at once. */
  place(phase: number): { readonly phase?: string } {
    const name = this.name(phase);
    return name === "train" ? {} : { phase: name };
  }

  trains(phase: number): boolean {
    return this.name(phase) !== "statistics";
  }

  /** Whether the phase's loss is the model's own: only then held-out rows tell how it does. */
  isModels(phase: number): boolean {
    return this.fit.program.phases[phase]!.isModels;
  }

  /** Whether no other phase trains behind it. */
  trainsLast(phase: number): boolean {
    return phase === this.fit.program.phases.findLastIndex(({ name }) => name !== "statistics");
  }

  /** @param loss of the epoch so far */
  step(phase: number, loss: number, objective: readonly number[] = []): void {
    const tally = this.of(phase);
    const { steps, sums } = tally.objectives;
    const objectives = {
      steps: steps + 1,
      sums: objective.map((value, i) => value + (sums[i] ?? 0)),
    };
    tally.steps++;
    Object.assign(tally, { loss, hasGoneOn: true, objectives });
  }

  /** Ends an epoch; returns the mean of its steps' objectives, if there are any. */
  epoch(phase: number, loss: number): readonly number[] | undefined {
    const tally = this.of(phase);
    const { steps, sums } = tally.objectives;
    Object.assign(tally, { loss, hasGoneOn: false, objectives: NO_OBJECTIVES });
    return sums.length > 0 ? sums.map((sum) => sum / steps) : undefined;
  }

  /** Whether the last phase trains, and has gone on since its last whole epoch. */
  get hasGoneOn(): boolean {
    const phase = this.tallies.length - 1;
    return this.trainsLast(phase) && this.of(phase).hasGoneOn;
  }

  results(): PhaseResult[] {
    return this.tallies.map(({ steps, loss }, phase) => ({
      name: this.name(phase),
      steps,
      epochs: Math.floor(steps / this.stepsPerEpoch),
      loss,
    }));
  }

  private of(phase: number): Tally {
    this.tallies[phase] ??= {
      steps: 0,
      loss: Number.NaN,
      hasGoneOn: false,
      objectives: NO_OBJECTIVES,
    };
    return this.tallies[phase];
  }
}
