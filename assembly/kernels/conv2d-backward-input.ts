import { Ptr } from "../base/ptr";
import { conv2dGather } from "./conv2d-gather";
import { Conv2dShape } from "./conv2d-shape";

export function f32Conv2dBackwardInput(
  rows: u32,
  shape: Conv2dShape,
  dy: Ptr,
  w: Ptr,
  dx: Ptr,
): void {
  conv2dGather(rows, shape, true, dy, w, 0, dx);
}
