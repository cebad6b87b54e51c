import type { OptimizerOptions } from "../../src/compile/options.js";

/** What scripts/fixtures/parity.py writes into case.json, as far as it names an optimizer. */
export interface OptimizerCase {
  readonly optimizer: "sgd" | "momentum" | "adam";
}

const OWN = ["lr", "momentum", "nesterov", "weightDecay", "beta1", "beta2", "eps"];

/** The optimizer of a parity case, without the options of other things. */
export function optimizerOf(options: OptimizerCase): OptimizerOptions {
  const own = Object.entries(options).filter(([key]) => OWN.includes(key));
  const name = options.optimizer === "adam" ? "adam" : "sgd";
  return { ...Object.fromEntries(own), name } as OptimizerOptions;
}
