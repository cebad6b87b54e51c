import { Ptr } from "../base/ptr";
import { Conv2dShape, countBelow, firstInside } from "./conv2d-shape";
import { PANEL, PANEL_ROW, packPanel } from "./panel";
import { walkRow, walkRows } from "./tiles";
import { K_BLOCK, TILE_COLUMNS, WALK, Walk } from "./walk";

export function f32Conv2dBackwardParams(
  images: u32,
  shape: Conv2dShape,
  x: Ptr,
  dy: Ptr,
  dw: Ptr,
): void {
  const groups = shape.groups;
  const inGroup = shape.channels / groups,
    outGroup = shape.outChannels / groups;
  const lanes = inGroup == 1 && outGroup == 1 && groups >= TILE_COLUMNS;
  const xPixel: u32 = shape.channels << 2,
    wRow: u32 = shape.outChannels << 2;
  const outWidth = shape.outWidth;
  const image = shape.outHeight * outWidth;
  const places = images * image;
  const walk = changetype<Walk>(WALK);
  const termX = shape.strideW * xPixel;
  walk.lineX = shape.height * shape.width * xPixel;
  walk.linePlaces = image;
  walk.tapX = shape.strideH * shape.width * xPixel;
  walk.tapPlaces = outWidth;
  walk.termX = termX;
  walk.rowX = 4;
  walk.rowY = wRow;
  walk.bias = 0;
  const size: u32 = lanes ? groups : outGroup;
  const count: u32 = lanes ? 1 : groups;
  for (let group: u32 = 0; group < count; ++group) {
    for (let r: u32 = 0; r < size; r += TILE_COLUMNS) {
      if (lanes) r = min<u32>(r, size - TILE_COLUMNS);
      const columns = min<u32>(size - r, TILE_COLUMNS);
      const o: u32 = (group * outGroup + r) << 2;
      const packed = ASC_FEATURE_SIMD ? columns < TILE_COLUMNS || wRow >= 128 : false;
      const termB: u32 = packed ? PANEL_ROW : wRow;
      walk.columns = columns;
      walk.columnB = columns > 1 ? 4 : 0;
      walk.termB = termB;
      walk.tapB = outWidth * termB;
      walk.lineB = image * termB;
      const xAt: Ptr = x + ((group * inGroup + (lanes ? r : 0)) << 2);
      for (let start: u32 = 0; start < places; start += K_BLOCK) {
        const stop = min<u32>(places, start + K_BLOCK);
        walk.start = start;
        walk.stop = stop;
        let b: Ptr = dy + o;
        if (packed) {
          packPanel(stop - start, b + start * wRow, wRow, 4, columns, PANEL);
          b = PANEL - start * PANEL_ROW;
        }
        const first = start / image;
        const lines = (stop - 1) / image - first + 1;
        walk.lines = lines;
        let dwAt = dw + o;
        for (let kh: u32 = 0; kh < shape.kernelH; ++kh) {
          const top: u32 = kh * shape.dilationH - shape.padTop;
          let oh0 = firstInside(top, shape.strideH),
            oh1 = countBelow(top, shape.strideH, shape.height, shape.outHeight);
          if (lines == 1) {
            oh0 = max<u32>(oh0, (start - first * image) / outWidth);
            oh1 = min<u32>(oh1, (stop - 1 - first * image) / outWidth + 1);
          }
          walk.taps = oh0 < oh1 ? oh1 - oh0 : 0;
          for (let kw: u32 = 0; kw < shape.kernelW; ++kw) {
            const left: u32 = kw * shape.dilationW - shape.padLeft;
            const ow0 = firstInside(left, shape.strideW),
              ow1 = countBelow(left, shape.strideW, shape.width, outWidth);
            walk.run = ow0 < ow1 ? ow1 - ow0 : 0;
            const place = first * image + oh0 * outWidth + ow0;
            walk.place = place;
            walk.b = b + place * termB;
            const at =
              xAt + first * walk.lineX + ((top + oh0 * shape.strideH) * shape.width + left + ow0 * shape.strideW) * xPixel;
            if (lanes) walkRow(walk, true, at, dwAt);
            else walkRows(walk, inGroup, at, dwAt);
            dwAt += inGroup * wRow;
          }
        }
      }
    }
  }
}
