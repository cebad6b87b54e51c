import {
  BATCH_NORM,
  BATCH_NORM_BACKWARD_INPUT,
  BATCH_NORM_BACKWARD_PARAMS,
  BATCH_NORM_FROZEN_BACKWARD_INPUT,
  BATCH_NORM_INV_STD,
  BATCH_NORM_MERGE,
  BATCH_NORM_RUNNING,
  BATCH_NORM_STATS,
} from "../../../assembly/abi/opcodes.js";
import type { NodeOf } from "../../graph/graph.js";
import type { ProcedureBuilder } from "../procedure-builder.js";
import { floatBits, type Tensor } from "../training-graph.js";
import type { Rule } from "./rule.js";

/** y = (x − mean)/√(variance + eps)·gamma + beta per channel. Saved: mean, invStd. */
export const batchNorm: Rule<"BatchNormalization"> = {
  forward(node, b) {
    const channels = channelsOf(node, b);
    const [x, gamma, beta, runningMean, runningVariance] = node.inputs.map((i) => b.tensorOf(i));
    let [mean, variance] = [runningMean!, runningVariance!];
    if (b.batchNormOf(node) !== "frozen") {
      mean = b.temporary(`mean ${node.outputs[0]}`, "activations", { c0: channels, c1: 0 });
      variance = b.temporary(`variance ${node.outputs[0]}`, "activations", { c0: channels, c1: 0 });
      b.emit(BATCH_NORM_STATS, [x!, mean, variance], [channels]);
      moveRunning(node, b, mean, variance);
    }
    const invStd = b.temporary(`invStd ${node.outputs[0]}`, "activations", { c0: channels, c1: 0 });
    b.emit(BATCH_NORM_INV_STD, [variance, invStd], [floatBits(node.attributes.epsilon)]);
    const y = b.define(node.outputs[0]!);
    b.emit(BATCH_NORM, [x!, mean, invStd, gamma!, beta!, y], [channels]);
    b.save(node, mean, invStd);
  },

  backward(node, b) {
    const channels = channelsOf(node, b);
    const [x, gamma, beta] = node.inputs as [string, string, string];
    const [mean, invStd] = b.savedOf(node) as [Tensor, Tensor];
    const dy = b.gradientOf(node.outputs[0]!);
    const byBatch = b.batchNormOf(node) === "batch";
    const trains = b.needsGradient(gamma) || b.needsGradient(beta);
    // The statistics depend on x, and their share of dx is made of dgamma and dbeta.
    const dgamma = gradientOrScratch(b, gamma);
    const dbeta = gradientOrScratch(b, beta);
    if (trains || byBatch) {
      const operands = [b.tensorOf(x), mean, invStd, dy, dgamma, dbeta];
      b.emit(BATCH_NORM_BACKWARD_PARAMS, operands, [channels]);
    }
    b.backward(x, (dx) => {
      if (byBatch) {
        const operands = [b.tensorOf(x), mean, invStd, b.tensorOf(gamma), dgamma, dbeta, dy, dx];
        b.emit(BATCH_NORM_BACKWARD_INPUT, operands, [channels]);
      } else {
        b.emit(BATCH_NORM_FROZEN_BACKWARD_INPUT, [invStd, b.tensorOf(gamma), dy, dx], [channels]);
      }
    });
    if (b.needsGradient(gamma)) b.contribute(gamma, dgamma);
    if (b.needsGradient(beta)) b.contribute(beta, dbeta);
  },
};

/** Running statistics change at the step's end, in an instruction of their own. */
function moveRunning(
  node: NodeOf<"BatchNormalization">,
  b: ProcedureBuilder,
  mean: Tensor,
  variance: Tensor,
): void {
  const running = [b.tensorOf(node.inputs[3]!), b.tensorOf(node.inputs[4]!)];
  if (b.batchNormOf(node) === "merge") {
    b.defer(() => b.emit(BATCH_NORM_MERGE, [mean, variance, ...running], [spatialOf(node, b)]));
    return;
  }
  const { momentum } = node.attributes;
  const unbiased = Number(b.runningVariance === "unbiased");
  const attributes = [floatBits(momentum), floatBits(1 - momentum), spatialOf(node, b), unbiased];
  b.defer(() => b.emit(BATCH_NORM_RUNNING, [mean, variance, ...running], attributes));
}

function gradientOrScratch(b: ProcedureBuilder, value: string): Tensor {
  return b.needsGradient(value) ? b.newGradient(value) : b.scratch(`d ${value}`, b.shapeOf(value));
}

function channelsOf(node: NodeOf<"BatchNormalization">, b: ProcedureBuilder): number {
  const shape = b.shapeOf(node.inputs[0]!);
  if (shape.length !== 2 && node.attributes.layout !== "NHWC") {
    b.refuse(node, `batch-norm over ${shape.length} axes; 2 and 4 are supported`);
  }
  return shape.at(-1) as number;
}

/** Values a channel and row have. */
export function spatialOf(
  node: NodeOf<"BatchNormalization">,
  b: Pick<ProcedureBuilder, "shapeOf">,
): number {
  const shape = b.shapeOf(node.inputs[0]!);
  return shape.slice(1, -1).reduce<number>((product, dim) => product * (dim as number), 1);
}
