import { MAX_POOL, MAX_POOL_BACKWARD } from "../../../assembly/abi/opcodes.js";
import type { NodeOf } from "../../graph/graph.js";
import { type PoolAxis, poolAxis } from "../../graph/ops/pool.js";
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
  const nhwc = node.attributes.layout === "NHWC";
  const [x, y] = [b.shapeOf(node.inputs[0]!), b.shapeOf(node.outputs[0]!)] as number[][];
  const along = (side: 0 | 1) => {
    const place = side + (nhwc ? 1 : 2);
    const axis = poolAxis(node.attributes, x![place]!, side);
    return isLeft(axis) ? undefined : windowsAlong(axis, y![place]!, node);
  };
  const [rows, columns] = [along(0), along(1)];
  const [width, channels] = nhwc ? [x![2]!, x![3]!] : [x![3]!, 1];
  const inner = columns ? channels : channels * width;
  return { rows: rows ?? ALONE, columns: columns ?? ALONE, inner };
}

function isLeft({ kernel, stride, begin, end }: PoolAxis): boolean {
  return kernel === 1 && stride === 1 && begin === 0 && end === 0;
}

/** Which numbers along an axis each window covers, each with its share of the mean. */
function windowsAlong(
  { size, kernel, stride, dilation, begin, end }: PoolAxis,
  count: number,
  node: NodeOf<"AveragePool"> | NodeOf<"MaxPool">,
): AxisMap {
  const includesPad = node.op === "AveragePool" && node.attributes.countIncludePad;
  const outputs = Array.from({ length: count }, (_, i) => {
    const start = i * stride - begin;
    /** How many of the window's places lie in front of one. */
    const before = (place: number) =>
      Math.min(kernel, Math.max(0, Math.ceil((place - start) / dilation)));
    const [first, last] = [before(0), before(size)];
    const share = node.op === "MaxPool" ? 1 : 1 / (includesPad ? before(size + end) : last - first);
    const entry = (_: unknown, k: number) => [start + (first + k) * dilation, share] as const;
    return Array.from({ length: last - first }, entry);
  });
  return axisMap(size, outputs);
}
