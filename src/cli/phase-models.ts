import { join } from "node:path";
import { checkWritable, type FitResult, type Model, makeFolder, writeFileWhole } from "../node.js";

/** The folder of --checkpoints: the model as it stands after each phase, 1-layer-1.onnx. */
export class PhaseModels {
  private written = 0;

  /** Whether the folder takes files is found out before the training, not after its first phase. */
  constructor(
    private readonly folder: string,
    private readonly model: Model,
  ) {
    makeFolder(folder);
    checkWritable(join(folder, "1.onnx"));
  }

  /** A phase has ended with the weights that the model has now. */
  async write(phase: string): Promise<void> {
    this.written++;
    const name = `${this.written}-${phase.replaceAll(" ", "-")}.onnx`;
    await writeFileWhole(join(this.folder, name), this.model.toOnnx());
  }

  /** Of the last phase too, if it ended within an epoch. */
  async end({ phases }: FitResult): Promise<void> {
    for (const { name } of phases.slice(this.written)) await this.write(name);
  }
}
