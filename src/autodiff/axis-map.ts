import { SEPARABLE } from "../../assembly/abi/opcodes.js";
import type { ProcedureBuilder } from "./procedure-builder.js";
import type { Tensor } from "./training-graph.js";

/** A share of one output: the input's place along the axis, and what it is multiplied by. */
export type Entry = readonly [index: number, weight: number];

/**
 * A linear map along one axis, sparse, by rows: output i is Σ weights[e]·x[indices[e]] over starts[i] ≤ e < starts[i + 1].
 */
export interface AxisMap {
  readonly inSize: number;
  readonly outSize: number;
  /** outSize + 1 of them, ascending. */
  readonly starts: readonly number[];
  readonly indices: readonly number[];
  readonly weights: readonly number[];
  /** What an output without entries is; 0 if left out. */
  readonly fill?: number;
}

/** For each axis of a value its map; undefined where the axis stays as it is. */
export type AxisMaps = readonly (AxisMap | undefined)[];

/** The map whose outputs have these entries, which are put in order; those of one index are added up. */
export function axisMap(inSize: number, outputs: readonly (readonly Entry[])[]): AxisMap {
  const lists = outputs.map(joined);
  const starts = [0];
  for (const { length } of lists) starts.push(starts.at(-1)! + length);
  const entries = lists.flat();
  return {
    inSize,
    outSize: outputs.length,
    starts,
    indices: entries.map(([index]) => index),
    weights: entries.map(([, weight]) => weight),
  };
}

function joined(entries: readonly Entry[]): Entry[] {
  const sums = new Map<number, number>();
  for (const [index, weight] of entries) sums.set(index, (sums.get(index) ?? 0) + weight);
  // Without zeros, so that an infinite neighbour that has no share makes no NaN.
  return [...sums].filter(([, weight]) => weight !== 0).sort(([a], [b]) => a - b);
}

/** Output i is the input at indices[i], which is moved as it is. */
export function gatherMap(inSize: number, indices: readonly number[]): AxisMap {
  const outputs = indices.map((index): Entry[] => [[index, 1]]);
  return axisMap(inSize, outputs);
}

/** The adjoint: an input's entries are the outputs that it has a share of. So gradients are gathered, too. */
export function transposedMap({ inSize, outSize, starts, indices, weights }: AxisMap): AxisMap {
  const outputs = Array.from({ length: inSize }, (): Entry[] => []);
  for (let i = 0; i < outSize; i++) {
    for (let e = starts[i]!; e < starts[i + 1]!; e++) outputs[indices[e]!]!.push([i, weights[e]!]);
  }
  return axisMap(outSize, outputs);
}

/** What the core reads of a map but for its weights: the starts, then the indices. */
export function tableOf(
  b: ProcedureBuilder,
  { inSize, outSize, starts, indices }: AxisMap,
): Tensor {
  const table = Int32Array.from([...starts, ...atLeastOne(indices)]);
  return b.constant(`table ${inSize} to ${outSize}`, table);
}

function weightsOf(b: ProcedureBuilder, { inSize, outSize, weights }: AxisMap): Tensor {
  const numbers = Float32Array.from(atLeastOne(weights));
  return b.constant(`weights ${inSize} to ${outSize}`, numbers);
}

/** No tensor is empty: a map without entries has one that is in no list. */
function atLeastOne(numbers: readonly number[]): readonly number[] {
  return numbers.length > 0 ? numbers : [0];
}

/** The map of an axis of one number that stays as it is. */
export const ALONE = gatherMap(1, [0]);

/**
 * y = both maps along the axes of the images x [.., rows.inSize, columns.inSize, inner]; one of them may be left out, its
 * axis then being of one number.
 */
export function emitSeparable(
  b: ProcedureBuilder,
  maps: { readonly rows?: AxisMap; readonly columns?: AxisMap },
  inner: number,
  x: Tensor,
  y: Tensor,
): void {
  const { rows = ALONE, columns = ALONE } = maps;
  const tables = [tableOf(b, rows), tableOf(b, columns), weightsOf(b, rows), weightsOf(b, columns)];
  const sizes = [rows.inSize, columns.inSize, rows.outSize, columns.outSize];
  b.emit(SEPARABLE, [x, ...tables, y], [...sizes, inner]);
}
