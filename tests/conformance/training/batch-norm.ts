import { compileProgram } from "../../../src/compile/compile.js";
import { completeOptions } from "../../../src/compile/options.js";
import { importProto } from "../../../src/onnx/import.js";
import { difference, floatsOf } from "../compare.js";
import { FLAVOURS, withInitializers } from "../inference.js";
import { attempt, judged, type Outcome } from "../outcome.js";
import { type Case, dataInputs } from "../suite.js";
import { TracedRun } from "./traced-run.js";

/**
 * Batch-norm in training: Y by the batch's statistics, and the running ones after it. Runs as a training step of
 * a model of that one node, with a rate of 0, a loss of no account, and ONNX's variance.
 */
export function batchNormTraining(one: Case): Outcome {
  return attempt(() => {
    const x = floatsOf(one.inputs[0]!);
    const [rows, ...row] = x.shape;
    const model = withInitializers(one, 0);
    const name = dataInputs(one.model)[0]!.name;
    const { graph } = importProto(model, { inputShape: { [name]: [1, ...row] } });
    const program = compileProgram(
      graph,
      completeOptions({
        rows: rows!,
        batch: rows!,
        steps: 1,
        loss: "mse",
        optimizer: { name: "sgd", lr: 0 },
        runningVariance: "population",
        trainable: () => true,
      }),
    );
    const names = one.model.graph.node[0]!.input;
    const target = new Float32Array(x.data.length);
    const problems = FLAVOURS.flatMap((flavour) => {
      const run = new TracedRun(program, "step", { x: x.data, y: target }, flavour);
      const [y, mean, variance] = [graph.outputs[0]!, names[3]!, names[4]!].map((value) =>
        run.valueOf(value),
      );
      const channels = [row[0]!];
      return [
        difference({ shape: x.shape, data: y! }, one.outputs[0]!),
        difference({ shape: channels, data: mean! }, one.outputs[1]!),
        difference({ shape: channels, data: variance! }, one.outputs[2]!),
      ];
    });
    return judged(problems.find((problem) => problem !== undefined));
  });
}
