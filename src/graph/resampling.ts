import type { NodeOf, Shape } from "./graph.js";
import { type Pad2dOptions, type Upsample2dOptions, usage } from "./layer.js";
import { formatShape } from "./shape.js";

/** How a Resize is told what an upsample2d layer does to images of this shape. */
export function upsampling(
  name: string,
  layer: Upsample2dOptions,
  shape: Shape,
): NodeOf<"Resize">["attributes"] {
  const { scale, mode = "nearest" } = layer;
  const [vertical, horizontal] = typeof scale === "number" ? [scale, scale] : scale;
  for (const one of [vertical, horizontal]) {
    if (!(one > 0 && Number.isFinite(one))) throw usage(name, `scale ${one} is not above 0`);
  }
  if (mode !== "nearest" && mode !== "bilinear") {
    throw usage(name, `mode is '${mode}', not nearest or bilinear`);
  }
  const scales = [1, 1, vertical, horizontal];
  const sizes = imageOf(name, shape).map((dim, axis) =>
    dim === "N" ? dim : Math.floor(Math.fround(dim * scales[axis]!)),
  );
  const isNearest = mode === "nearest";
  return {
    sizes,
    scales,
    roi: scales.map(() => [0, 1] as const),
    mode: isNearest ? "nearest" : "linear",
    coordinateMode: isNearest ? "asymmetric" : "half_pixel",
    nearestMode: "floor",
    cubicCoeffA: -0.75,
    excludeOutside: false,
    extrapolationValue: 0,
    antialias: false,
  };
}

/** How a Pad is told what a pad2d layer does to images of this shape. */
export function imagePadding(
  name: string,
  layer: Pad2dOptions,
  shape: Shape,
): NodeOf<"Pad">["attributes"] {
  const { padding, mode = "constant", value = 0 } = layer;
  imageOf(name, shape);
  const sides = typeof padding === "number" ? [padding, padding, padding, padding] : padding;
  if (sides.length !== 4 || !sides.every((side) => Number.isSafeInteger(side))) {
    throw usage(name, `padding [${sides}] is not four whole numbers, or one for all sides`);
  }
  if (!["constant", "reflect", "edge"].includes(mode)) {
    throw usage(name, `mode is '${mode}', not constant, reflect or edge`);
  }
  if (mode !== "constant" && value !== 0) throw usage(name, `a value where mode is '${mode}'`);
  const [left, right, top, bottom] = sides as [number, number, number, number];
  const pads = [[0, 0] as const, [0, 0] as const, [top, bottom] as const, [left, right] as const];
  return { mode, pads, value };
}

function imageOf(name: string, shape: Shape): Shape {
  if (shape.length === 4) return shape;
  throw usage(name, `needs images [N, channels, height, width], not ${formatShape(shape)}`);
}
