import { gatherMap } from "../axis-map.js";
import { axisWise } from "./axis-wise.js";

/** y = x at the indices along one axis; dx at an index is the sum of dy wherever it was taken. */
export const gather = axisWise<"Gather">(({ attributes: { axis, indices } }, shape) =>
  shape.map((size, i) => (i === axis ? gatherMap(size as number, indices) : undefined)),
);
