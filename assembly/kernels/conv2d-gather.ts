import { Ptr } from "../base/ptr";
import { Axis, axisAlike, axisMeet, axisSet } from "./conv2d-axis";
import { Conv2dShape, isDepthwise } from "./conv2d-shape";
import { PANEL_ROW, packPanel } from "./panel";
import { HORIZONTAL, PANEL, VERTICAL, WALK } from "./scratch";
import { walkLanes, walkRows } from "./tiles";
import { K_BLOCK, TILE_COLUMNS, Walk } from "./walk";

/**
 * A convolution, and its gradient by x, which is one from dy by the transposed kernel: each pixel of
 * y collects what it meets in x. x and y are named as forward; backward they are dy and dx.
 *
 * Columns of y are the outermost loop, so that their weights stay where they are packed; then come
 * blocks of the sum; then boxes of pixels that meet x with the same kernel elements.
 */
export function conv2dGather(
  images: u32,
  shape: Conv2dShape,
  backward: bool,
  x: Ptr,
  w: Ptr,
  bias: Ptr,
  y: Ptr,
): void {
  const walk = changetype<Walk>(WALK);
  const lanes = isDepthwise(shape);
  const inGroup = shape.channels / shape.groups,
    outGroup = shape.outChannels / shape.groups;
  const depth: u32 = backward ? outGroup : inGroup; // channels of x that a pixel's column sums over
  const wRow: u32 = shape.outChannels << 2;
  const xPixel: u32 = backward ? wRow : shape.channels << 2,
    yPixel: u32 = backward ? shape.channels << 2 : wRow;
  const termB: u32 = backward ? 4 : wRow,
    columnB: u32 = backward && !lanes ? wRow : 4,
    tapB = inGroup * wRow;
  images = gatherAxes(images, shape, backward);
  gatherSteps(walk, depth, xPixel, tapB, termB);

  const size: u32 = lanes ? shape.groups : backward ? inGroup : outGroup,
    groups: u32 = lanes ? 1 : shape.groups;
  const columns = min<u32>(size, TILE_COLUMNS);
  walk.columns = columns;
  walk.columnB = columns > 1 ? columnB : 0;
  const terms = shape.kernelH * shape.kernelW * depth;
  for (let group: u32 = 0; group < groups; ++group) {
    for (let column: u32 = 0; column < size; column += TILE_COLUMNS) {
      column = min<u32>(column, size - columns);
      const wAt: Ptr = w + ((group * outGroup) << 2) + column * columnB,
        xAt: Ptr = x + ((lanes ? column : group * depth) << 2),
        o: u32 = (group * size + column) << 2;
      for (let start: u32 = 0; start < terms; start += K_BLOCK) {
        walk.start = start;
        walk.stop = min<u32>(terms, start + K_BLOCK);
        walk.bias = bias && walk.stop == terms ? bias + o : 0;
        let b = wAt;
        if (ASC_FEATURE_SIMD) {
          packWeights(walk, depth, wAt, tapB, termB, columnB);
          b = PANEL - start * PANEL_ROW;
        }
        gatherBoxes(walk, lanes, images, depth, b, xPixel, yPixel, xAt, y + o);
      }
    }
  }
}

/** Both axes, and how many images they are of: a pointwise convolution takes all for one line. */
function gatherAxes(images: u32, shape: Conv2dShape, backward: bool): u32 {
  const v = changetype<Axis>(VERTICAL),
    h = changetype<Axis>(HORIZONTAL);
  const height = shape.height,
    width = shape.width,
    outHeight = shape.outHeight,
    outWidth = shape.outWidth;
  const kernelH = shape.kernelH,
    kernelW = shape.kernelW,
    strideH = shape.strideH,
    strideW = shape.strideW;
  const top = shape.padTop,
    left = shape.padLeft;
  axisSet(v, backward, height, outHeight, kernelH, strideH, top, shape.dilationH);
  axisSet(h, backward, width, outWidth, kernelW, strideW, left, shape.dilationW);
  if ((kernelH | kernelW | strideH | strideW) != 1 || (top | left) != 0) return images;
  if (height != outHeight || width != outWidth) return images;
  v.results = 1;
  v.sources = 1;
  h.results = images * height * width;
  h.sources = h.results;
  return 1;
}

