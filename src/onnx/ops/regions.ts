import type { Dim, Shape } from "../../graph/graph.js";
import { type Cut, cutOf, regionOf } from "../../graph/ops/cuts.js";
import { formatShape, isBatched, normalAxis } from "../../graph/shape.js";
import { regionOrder } from "../../graph/view.js";
import type { Lowered, OnnxNode, Scope } from "../node.js";
import type { FloatConstant, IntConstant } from "../tensor.js";
import { intConstant, intInput, isArithmetic, sizes, vector } from "./constants.js";
import { Expanding } from "./expanding.js";
import { nodeFrom } from "./node-from.js";

/** Of a tensor, as long as it may be here. */
const AXES_MAX = 8;

/** The inputs one behind the other along `axis`. */
export function Concat(node: OnnxNode, scope: Scope): Lowered {
  const names = node.inputs.map((_, index) => node.input(index));
  if (!isArithmetic(node, scope)) {
    return vector(names.flatMap((_, index) => numbers(node, scope, index)));
  }
  const list = constantList(names, scope);
  if (list !== undefined) return list;
  if (!node.has("axis")) throw node.error("attribute-invalid", "axis is missing");
  const axis = axisOf(node, node.int("axis", 0), scope.shape(node, names[0]!));
  if (names.length === 1) return nodeFrom("Identity", node, names, {});
  const expanding = new Expanding(node, scope);
  return expanding.end("Concat", withBatch(names, node, scope, expanding), { axis });
}

/**
 * Lists of floats as one, where each is a Constant node's: so PyTorch writes a Resize's scales if it folds nothing.
 * Undefined for any other inputs, and for what is too long to be a number for each axis.
 */
function constantList(names: readonly string[], scope: Scope): FloatConstant | undefined {
  const numbers: number[] = [];
  for (const name of names) {
    const part = scope.isInitializer(name) ? undefined : scope.constant(name);
    if (part?.type !== "float32" || part.shape.length !== 1) return undefined;
    if (numbers.length + part.data.length > AXES_MAX) return undefined;
    numbers.push(...part.data);
  }
  return { type: "float32", shape: [numbers.length], data: Float32Array.from(numbers) };
}

/** In a file made for one row, what has no batch beside what has one is repeated for every row. */
function withBatch(
  names: readonly string[],
  node: OnnxNode,
  scope: Scope,
  expanding: Expanding,
): readonly string[] {
  const shapes = names.map((name) => scope.shape(node, name));
  if (scope.fixedBatch !== 1 || !shapes.some(isBatched)) return names;
  return names.map((name, i) => {
    const [first, ...row] = shapes[i]!;
    return first === 1 ? expanding.step("Expand", [name], { shape: ["N", ...row] }) : name;
  });
}

/** Parts along `axis`: of given sizes, equal ones, or, since opset 18, equal ones but for a smaller last one. */
export function Split(node: OnnxNode, scope: Scope): Lowered {
  const whole = isArithmetic(node, scope) ? undefined : numbers(node, scope, 0);
  const shape = whole ? [whole.length] : scope.shape(node, node.input(0));
  const axis = axisOf(node, node.int("axis", 0), shape);
  const parts = partSizes(node, scope, shape, axis);
  const expanding = new Expanding(node, scope);
  const constants = new Map<string, IntConstant>();
  let start = 0;
  for (const [index, size] of parts.entries()) {
    const output = node.outputs[index]!;
    if (whole) constants.set(output, vector(whole.slice(start, start + size)));
    else if (scope.uses(output) > 0) {
      const region = regionOf(shape, new Map([[axis, { start, step: 1, size }]]));
      expanding.output(index, "Slice", [node.input(0)], region);
    }
    start += size;
  }
  return whole ? { nodes: [], constants } : expanding.expansion;
}

/** The sizes are an attribute before opset 13, an input since. */
function partSizes(node: OnnxNode, scope: Scope, shape: Shape, axis: number): readonly number[] {
  const size = shape[axis]!;
  const from = `axis ${axis} of ${formatShape(shape)}`;
  if (size === "N") throw node.error("batch-moved", `${from}, the batch, cannot be split`);
  const count = node.outputs.length;
  const isInput = scope.opset >= 13 && (node.inputs[1] ?? "") !== "";
  const given = isInput ? sizes(node, scope, 1, "split") : node.ints("split");
  if (given !== undefined) {
    const isWhole = given.reduce((a, b) => a + b, 0) === size && given.every((part) => part >= 0);
    if (isWhole && given.length === count) return given;
    throw node.error("attribute-invalid", `${count} parts of [${given}] from ${from}`);
  }
  const isUneven = node.has("num_outputs");
  const wanted = node.int("num_outputs", count);
  const part = Math.ceil(size / count);
  const last = size - (count - 1) * part;
  if (wanted === count && (last === part || (isUneven && last >= 0))) {
    return Array.from({ length: count }, (_, index) => (index < count - 1 ? part : last));
  }
  throw node.error("attribute-invalid", `${wanted} equal parts from ${from}`);
}

