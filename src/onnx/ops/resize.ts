import type { Dim, Node, NodeOf, Shape } from "../../graph/graph.js";
import type { OnnxNode, Scope } from "../node.js";
import { floats, intConstant } from "./constants.js";
import { nodeFrom } from "./node-from.js";
import { distinctAxes } from "./pad.js";

type Attributes = NodeOf<"Resize">["attributes"];

/** The axes that a node has numbers for. */
interface Named {
  readonly node: OnnxNode;
  /** Of the input. */
  readonly shape: Shape;
  readonly axes: readonly number[];
}

/** Other sizes along the axes, interpolated; before opset 11 it is Upsample by another name. */
export function Resize(node: OnnxNode, scope: Scope): Node {
  if (scope.opset < 11) return Upsample(node, scope);
  const shape = scope.shape(node, node.input(0));
  const all = shape.map((_, axis) => axis);
  const named = { node, shape, axes: distinctAxes(node, node.ints("axes") ?? all, shape.length) };
  const coordinateMode = node.choice("coordinate_transformation_mode", [
    "half_pixel",
    "half_pixel_symmetric",
    "pytorch_half_pixel",
    "align_corners",
    "asymmetric",
    "tf_half_pixel_for_nn",
    "tf_crop_and_resize",
  ]);
  const crops = coordinateMode === "tf_crop_and_resize";
  return nodeFrom("Resize", node, [node.input(0)], {
    ...sizesOf(named, scope),
    roi: crops ? roiOf(named, scope) : shape.map(() => WHOLE),
    mode: node.choice("mode", ["nearest", "linear", "cubic"]),
    coordinateMode,
    nearestMode: node.choice("nearest_mode", [
      "round_prefer_floor",
      "round_prefer_ceil",
      "floor",
      "ceil",
    ]),
    cubicCoeffA: node.float("cubic_coeff_a", -0.75),
    excludeOutside: node.int("exclude_outside", 0) !== 0,
    extrapolationValue: node.float("extrapolation_value", 0),
    antialias: node.int("antialias", 0) !== 0,
  });
}

/** Resize as it was first; its scales are an attribute before opset 9. */
export function Upsample(node: OnnxNode, scope: Scope): Node {
  const shape = scope.shape(node, node.input(0));
  const named = { node, shape, axes: shape.map((_, axis) => axis) };
  const given =
    scope.opset < 9 ? node.floats("scales") : floats(node, scope, 1, "its list of scales");
  if (!given) throw node.error("attribute-invalid", "it has no scales");
  return nodeFrom("Resize", node, [node.input(0)], {
    ...scaled(named, given),
    roi: shape.map(() => WHOLE),
    mode: node.choice("mode", ["nearest", "linear"]),
    coordinateMode: "asymmetric",
    // As ONNX Runtime understands it; the specification does not say.
    nearestMode: given.some((scale) => scale < 1) ? "ceil" : "floor",
    cubicCoeffA: -0.75,
    excludeOutside: false,
    extrapolationValue: 0,
    antialias: false,
  });
}

const WHOLE = [0, 1] as const;

/** The numbers of the named axes as one for each axis of the input. */
function perAxis<T>(
  { node, shape, axes }: Named,
  name: string,
  given: readonly T[],
  others: (axis: number) => T,
): readonly T[] {
  if (given.length !== axes.length) {
    throw node.error("attribute-invalid", `${given.length} ${name} for ${axes.length} axes`);
  }
  return shape.map((_, axis) => {
    const place = axes.indexOf(axis);
    return place < 0 ? others(axis) : given[place]!;
  });
}

function sizesOf(named: Named, scope: Scope): Pick<Attributes, "sizes" | "scales"> {
  const { node, shape } = named;
  const scales = floats(node, scope, 2, "its list of scales");
  if (scales !== undefined) return scaled(named, scales);
  const given = intConstant(node, scope, 3, "its list of sizes");
  const sizes = perAxis(named, "sizes", given, (axis) => shape[axis]!).map((to, axis) =>
    // In a file made for one batch, its size was the batch.
    shape[axis] === "N" && to === scope.fixedBatch ? "N" : to,
  );
  const ratios = sizes.map((to, axis) => ratio(to, shape[axis]!));
  const policy = node.choice("keep_aspect_ratio_policy", ["stretch", "not_larger", "not_smaller"]);
  if (policy === "stretch") return { sizes, scales: ratios };
  const choose = policy === "not_larger" ? Math.min : Math.max;
  const scale = choose(...named.axes.map((axis) => ratios[axis]!));
  const kept = shape.map((_, axis) => (named.axes.includes(axis) ? scale : 1));
  return { sizes: shape.map((size, axis) => times(size, kept[axis]!, Math.round)), scales: kept };
}

function scaled(named: Named, given: readonly number[]): Pick<Attributes, "sizes" | "scales"> {
  const scales = perAxis(named, "scales", given, () => 1);
  return { sizes: named.shape.map((size, i) => times(size, scales[i]!, Math.floor)), scales };
}

function times(size: Dim, scale: number, whole: (x: number) => number): Dim {
  // In f32, as runtimes compute it: 3 by a scale of 7/3 is 7.
  return size === "N" ? size : whole(Math.fround(size * scale));
}

function ratio(to: Dim, from: Dim): number {
  return to === from ? 1 : Number(to) / Number(from);
}

/** All starts come before all ends. */
function roiOf(named: Named, scope: Scope): Attributes["roi"] {
  const { node, axes } = named;
  const roi = floats(node, scope, 1, "its roi") ?? [];
  if (roi.length !== 2 * axes.length) {
    throw node.error("attribute-invalid", `a roi of ${roi.length} numbers for ${axes.length} axes`);
  }
  const parts = axes.map((_, i) => [roi[i]!, roi[i + axes.length]!] as const);
  return perAxis(named, "parts", parts, () => WHOLE);
}