/** The steps of the walk. Kernel columns that lie side by side in x as in w are one tap. */
function gatherSteps(walk: Walk, depth: u32, xPixel: u32, tapB: u32, termB: u32): void {
  const v = changetype<Axis>(VERTICAL),
    h = changetype<Axis>(HORIZONTAL);
  if (ASC_FEATURE_SIMD) {
    tapB = depth * PANEL_ROW;
    termB = PANEL_ROW;
  }
  walk.tapX = h.move * xPixel;
  walk.tapB = h.step * tapB;
  walk.tapPlaces = h.step * depth;
  walk.lineX = v.move * h.sources * xPixel;
  walk.lineB = v.step * h.kernel * tapB;
  walk.linePlaces = v.step * h.kernel * depth;
  walk.termX = 4;
  walk.termB = termB;
}

/** Copies the weights of a block into the panel. */
function packWeights(walk: Walk, depth: u32, w: Ptr, tapB: u32, termB: u32, columnB: u32): void {
  const stop = walk.stop;
  let target = PANEL;
  for (let place = walk.start; place < stop; ) {
    const term = place % depth;
    const count = min<u32>(depth - term, stop - place);
    const b = w + (place / depth) * tapB + term * termB;
    packPanel(count, b, termB, columnB, walk.columns, target);
    place += count;
    target += count * PANEL_ROW;
  }
}

/** All pixels, for one tile's columns. b is what the first term would multiply. */
function gatherBoxes(
  walk: Walk,
  lanes: bool,
  images: u32,
  depth: u32,
  b: Ptr,
  xPixel: u32,
  yPixel: u32,
  x: Ptr,
  y: Ptr,
): void {
  const v = changetype<Axis>(VERTICAL),
    h = changetype<Axis>(HORIZONTAL);
  const xLine = h.sources * xPixel,
    yLine = h.results * yPixel;
  const kernelB = walk.tapB / h.step;
  const joined = h.step == 1 && walk.tapX == depth << 2;
  for (let phaseV: u32 = 0; phaseV < min<u32>(v.down, v.results); ++phaseV) {
    let high: u32 = 1;
    for (let i = phaseV; i < v.results; i += high * v.down) {
      axisMeet(v, i);
      high = axisAlike(v, i);
      walk.lines = v.taps;
      for (let phaseH: u32 = 0; phaseH < min<u32>(h.down, h.results); ++phaseH) {
        let wide: u32 = 1;
        for (let j = phaseH; j < h.results; j += wide * h.down) {
          axisMeet(h, j);
          wide = axisAlike(h, j);
          const kernel = v.first * h.kernel + h.first;
          walk.place = kernel * depth;
          walk.b = b + kernel * kernelB;
          walk.taps = joined ? 1 : h.taps;
          walk.run = joined ? h.taps * depth : depth;
          const xAt = x + v.at * xLine + h.at * xPixel,
            yAt = y + i * yLine + j * yPixel;
          const imageX = v.sources * xLine,
            imageY = v.results * yLine,
            lineX = v.up * xLine,
            lineY = v.down * yLine;
          walk.rowX = h.up * xPixel;
          walk.rowY = h.down * yPixel;
          gatherBox(walk, lanes, xAt, yAt, wide, images, imageX, imageY, high, lineX, lineY);
        }
      }
    }
  }
}

/**
 * The pixels of a box: `rows` wide as the walk's rows are, m and n along two more axes. A tile's
 * rows go along a longer axis where they would not fill a tile.
 */
function gatherBox(
  walk: Walk,
  lanes: bool,
  x: Ptr,
  y: Ptr,
  rows: u32,
  m: u32,
  mX: u32,
  mY: u32,
  n: u32,
  nX: u32,
  nY: u32,
): void {
  if (rows < 4 && rows < max<u32>(m, n)) {
    const count = rows,
      stepX = walk.rowX,
      stepY = walk.rowY;
    if (m >= n) {
      rows = m;
      walk.rowX = mX;
      walk.rowY = mY;
      m = count;
      mX = stepX;
      mY = stepY;
    } else {
      rows = n;
      walk.rowX = nX;
      walk.rowY = nY;
      n = count;
      nX = stepX;
      nY = stepY;
    }
  }
  for (; n > 0; --n, x += nX, y += nY) {
    for (let i: u32 = 0; i < m; ++i) {
      const xAt = x + i * mX,
        yAt = y + i * mY;
      if (lanes) walkLanes(walk, rows, xAt, yAt);
      else walkRows(walk, rows, xAt, yAt);
    }
  }
}
