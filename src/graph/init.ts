import type { Pcg32 } from "../data/pcg32.js";
import { RECTIFIERS } from "./activations.js";
import type { Layer } from "./layer.js";

/** How fresh weights are drawn: "he" in front of a ReLU, "xavier" elsewhere. */
export type Initialization = "he" | "xavier";

/**
 * Fresh weights, uniform in ±bound.
 *
 *   he:     bound = √(6 / fanIn)
 *   xavier: bound = √(6 / (fanIn + fanOut))
 *
 * Only multiplication, division and square root, which IEEE 754 rounds in one way: the same seed gives the same
 * bits everywhere.
 *
 * K. He, X. Zhang, S. Ren, J. Sun, "Delving Deep into Rectifiers", 2015, https://arxiv.org/abs/1502.01852, eq. 10;
 * X. Glorot, Y. Bengio, "Understanding the difficulty of training deep feedforward neural networks", 2010,
 * https://proceedings.mlr.press/v9/glorot10a.html, eq. 16.
 */
export function initialWeights(
  kind: Initialization,
  elements: number,
  fanIn: number,
  fanOut: number,
  random: Pcg32,
): Float32Array {
  const bound = uniformBound(kind, fanIn, fanOut);
  return Float32Array.from({ length: elements }, () => (2 * random.uniform() - 1) * bound);
}

/** What `initialWeights` draws within. */
export function uniformBound(kind: Initialization, fanIn: number, fanOut: number): number {
  return Math.sqrt(6 / (kind === "he" ? fanIn : fanIn + fanOut));
}

/** He if the next activation is a ReLU or like it, which may stand behind a normalization; Xavier else. */
export function initializationFor(rest: readonly Layer[]): Initialization {
  const norms = ["batchNorm", "layerNorm", "groupNorm", "instanceNorm"];
  const passed = [...norms, "dropout", "flatten", "maxPool1d", "maxPool2d"];
  const next = rest.find(({ kind }) => !passed.includes(kind));
  return next !== undefined && RECTIFIERS.has(next.kind) ? "he" : "xavier";
}
