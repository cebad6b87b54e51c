import { compileProgram } from "../../../src/compile/compile.js";
import { completeOptions, type LossOptions } from "../../../src/compile/options.js";
import type { Graph } from "../../../src/graph/graph.js";
import { difference, floatsOf, integersOf } from "../compare.js";
import { FLAVOURS } from "../inference.js";
import { attempt, judged, type Outcome } from "../outcome.js";
import type { Case } from "../suite.js";
import { TrainingNode } from "./node.js";
import { TracedRun } from "./traced-run.js";

/**
 * SoftmaxCrossEntropyLoss: logits [N, C], labels [N], weights [C]. Runs as the evaluation of a model that hands
 * its input on: "none" is each row's loss, "mean" the evaluation's own, "sum" that times what it was divided by.
 */
export function crossEntropy(one: Case): Outcome {
  return attempt(() => {
    const node = new TrainingNode(one);
    const logits = floatsOf(node.input(0)!);
    const labels = Int32Array.from(integersOf(node.input(1)!));
    refuseVariants(node, logits.shape);
    const [rows, classes] = logits.shape as [number, number];
    const loss = lossOf(node);
    const options = { training: false, rows, batch: rows, loss, trainable: () => false };
    const program = compileProgram(identity(classes), completeOptions(options));
    const reduction = node.attributes.string("reduction", "mean");
    const problems = FLAVOURS.map((flavour) => {
      const run = new TracedRun(program, "evaluate", { x: logits.data, y: labels }, flavour);
      if (reduction === "none") {
        return difference({ shape: [rows], data: run.valueOf("row loss") }, node.outputs[0]!);
      }
      const [[mean], [weight]] = [run.valueOf("loss"), run.valueOf("loss weight")];
      const data = Float32Array.of(reduction === "sum" ? mean! * weight! : mean!);
      return difference({ shape: [], data }, node.outputs[0]!);
    });
    return judged(problems.find((problem) => problem !== undefined));
  });
}

function refuseVariants(node: TrainingNode, shape: readonly number[]): void {
  if (shape.length !== 2) node.refuse(`logits of ${shape.length} axes; a row has one label here`);
  if (node.outputs.length > 1) node.refuse("only the loss is computed, not the log of the softmax");
}

function lossOf(node: TrainingNode): LossOptions {
  const { attributes } = node;
  const weights = node.input(2);
  return {
    name: "cross-entropy",
    targets: "classes",
    ...(weights && { classWeights: [...floatsOf(weights).data] }),
    ...(attributes.has("ignore_index") && { ignoreLabel: attributes.int("ignore_index", 0) }),
  };
}

/** A model whose output is its input. */
function identity(classes: number): Graph {
  const x = { name: "x", type: "float32", shape: ["N", classes] } as const;
  return { name: "identity", inputs: [x], outputs: ["x"], nodes: [], initializers: new Map() };
}

/** NegativeLogLikelihoodLoss, which takes logarithms of probabilities. */
export function negativeLogLikelihood(one: Case): Outcome {
  return attempt(() =>
    new TrainingNode(one).refuse("a loss of log-probabilities; Strop takes it of the logits"),
  );
}
