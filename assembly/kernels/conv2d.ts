import { Ptr } from "../base/ptr";
import { conv2dGather } from "./conv2d-gather";
import { Conv2dShape } from "./conv2d-shape";

export function f32Conv2d(rows: u32, shape: Conv2dShape, x: Ptr, w: Ptr, bias: Ptr, y: Ptr): void {
  conv2dGather(rows, shape, false, x, w, bias, y);
}
