import type { EpochResult, StepResult } from "../node.js";
import { evaluationText, lossText } from "./format.js";
import type { Output } from "./output.js";

/** How long an epoch may take before its steps are told. */
const SILENCE_MS = 10_000;

/** A line an epoch; within long ones, a line now and then. */
export class Progress {
  private last = performance.now();

  /** @param epochs how many there will be, if that is known */
  constructor(
    private readonly output: Output,
    private readonly epochs: number | undefined,
  ) {}

  step({ step, epoch, loss }: StepResult): void {
    if (performance.now() - this.last < SILENCE_MS) return;
    this.tell(`${this.epochText(epoch)}  step ${step}  loss ${lossText(loss)}`);
  }

  epoch({ phase, epoch, trainLoss, validation }: EpochResult): void {
    const held = validation ? `  validation ${evaluationText(validation)}` : "";
    this.tell(`${phase ?? this.epochText(epoch)}  loss ${lossText(trainLoss)}${held}`);
  }

  private epochText(epoch: number): string {
    return this.epochs === undefined ? `epoch ${epoch}` : `epoch ${epoch}/${this.epochs}`;
  }

  private tell(line: string): void {
    this.last = performance.now();
    this.output.progress(line);
  }
}
