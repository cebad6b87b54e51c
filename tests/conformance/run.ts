import { runCorrected } from "./errata.js";
import { inference } from "./inference.js";
import type { Driver, Outcome } from "./outcome.js";
import { type Case, opName } from "./suite.js";
import { batchNormTraining } from "./training/batch-norm.js";
import { dropout } from "./training/dropout.js";
import { crossEntropy, negativeLogLikelihood } from "./training/loss.js";
import { adagrad, adam, momentum } from "./training/optimizer.js";

/** Ops of training, which run through the optimizers and losses and not as a model. */
const drivers: Readonly<Record<string, Driver>> = {
  "ai.onnx.preview.training.Adagrad": adagrad,
  "ai.onnx.preview.training.Adam": adam,
  "ai.onnx.preview.training.Momentum": momentum,
  BatchNormalization: (one) => (one.outputs.length > 1 ? batchNormTraining(one) : inference(one)),
  Dropout: dropout,
  NegativeLogLikelihoodLoss: negativeLogLikelihood,
  SoftmaxCrossEntropyLoss: crossEntropy,
};

/** What became of one case. */
export interface Result extends Outcome {
  readonly id: string;
  readonly op: string;
}

export function runCase(one: Case): Result {
  const [node, ...others] = one.model.graph.node;
  const driver = others.length === 0 && node ? drivers[opName(node)] : undefined;
  return { id: one.id, op: one.op, ...runCorrected(one, driver ?? inference) };
}
