import { numberRow } from "../../option-rows.js";
import { RANGES } from "../../ranges.js";
import { BcdStep } from "../solve/bcd-step.js";
import type { StrategySpec } from "./strategy.js";

/** Closed-form solves of one block of variables after the other; see solve/bcd-step.ts. */
export interface BcdOptions {
  /** How often each batch's objective is gone through. Default 1. */
  readonly sweeps?: number;
  /** What the last layer's constraint weighs beside the loss. Default 1. */
  readonly penalty?: number;
  /** What each constraint weighs of the one above it. Default 0.1. */
  readonly penaltyDecay?: number;
  /** How near a batch leaves the weights to what they were; the schedule goes on from 1 / proximity. Default 1. */
  readonly proximity?: number;
  /** Added to the second moments of each layer's input, in which that nearness is measured. Default 0.03. */
  readonly damping?: number;
  /** What second moments still count after one more batch. Default 0.95. */
  readonly forgetting?: number;
}

/** Block coordinate descent with variable splitting, for ReLU networks and the squared error. */
export const bcd: StrategySpec<BcdOptions> = {
  about: "closed-form block solves with split variables",
  rows: {
    sweeps: numberRow(1, RANGES.count, "how often each batch's objective is gone through"),
    penalty: numberRow(
      1,
      RANGES.penalty,
      "what the last layer's constraint weighs beside the loss",
    ),
    penaltyDecay: numberRow(
      0.1,
      RANGES.penaltyDecay,
      "what a constraint weighs of the one above it",
    ),
    proximity: numberRow(
      1,
      RANGES.proximity,
      "how near a batch leaves the weights to what they were",
    ),
    damping: numberRow(0.03, RANGES.damping, "added to the second moments of each layer's input"),
    forgetting: numberRow(
      0.95,
      RANGES.forgetting,
      "what second moments count after one more batch",
    ),
  },
  loss: "mse",
  stages({ graph, lossOn, trained, epochs, steps }, { proximity, ...settings }) {
    const stage = { name: "train", lossOn, trains: trained, epochs, steps, lr: 1 / proximity };
    return {
      graph,
      stages: [{ ...stage, solve: (b, site) => new BcdStep(b, site, settings).emit() }],
    };
  },
};
