import { Ptr } from "../base/ptr";
import { StridedShape } from "./strided-shape";

/** y[d0,d1,d2,d3] = x[Σ i·stride], strides in elements: a transpose of up to four axes. */
export function f32Permute(d0: u32, shape: StridedShape, x: Ptr, y: Ptr): void {
  const d1 = shape.d1;
  const d2 = shape.d2;
  const d3 = shape.d3;
  const stride0 = shape.stride0;
  const stride1 = shape.stride1;
  const stride2 = shape.stride2;
  const stride3 = shape.stride3;
  const step: u32 = stride3 << 2;
  const rowBytes: u32 = d3 << 2;
  for (let i0: u32 = 0; i0 < d0; ++i0) {
    for (let i1: u32 = 0; i1 < d1; ++i1) {
      for (let i2: u32 = 0; i2 < d2; ++i2) {
        let p = x + ((i0 * stride0 + i1 * stride1 + i2 * stride2) << 2);
        const end = y + rowBytes;
        if (ASC_FEATURE_SIMD) {
          if (step == 4) {
            for (; y + 16 <= end; y += 16, p += 16) v128.store(y, v128.load(p));
          }
        }
        for (; y < end; y += 4, p += step) store<f32>(y, load<f32>(p));
      }
    }
  }
}
