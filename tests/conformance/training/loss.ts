import { compileProgram } from "../../../src/compile/compile.js";
import { completeOptions, type LossOptions } from "../../../src/compile/options.js";
import type { Graph } from "../../../src/graph/graph.js";
import type { Flavour } from "../../../src/runtime/flavour.js";
import { Session } from "../../../src/runtime/session.js";
import { type Computed, difference, floatsOf, integersOf } from "../compare.js";
import { FLAVOURS } from "../inference.js";
import { attempt, judged, type Outcome } from "../outcome.js";
import type { Case } from "../suite.js";
import { TrainingNode } from "./node.js";
import { TracedRun } from "./traced-run.js";

/**
 * SoftmaxCrossEntropyLoss: logits [N, C], labels [N], weights [C]. Runs as the evaluation of a model that ends in
 * LogSoftmax, whose prediction is the second output: "none" is each row's loss, "mean" the evaluation's own, "sum"
 * that times what it was divided by.
 */
export function crossEntropy(one: Case): Outcome {
  return attempt(() => {
    const node = new TrainingNode(one);
    const logits = floatsOf(node.input(0)!);
    const labels = Int32Array.from(integersOf(node.input(1)!));
    const { shape } = logits;
    if (shape.length !== 2) node.refuse(`logits of ${shape.length} axes; a row has one label here`);
    const [rows, classes] = shape as [number, number];
    const loss = lossOf(node);
    const options = { training: false, rows, batch: rows, loss, trainable: () => false };
    const program = compileProgram(logSoftmax(classes), completeOptions(options));
    const reduction = node.attributes.string("reduction", "mean");
    const computed = (flavour: Flavour): Computed[] => {
      const run = new TracedRun(program, "evaluate", { x: logits.data, y: labels }, flavour);
      const [[mean], [weight]] = [run.valueOf("loss"), run.valueOf("loss weight")];
      const scalar = Float32Array.of(reduction === "sum" ? mean! * weight! : mean!);
      const dataset = { rows, rowElements: classes, x: logits.data, y: undefined, notes: [] };
      return [
        reduction === "none"
          ? { shape: [rows], data: run.valueOf("row loss") }
          : { shape: [], data: scalar },
        { shape, data: new Session(program.bytes, flavour).predict(dataset) },
      ];
    };
    const problems = FLAVOURS.flatMap((flavour) => {
      const values = computed(flavour);
      return node.outputs.map((right, i) => difference(values[i]!, right!));
    });
    return judged(problems.find((problem) => problem !== undefined));
  });
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

function logSoftmax(classes: number): Graph {
  return {
    name: "log-softmax",
    inputs: [{ name: "x", type: "float32", shape: ["N", classes] }],
    outputs: ["y"],
    nodes: [
      { op: "LogSoftmax", name: "log", inputs: ["x"], outputs: ["y"], attributes: { axis: 1 } },
    ],
    initializers: new Map(),
  };
}

/** NegativeLogLikelihoodLoss, which takes logarithms of probabilities. */
export function negativeLogLikelihood(one: Case): Outcome {
  return attempt(() =>
    new TrainingNode(one).refuse("a loss of log-probabilities; Strop takes it of the logits"),
  );
}
