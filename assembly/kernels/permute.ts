import { Ptr } from "../base/ptr";
import { StridedRegion } from "./strided-shape";

/**
 * y[d0,d1,d2,d3] = x[offset + Σ i·stride] or, placing, y[offset + Σ i·stride] = x[d0,d1,d2,d3]. Of a negative stride
 * the products wrap, and come right in the sum.
 */
export function f32Permute(d0: u32, region: StridedRegion, placing: bool, x: Ptr, y: Ptr): void {
  const d1 = region.d1;
  const d2 = region.d2;
  const d3 = region.d3;
  const stride0 = region.stride0;
  const stride1 = region.stride1;
  const stride2 = region.stride2;
  const stride3 = region.stride3;
  const first = (placing ? y : x) + (region.offset << 2);
  const step: u32 = stride3 << 2;
  const stepX: u32 = placing ? 4 : step;
  const stepY: u32 = placing ? step : 4;
  for (let i0: u32 = 0; i0 < d0; ++i0) {
    for (let i1: u32 = 0; i1 < d1; ++i1) {
      for (let i2: u32 = 0; i2 < d2; ++i2) {
        const row = first + ((i0 * stride0 + i1 * stride1 + i2 * stride2) << 2);
        if (placing) y = row;
        else x = row;
        let left = d3;
        if (ASC_FEATURE_SIMD) {
          if (step == 4) {
            for (; left >= 4; left -= 4, x += 16, y += 16) v128.store(y, v128.load(x));
          }
        }
        for (; left; --left, x += stepX, y += stepY) store<f32>(y, load<f32>(x));
      }
    }
  }
}
