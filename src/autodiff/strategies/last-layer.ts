import { numberRow } from "../../option-rows.js";
import { RANGES } from "../../ranges.js";
import { differentiableInputs, nodesBefore } from "../reach.js";
import { LastLayer } from "../solve/last-layer.js";
import { isDense } from "../solve/rectified-chain.js";
import type { StrategySpec } from "./strategy.js";

/** The exact solve of the last dense layer; see solve/last-layer.ts. */
export interface LastLayerOptions {
  /** α in ‖f·W + b − y‖² + α‖W‖², scikit-learn's Ridge. Default 1e-3; 0 is plain least squares. */
  readonly ridge?: number;
}

/** One pass over the rows that keeps a triangle of the features, then one step that solves for the last layer. */
export const lastLayer: StrategySpec<LastLayerOptions> = {
  about: "exact least squares of the last dense layer, the rest frozen",
  rows: {
    ridge: numberRow(1e-3, RANGES.ridge, "α in ‖f·W + b − y‖² + α‖W‖²"),
  },
  loss: "mse",
  stages({ graph, lossOn, trained }, { ridge }) {
    const nodes = nodesBefore(graph, lossOn);
    const first = nodes.findLastIndex(isDense);
    // Behind it is at most the Add of its bias, which is joined to it before the solver looks.
    const own = nodes.slice(first).flatMap(differentiableInputs);
    const names = own.map((input) => graph.initializers.get(input)?.name ?? "");
    const trains = new Set(names.filter((name) => trained.has(name)));
    const layer = new LastLayer(ridge);
    const from = nodes[first]?.inputs[0];
    const common = { lossOn, trains, ...(from !== undefined && { from }) };
    return {
      graph,
      stages: [
        { ...common, name: "features", epochs: 1, steps: 0, solve: layer.gather },
        { ...common, name: "solve", epochs: 0, steps: 1, solve: layer.solve },
      ],
    };
  },
};
