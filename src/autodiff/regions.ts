import { PERMUTE, PLACE } from "../../assembly/abi/opcodes.js";
import type { Region, Shape } from "../graph/graph.js";
import { rowShape } from "../graph/shape.js";
import type { ProcedureBuilder } from "./procedure-builder.js";
import { rowMajorStrides, toFourAxes } from "./strides.js";
import type { Tensor } from "./training-graph.js";

type Emitter = Pick<ProcedureBuilder, "emit">;

/** A share of a tensor's gradient: that of a region. */
export interface RegionShare {
  readonly share: Tensor;
  readonly region: Region;
}

/** y = a region of x. */
export function emitRead(b: Emitter, x: Tensor, of: Shape, region: Region, y: Tensor): void {
  b.emit(PERMUTE, [x, y], wordsOf(of, region, y.name));
}

/** A region of y = x. */
export function emitPlace(b: Emitter, x: Tensor, y: Tensor, of: Shape, region: Region): void {
  b.emit(PLACE, [x, y], wordsOf(of, region, x.name));
}

/** The attributes of PERMUTE and PLACE. @param of the shape that the region is of */
function wordsOf(of: Shape, { starts, steps, sizes }: Region, where: string): readonly number[] {
  const whole = rowMajorStrides(of);
  const strides = whole.map((stride, axis) => stride * steps[axis]!);
  const axes = toFourAxes(sizes, [strides], where);
  const offset = whole.reduce((sum, stride, axis) => sum + stride * starts[axis]!, 0);
  return [...axes.sizes, ...axes.strides[0]!, offset];
}

/** The whole of a shape from `start` on along one axis. */
export function alongAxis(shape: Shape, axis: number, start: number, size: number): Region {
  return {
    starts: shape.map((_, i) => (i === axis ? start : 0)),
    steps: shape.map(() => 1),
    sizes: shape.with(axis, size),
  };
}

/** The shares in as few groups as a simple search finds, none of which has two that overlap. */
export function disjointGroups(shares: readonly RegionShare[]): readonly RegionShare[][] {
  const groups: RegionShare[][] = [];
  for (const share of shares) {
    const free = groups.find((group) => group.every((o) => areDisjoint(o.region, share.region)));
    if (free) free.push(share);
    else groups.push([share]);
  }
  return groups;
}

/** Whether regions that do not overlap are together the whole of a shape. */
export function coverAll(shares: readonly RegionShare[], of: Shape): boolean {
  const count = (shape: Shape) => rowShape(shape).reduce((a, b) => a * b, 1);
  return shares.reduce((sum, { region }) => sum + count(region.sizes), 0) === count(of);
}

/** Whether along some axis none has what the other has; of different steps that is only known if they lie apart. */
function areDisjoint(a: Region, b: Region): boolean {
  return a.sizes.some((_, axis) => {
    const [p, q] = [extentOf(a, axis), extentOf(b, axis)];
    if (p === undefined || q === undefined) return false;
    const interleave = p.step === q.step && (p.first - q.first) % p.step !== 0;
    return interleave || p.last < q.first || q.last < p.first;
  });
}

function extentOf({ starts, steps, sizes }: Region, axis: number) {
  const size = sizes[axis]!;
  if (size === "N") return undefined;
  const [start, end] = [starts[axis]!, starts[axis]! + (size - 1) * steps[axis]!];
  return {
    first: Math.min(start, end),
    last: Math.max(start, end),
    step: Math.abs(steps[axis]!),
  };
}
