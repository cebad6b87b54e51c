import type { CoordinateMode, NearestMode, NodeOf } from "../../graph/graph.js";
import { type AxisMap, axisMap, type Entry } from "../axis-map.js";
import { axisWise } from "./axis-wise.js";

type Attributes = NodeOf<"Resize">["attributes"];

/** One axis that is resized. roi: what part of it is taken, 0 to 1 being all. */
interface Axis {
  readonly inSize: number;
  readonly outSize: number;
  readonly scale: number;
  readonly roi: readonly [start: number, end: number];
}

/** y = x at other places along its axes, interpolated: ONNX's Resize, and PyTorch's interpolate. */
export const resize = axisWise<"Resize">(({ attributes }, shape) => {
  const { sizes, scales, roi, coordinateMode } = attributes;
  return shape.map((inSize, axis) => {
    const scale = scales[axis]!;
    const stays = scale === 1 && coordinateMode !== "tf_crop_and_resize";
    if (inSize === "N" || stays) return undefined;
    const outSize = sizes[axis] as number;
    return resizeMap({ inSize, outSize, scale, roi: roi[axis]! }, attributes);
  });
});

function resizeMap(axis: Axis, attributes: Attributes): AxisMap {
  const { coordinateMode, extrapolationValue } = attributes;
  const { inSize, outSize } = axis;
  const crops = coordinateMode === "tf_crop_and_resize";
  const outputs = Array.from({ length: outSize }, (_, i): Entry[] => {
    // In f32, as runtimes compute it: what is whole but for the rounding of a scale becomes whole.
    const x = Math.fround(coordinates[coordinateMode](i, axis));
    if (crops && !(x >= 0 && x <= inSize - 1)) return [];
    return entriesAt(x, axis, attributes);
  });
  return { ...axisMap(inSize, outputs), ...(crops && { fill: extrapolationValue }) };
}

/** The place in the input that output i stands for. */
const coordinates: { readonly [K in CoordinateMode]: (i: number, axis: Axis) => number } = {
  align_corners: (i, { inSize, scale }) => {
    const length = Math.fround(scale * inSize);
    return length === 1 ? 0 : (i * (inSize - 1)) / (length - 1);
  },
  asymmetric: (i, { scale }) => i / scale,
  half_pixel: halfPixel,
  half_pixel_symmetric: (i, axis) => {
    const { inSize, outSize, scale } = axis;
    const cut = 1 - outSize / (scale * inSize);
    return (inSize / 2) * cut + halfPixel(i, axis);
  },
  pytorch_half_pixel: (i, axis) => (axis.outSize > 1 ? halfPixel(i, axis) : 0),
  tf_crop_and_resize: (i, { inSize, outSize, roi: [start, end] }) => {
    const share = outSize > 1 ? i / (outSize - 1) : 0.5;
    return (start + share * (end - start)) * (inSize - 1);
  },
  tf_half_pixel_for_nn: (i, { scale }) => (i + 0.5) / scale,
};

function halfPixel(i: number, { scale }: Axis): number {
  return (i + 0.5) / scale - 0.5;
}

const roundings: { readonly [K in NearestMode]: (x: number) => number } = {
  ceil: Math.ceil,
  floor: Math.floor,
  round_prefer_ceil: (x) => Math.floor(x + 0.5),
  round_prefer_floor: (x) => Math.ceil(x - 0.5),
};

function entriesAt(x: number, { inSize, scale }: Axis, attributes: Attributes): Entry[] {
  const { mode, nearestMode, antialias } = attributes;
  const inside = (index: number) => Math.min(Math.max(index, 0), inSize - 1);
  if (mode === "nearest") return [[inside(roundings[nearestMode](x)), 1]];
  // With antialias the kernel is as wide as the outputs lie apart.
  const squeeze = antialias ? Math.min(scale, 1) : 1;
  const reach = (mode === "linear" ? 1 : 2) / squeeze;
  const entries: Entry[] = [];
  for (let index = Math.ceil(x - reach); index <= x + reach; index++) {
    const excluded = attributes.excludeOutside && index !== inside(index);
    const distance = Math.abs(index - x) * squeeze;
    const weight = mode === "linear" ? 1 - distance : cubicWeight(distance, attributes.cubicCoeffA);
    if (!excluded) entries.push([inside(index), weight]);
  }
  const sum = entries.reduce((total, [, weight]) => total + weight, 0);
  return entries.map(([index, weight]) => [index, weight / sum]);
}

/** The cubic convolution kernel at a distance of 0 to 2. Keys 1981, doi:10.1109/TASSP.1981.1163711, eq. 4 with α = a. */
function cubicWeight(t: number, a: number): number {
  return t <= 1 ? ((a + 2) * t - (a + 3)) * t * t + 1 : a * (((t - 5) * t + 8) * t - 4);
}
