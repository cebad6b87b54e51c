import { type EpochResult, LineFile, type StepResult } from "../node.js";

/** The file of --metrics: a line of JSON a step and an epoch, written as they happen. */
export class Metrics {
  private readonly file: LineFile;

  constructor(path: string) {
    this.file = new LineFile(path);
  }

  step({ step, phase, epoch, loss, lr, gradNorm, objective }: StepResult): void {
    this.file.write(JSON.stringify({ step, phase, epoch, loss, lr, gradNorm, objective }));
  }

  epoch({ phase, epoch, trainLoss, objective, validation }: EpochResult): void {
    this.file.write(JSON.stringify({ phase, epoch, trainLoss, objective, validation }));
  }

  close(): void {
    this.file.close();
  }
}
