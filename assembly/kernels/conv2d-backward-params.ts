import { Ptr } from "../base/ptr";
import { Conv2dShape, countBelow, firstInside, isDepthwise } from "./conv2d-shape";
import { PANEL_ROW, packPanel } from "./panel";
import { PANEL, WALK } from "./scratch";
import { walkRow, walkRows } from "./tiles";
import { K_BLOCK, TILE_COLUMNS, Walk } from "./walk";

/** Copying dy into the panel pays if its rows are at least so far apart. */
const PANEL_STEP_MIN: u32 = 128;

/**
 * The derivative of f32Conv2d by w.
 *
 *   dw[kh,kw,c,o] = Σ_{b,oh,ow} x[b,ih,iw,c]·dy[b,oh,ow,o]
 *   ih = oh·strideH − padTop + kh·dilationH,  iw = ow·strideW − padLeft + kw·dilationW
 *
 * Shapes as there. Sums ascend over (b,oh,ow) in blocks of 256, a term outside the image counting
 * its place only. A block's x and dy stay in the first cache while all kernel elements take theirs.
 * (The bias has the derivative Σ dy, a column sum.)
 */
export function f32Conv2dBackwardParams(
  images: u32,
  shape: Conv2dShape,
  x: Ptr,
  dy: Ptr,
  dw: Ptr,
): void {
  const walk = changetype<Walk>(WALK);
  const lanes = isDepthwise(shape);
  const groups: u32 = lanes ? 1 : shape.groups;
  const inGroup = shape.channels / groups,
    outGroup = shape.outChannels / groups;
  const xPixel: u32 = shape.channels << 2,
    yPixel: u32 = shape.outChannels << 2;
  const places = shape.outHeight * shape.outWidth;
  const terms = images * places;
  const columns = min<u32>(outGroup, TILE_COLUMNS);
  const packed = ASC_FEATURE_SIMD ? columns < TILE_COLUMNS || yPixel >= PANEL_STEP_MIN : false;
  const termB: u32 = packed ? PANEL_ROW : yPixel;
  walk.lineX = shape.height * shape.width * xPixel;
  walk.lineB = places * termB;
  walk.linePlaces = places;
  walk.tapX = shape.strideH * shape.width * xPixel;
  walk.tapB = shape.outWidth * termB;
  walk.tapPlaces = shape.outWidth;
  walk.termX = shape.strideW * xPixel;
  walk.termB = termB;
  walk.rowX = 4;
  walk.rowY = yPixel;
  walk.columns = columns;
  walk.columnB = columns > 1 ? 4 : 0;
  walk.bias = 0;
  for (let group: u32 = 0; group < groups; ++group) {
    for (let column: u32 = 0; column < outGroup; column += TILE_COLUMNS) {
      column = min<u32>(column, outGroup - columns);
      const o = (group * outGroup + column) << 2,
        c = (lanes ? column : group * inGroup) << 2;
      let start: u32 = 0;
      do {
        const stop = min<u32>(terms, start + K_BLOCK);
        walk.start = start;
        walk.stop = stop;
        let b = dy + o;
        if (packed) {
          packPanel(stop - start, b + start * yPixel, yPixel, 4, columns, PANEL);
          b = PANEL - start * PANEL_ROW;
        }
        blockWeights(walk, shape, lanes, x + c, b, dw + o);
        start = stop;
      } while (start < terms);
    }
  }
}

/** What a block adds to one tile's columns, of all kernel elements and input channels. */
function blockWeights(walk: Walk, shape: Conv2dShape, lanes: bool, x: Ptr, b: Ptr, dw: Ptr): void {
  const inGroup = shape.channels / shape.groups;
  const width = shape.width,
    outWidth = shape.outWidth,
    strideH = shape.strideH,
    strideW = shape.strideW;
  const xPixel: u32 = shape.channels << 2;
  const start = walk.start,
    stop = walk.stop,
    places = walk.linePlaces;
  const image = start / places,
    images: u32 = start < stop ? (stop - 1) / places - image + 1 : 0;
  const place = image * places;
  x += image * walk.lineX;
  walk.lines = images;
  for (let kh: u32 = 0; kh < shape.kernelH; ++kh) {
    const top = kh * shape.dilationH - shape.padTop;
    let oh0 = firstInside(top, strideH),
      oh1 = countBelow(top, strideH, shape.height, shape.outHeight);
    if (images == 1) {
      oh0 = max<u32>(oh0, (start - place) / outWidth);
      oh1 = min<u32>(oh1, (stop - 1 - place) / outWidth + 1);
    }
    walk.taps = oh0 < oh1 ? oh1 - oh0 : 0;
    for (let kw: u32 = 0; kw < shape.kernelW; ++kw) {
      const left = kw * shape.dilationW - shape.padLeft;
      const ow0 = firstInside(left, strideW),
        ow1 = countBelow(left, strideW, width, outWidth);
      walk.run = ow0 < ow1 ? ow1 - ow0 : 0;
      walk.place = place + oh0 * outWidth + ow0;
      walk.b = b + walk.place * walk.termB;
      const at = x + ((top + oh0 * strideH) * width + left + ow0 * strideW) * xPixel;
      if (lanes) walkRow(walk, true, at, dw);
      else walkRows(walk, inGroup, at, dw);
      dw += inGroup * walk.rowY;
    }
  }
}
