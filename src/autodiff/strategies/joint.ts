import type { StrategySpec } from "./strategy.js";

/** All that is trained learns at once, by the model's own loss. */
export const joint: StrategySpec<object> = {
  about: "all parameters at once",
  rows: {},
  stages: ({ graph, lossOn, trained, epochs, steps }) => {
    return { graph, stages: [{ name: "train", lossOn, trains: trained, epochs, steps }] };
  },
};
