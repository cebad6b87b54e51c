import type { GraphExtension } from "../../graph/extension.js";
import { rowShape } from "../../graph/shape.js";

export interface HeadOptions {
  /** Hidden layers between the block and the outputs. */
  readonly headLayers: number;
  /** Of a hidden layer; undefined: as many as go in. */
  readonly headWidth: number | undefined;
}

/**
 * Hangs a classifier (or regressor) onto a value: the mean over an image's pixels, hidden dense layers with ReLU, and
 * a dense layer of as many outputs as the model has.
 *
 * E. Belilovsky, M. Eickenberg, E. Oyallon, "Greedy Layerwise Learning Can Scale to ImageNet", ICML 2019,
 * https://arxiv.org/abs/1812.11446, section 3, where k is headLayers + 1. Differs from it: hidden layers are dense and
 * come behind the mean, where the paper's are convolutions and come in front of it.
 *
 * @param row the shape of one row of outputs
 * @returns the value of the outputs
 */
export function auxiliaryHead(
  net: GraphExtension,
  prefix: string,
  from: string,
  row: readonly number[],
  { headLayers, headWidth }: HeadOptions,
): string {
  let x = features(net, prefix, from);
  const width = headWidth ?? (net.shapeOf(x)[1] as number);
  for (let i = 1; i <= headLayers; i++) {
    const name = `${prefix}/head${i}`;
    x = net.node("Relu", `${name}/relu`, [dense(net, name, x, width, "he")], {});
  }
  const outputs = row.reduce((a, b) => a * b, 1);
  const y = dense(net, `${prefix}/head`, x, outputs, "xavier");
  if (row.length === 1) return y;
  return net.node("Reshape", `${prefix}/outputs`, [y], { shape: ["N", ...row], allowZero: false });
}

/** A row of plain numbers: the channels' means of an image; else all there is. */
function features(net: GraphExtension, prefix: string, from: string): string {
  const axes = net.shapeOf(from).length;
  if (axes === 2) return from;
  if (axes !== 4) return net.node("Flatten", `${prefix}/flat`, [from], { axis: 1 });
  return net.node("ReduceMean", `${prefix}/means`, [from], { axes: [2, 3], keepDims: false });
}

function dense(
  net: GraphExtension,
  name: string,
  x: string,
  units: number,
  kind: "he" | "xavier",
): string {
  const [inputs] = rowShape(net.shapeOf(x)) as [number];
  const fans = { fanIn: inputs, fanOut: units };
  const w = net.weights(`${name}.weight`, [units, inputs], kind, fans);
  const b = net.zeros(`${name}.bias`, [units]);
  return net.node("Gemm", name, [x, w, b], { alpha: 1, beta: 1, transB: true });
}
