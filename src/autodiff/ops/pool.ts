import { MAX_POOL, MAX_POOL_BACKWARD } from "../../../assembly/abi/opcodes.js";
import type { NodeOf } from "../../graph/graph.js";
import { type PoolAxis, poolAxis, windowCount } from "../../graph/ops/pool.js";
import {
  ALONE,
  type AxisMap,
  axisMap,
  emitSeparable,
  tableOf,
  transposedMap,
} from "../axis-map.js";
import type { ProcedureBuilder } from "../procedure-builder.js";
import type { Tensor } from "../training-graph.js";
import type { Rule } from "./rule.js";

/** y = the largest of each window; dx = dy where it was, the first of equals. Nothing is saved but x. */
export const maxPool: Rule<"MaxPool"> = {
  forward(node, b) {
    const x = b.tensorOf(node.inputs[0]!);
    const { tables, sizes } = maxWindows(node, b);
    b.emit(MAX_POOL, [x, ...tables, b.define(node.outputs[0]!)], sizes);
  },
  backward(node, b) {
    const [x, dy] = [node.inputs[0]!, b.gradientOf(node.outputs[0]!)];
    const { tables, sizes } = maxWindows(node, b);
    b.backward(x, (dx) => b.emit(MAX_POOL_BACKWARD, [b.tensorOf(x), ...tables, dy, dx], sizes));
  },
};

/** y = Σ x / n over each window, n along each axis apart; dx = Σ dy / n over the windows around it. */
export const averagePool: Rule<"AveragePool"> = {
  forward(node, b) {
    const { rows, columns, inner } = windowsOf(node, b);
    const x = b.tensorOf(node.inputs[0]!);
    emitSeparable(b, { rows, columns }, inner, x, b.define(node.outputs[0]!));
  },
  backward(node, b) {
    const { rows, columns, inner } = windowsOf(node, b);
    const maps = { rows: transposedMap(rows), columns: transposedMap(columns) };
    const dy = b.gradientOf(node.outputs[0]!);
    b.backward(node.inputs[0]!, (dx) => emitSeparable(b, maps, inner, dy, dx));
  },
};

function maxWindows(node: NodeOf<"MaxPool">, b: ProcedureBuilder) {
  const { rows, columns, inner } = windowsOf(node, b);
  const tables: Tensor[] = [tableOf(b, rows), tableOf(b, columns)];
  const sizes = [rows.inSize, columns.inSize, rows.outSize, columns.outSize, inner];
  return { tables, sizes };
}

/**
 * The windows along the height and the width of the images as they lie in memory. An axis that stays as it is joins
 * its neighbour: the width the numbers of a pixel, the height the images.
 */
function windowsOf(node: NodeOf<"AveragePool"> | NodeOf<"MaxPool">, b: ProcedureBuilder) {
  const { attributes } = node;
  const x = b.shapeOf(node.inputs[0]!) as readonly number[];
  const [height, width, channels] = attributes.layout === "NHWC" ? x.slice(1) : [...x.slice(2), 1];
  const averages = node.op === "AveragePool";
  const counts = averages ? (node.attributes.countIncludePad ? "padded" : "image") : "none";
  const [rows, columns] = ([0, 1] as const).map((side) => {
    const axis = poolAxis(attributes, side === 0 ? height! : width!, side);
    return isLeft(axis) ? undefined : windowMap(axis, attributes.ceilMode, counts);
  });
  const inner = columns ? channels! : channels! * width!;
  return { rows: rows ?? ALONE, columns: columns ?? ALONE, inner };
}

function isLeft({ kernel, stride, begin, end }: PoolAxis): boolean {
  return kernel === 1 && stride === 1 && begin === 0 && end === 0;
}

/**
 * Which numbers along an axis each window covers, each with 1, or with its share of the mean over those of the window
 * that lie in the image, or in the padded one.
 */
export function windowMap(
  axis: PoolAxis,
  ceilMode: boolean,
  counts: "none" | "image" | "padded",
): AxisMap {
  const { size, kernel, stride, dilation, begin, end } = axis;
  const outputs = Array.from({ length: windowCount(axis, ceilMode) }, (_, i) => {
    const start = i * stride - begin;
    // How many of the window's places lie in front of a place.
    const before = (place: number) =>
      Math.min(kernel, Math.max(0, Math.ceil((place - start) / dilation)));
    const [first, last] = [before(0), before(size)];
    const whole = counts === "padded" ? before(size + end) : last - first;
    const share = counts === "none" ? 1 : 1 / whole;
    const entry = (_: unknown, k: number) => [start + (first + k) * dilation, share] as const;
    return Array.from({ length: last - first }, entry);
  });
  return axisMap(size, outputs);
}
