import { type SequentialOptions, sequential as sequentialGraph } from "../graph/builder.js";
import type { Layer } from "../graph/layer.js";
import { Model } from "./model.js";

/**
 * A model of layers, one after the other, with fresh seeded weights, ready to be compiled and trained.
 *
 *   sequential([input({ shape: [784] }), dense({ units: 64 }), batchNorm(), relu(), dense({ units: 10 })])
 */
export function sequential(layers: readonly Layer[], options: SequentialOptions = {}): Model {
  return Model.fromGraph(sequentialGraph(layers, options));
}
