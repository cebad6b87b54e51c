import { basename } from "node:path";
import {
  confusionOf,
  describeOnnx,
  type EpochResult,
  type FitOptions,
  type FitResult,
  type Model,
  memoryTimelines,
  reportHtml,
  type StepResult,
  type StropError,
  writeFileWhole,
} from "../node.js";
import type { Rows } from "./commands/open.js";
import { inputShapes } from "./options/input-shape.js";
import { withLoss } from "./options/loss.js";
import type { TrainOptions } from "./options/train.js";

/** What a report tells of a run beside its course. */
export interface Reported {
  /** Of the model. */
  readonly path: string;
  readonly model: Model;
  readonly rows: Rows;
  /** As `fit` had them. */
  readonly fitOptions: FitOptions;
  /** Resolved: what --config takes. */
  readonly options: TrainOptions;
  readonly notes: readonly string[];
}

/** The file of --report: it gathers a run step by step, and is written at the end. */
export class Report {
  private readonly steps: StepResult[] = [];
  private readonly epochs: EpochResult[] = [];

  constructor(
    private readonly file: string,
    private readonly run: Reported,
  ) {}

  step(result: StepResult): void {
    this.steps.push(result);
  }

  epoch(result: EpochResult): void {
    this.epochs.push(result);
  }

  /** @param ending what `fit` returned, or why it did not */
  async write(ending: FitResult | StropError): Promise<void> {
    const { path, model, rows, options, notes } = this.run;
    const { x, y } = rows;
    // By now the model itself does that.
    const fitOptions = { ...this.run.fitOptions, standardize: false };
    const { rows: trained, loss } = model.prepare(x, y, fitOptions);
    const program = model.build({ ...fitOptions, rows: trained, ...(loss && { loss }) });
    const { inputShape, clipNorm } = options;
    const { nodes } = describeOnnx(model.toOnnx(), { inputShape: inputShapes(inputShape) });
    const confusion = y && loss && confusionOf(model, x, y, { ...fitOptions, loss });
    const page = reportHtml({
      title: basename(path),
      ...(ending instanceof Error ? { failure: ending.message } : { result: ending }),
      steps: this.steps,
      epochs: this.epochs,
      ...(clipNorm !== undefined && { clipNorm }),
      ...(confusion && { confusion }),
      ...(y?.classes && { classNames: y.classes }),
      memory: memoryTimelines(program),
      layers: nodes,
      parameters: model.parameters(),
      options: withLoss(options, loss?.name ?? "mse"),
      notes,
    });
    await writeFileWhole(this.file, page);
  }
}