/** A region of the input, each bound clamped to it. */
export function Slice(node: OnnxNode, scope: Scope): Lowered {
  const bounds = readBounds(node, scope);
  if (!isArithmetic(node, scope)) {
    const from = intInput(node, scope, 0, "what it slices");
    const region = regionOf(from.shape, cutsOf(node, scope, from.shape, bounds));
    const values = Array.from(regionOrder(from.shape, region), (i) => from.values[i]!);
    return { ...from, shape: region.sizes as readonly number[], values };
  }
  const shape = scope.shape(node, node.input(0));
  const cuts = cutsOf(node, scope, shape, bounds);
  const empty = [...cuts].find(([, { size }]) => size === 0);
  if (empty) {
    const problem = `it leaves nothing of axis ${empty[0]} of ${formatShape(shape)}`;
    throw node.error("tensor-empty", problem);
  }
  if (cuts.size === 0) return nodeFrom("Identity", node, [node.input(0)], {});
  return cutInSteps(node, scope, shape, cuts);
}

/** One Slice, or one for each axis where the region would not be one of four axes, whatever their order in memory. */
function cutInSteps(
  node: OnnxNode,
  scope: Scope,
  shape: Shape,
  cuts: ReadonlyMap<number, Cut>,
): Lowered {
  const expanding = new Expanding(node, scope);
  const runs = [...cuts.values()].reduce((sum, { step }) => sum + (step === 1 ? 1 : 2), 1);
  const isOne = shape.length <= 4 || runs <= 4;
  const [last, ...before] = isOne ? [cuts] : [...cuts].map((cut) => new Map([cut]));
  let [x, left] = [node.input(0), shape];
  for (const step of before) {
    const region = regionOf(left, step);
    x = expanding.step("Slice", [x], region);
    left = region.sizes;
  }
  return expanding.end("Slice", [x], regionOf(left, last!));
}

interface Bounds {
  readonly starts: readonly Dim[];
  readonly ends: readonly Dim[];
  readonly axes: readonly number[];
  readonly steps: readonly number[];
}

/** Attributes before opset 10, inputs since. */
function readBounds(node: OnnxNode, scope: Scope): Bounds {
  const isEarly = scope.opset < 10;
  const optional = (index: number, name: string) =>
    (node.inputs[index] ?? "") === "" ? undefined : sizes(node, scope, index, name);
  const starts = isEarly ? node.bounds("starts") : intConstant(node, scope, 1, "starts");
  const ends = isEarly ? node.bounds("ends") : intConstant(node, scope, 2, "ends");
  if (!starts || !ends) throw node.error("attribute-invalid", "starts or ends are missing");
  const axes = (isEarly ? node.ints("axes") : optional(3, "axes")) ?? starts.map((_, i) => i);
  const steps = (isEarly ? undefined : optional(4, "steps")) ?? starts.map(() => 1);
  if ([ends, axes, steps].some(({ length }) => length !== starts.length)) {
    const counts = [starts, ends, axes, steps].map(({ length }) => length);
    throw node.error(
      "attribute-invalid",
      `starts, ends, axes and steps are ${counts.join(", ")} numbers`,
    );
  }
  return { starts, ends, axes, steps };
}

/** What is taken along each axis of which not all is. */
function cutsOf(
  node: OnnxNode,
  scope: Scope,
  shape: Shape,
  { starts, ends, axes, steps }: Bounds,
): ReadonlyMap<number, Cut> {
  const cuts = new Map<number, Cut>();
  const seen = new Set<number>();
  for (const [i, given] of axes.entries()) {
    const axis = axisOf(node, given, shape);
    if (seen.has(axis)) throw node.error("attribute-invalid", `axis ${axis} is there twice`);
    seen.add(axis);
    const [dim, start, end, step] = [shape[axis]!, starts[i]!, ends[i]!, steps[i]!];
    if (step === 0) throw node.error("attribute-invalid", `a step of 0 along axis ${axis}`);
    if (dim === "N") {
      checkAllRows(node, scope, start, end, step);
      continue;
    }
    if (start === "N" || end === "N") {
      throw node.error("op-unsupported", `the bounds of axis ${axis} depend on the batch`);
    }
    const cut = cutOf(dim, start, end, step);
    if (cut.size !== dim || step < 0) cuts.set(axis, cut);
  }
  return cuts;
}

/** In a file made for one batch, its size as the end is all of it. */
function checkAllRows(node: OnnxNode, scope: Scope, start: Dim, end: Dim, step: number): void {
  const isEnd = end === "N" || end === scope.fixedBatch || end >= 2 ** 31 - 1;
  if (start === 0 && step === 1 && isEnd) return;
  throw node.error(
    "batch-moved",
    `rows ${start} to ${end} in steps of ${step} are not the batch N`,
  );
}

/** A vector of shape arithmetic. */
function numbers(node: OnnxNode, scope: Scope, index: number): readonly Dim[] {
  const { shape, values } = intInput(node, scope, index, `input ${index + 1}`);
  if (shape.length === 1) return values;
  throw node.error("op-unsupported", `whole numbers of shape [${shape}], where a vector is needed`);
}

function axisOf(node: OnnxNode, axis: number, shape: Shape): number {
  const normal = normalAxis(axis, shape.length);
  if (normal !== undefined) return normal;
  const problem = `axis ${axis} of an input of shape ${formatShape(shape)}`;
  throw node.error("attribute-invalid", problem);
}
