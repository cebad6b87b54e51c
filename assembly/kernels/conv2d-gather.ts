import { Ptr } from "../base/ptr";
import { alike, Axis, meet, setAxis } from "./conv2d-axis";
import { Conv2dShape } from "./conv2d-shape";
import { PANEL, PANEL_ROW, packPanel } from "./panel";
import { tileLanes, walkRows } from "./tiles";
import { K_BLOCK, TILE_COLUMNS, WALK, Walk } from "./walk";

const AXIS_H: Ptr = memory.data(offsetof<Axis>(), 16);
const AXIS_W: Ptr = memory.data(offsetof<Axis>(), 16);

export function conv2dGather(
  images: u32,
  shape: Conv2dShape,
  backward: bool,
  x: Ptr,
  w: Ptr,
  bias: Ptr,
  y: Ptr,
): void {
  const inGroup = shape.channels / shape.groups,
    outGroup = shape.outChannels / shape.groups;
  let groups = shape.groups;
  const depth: u32 = backward ? outGroup : inGroup;
  let size: u32 = backward ? inGroup : outGroup;
  const lanes =
    depth == 1 && size == 1 && groups >= TILE_COLUMNS && shape.kernelH * shape.kernelW <= K_BLOCK;
  if (lanes) {
    size = groups;
    groups = 1;
  }
  const walk = changetype<Walk>(WALK),
    h = changetype<Axis>(AXIS_H),
    v = changetype<Axis>(AXIS_W);
  setAxis(h, backward, shape.height, shape.outHeight, shape.kernelH, shape.strideH, shape.padTop, shape.dilationH);
  setAxis(v, backward, shape.width, shape.outWidth, shape.kernelW, shape.strideW, shape.padLeft, shape.dilationW);
  const xPixel: u32 = (backward ? shape.outChannels : shape.channels) << 2,
    yPixel: u32 = (backward ? shape.channels : shape.outChannels) << 2;
  if (shape.kernelH == 1 && shape.kernelW == 1 && h.up == 1 && v.up == 1 && h.down == 1 && v.down == 1 && h.start == 0 && v.start == 0 && h.sources == h.results && v.sources == v.results) {
    v.sources *= h.sources * images;
    v.results = v.sources;
    h.sources = 1;
    h.results = 1;
    images = 1;
  }
  const wRow: u32 = shape.outChannels << 2;
  let tapB = inGroup * wRow;
  const laneB: u32 = backward && !lanes ? wRow : 4;
  let termB: u32 = backward ? 4 : wRow;
  const tapBytes = tapB, termBytes = termB;
  if (ASC_FEATURE_SIMD) {
    termB = 32;
    tapB = depth * 32;
  }
  const kernelW = shape.kernelW;
  const places = shape.kernelH * kernelW * depth;
  const joined = v.step == 1 && u32(v.move) * xPixel == depth << 2;
  walk.lineX = h.move * v.sources * xPixel;
  walk.lineB = h.step * kernelW * tapB;
  walk.linePlaces = h.step * kernelW * depth;
  walk.tapX = v.move * xPixel;
  walk.tapB = v.step * tapB;
  walk.tapPlaces = v.step * depth;
  walk.termX = 4;
  walk.termB = termB;
  for (let group: u32 = 0; group < groups; ++group) {
    for (let r: u32 = 0; r < size; r += TILE_COLUMNS) {
      if (lanes) r = min<u32>(r, size - TILE_COLUMNS);
      const columns = min<u32>(size - r, TILE_COLUMNS);
      walk.columns = columns;
      walk.columnB = columns > 1 ? laneB : 0;
      const first = w + ((group * outGroup) << 2) + r * laneB;
      const xAt = x + ((group * depth + (lanes ? r : 0)) << 2),
        o = (group * size + r) << 2;
      for (let start: u32 = 0; start < places; start += K_BLOCK) {
        const stop = min<u32>(places, start + K_BLOCK);
        walk.start = start;
        walk.stop = stop;
        walk.bias = bias && stop == places ? bias + o : 0;
        let b = first;
        if (ASC_FEATURE_SIMD) {
          packBlock(walk, depth, first, tapBytes, termBytes, laneB);
          b = PANEL - start * PANEL_ROW;
        }
        conv2dPositions(walk, lanes, joined, depth, tapB, b, images, xPixel, yPixel, xAt, y + o);
      }
    }
  }
}

function conv2dPositions(
  walk: Walk,
  lanes: bool,
  joined: bool,
  depth: u32,
  tapB: u32,
  b: Ptr,
  images: u32,
  xPixel: u32,
  yPixel: u32,
  x: Ptr,
  y: Ptr,
): void {
  const h = changetype<Axis>(AXIS_H),
    v = changetype<Axis>(AXIS_W);
  const xLine = v.sources * xPixel,
    yLine = v.results * yPixel;
  const phasesH = min<u32>(h.down, h.results),
    phasesW = min<u32>(v.down, v.results);
  for (let phaseH: u32 = 0; phaseH < phasesH; ++phaseH) {
    let high: u32 = 1;
    for (let i = phaseH; i < h.results; i += high * h.down) {
      meet(h, i);
      high = alike(h, i);
      walk.lines = h.taps;
      for (let phase: u32 = 0; phase < phasesW; ++phase) {
        let wide: u32 = 1;
        for (let j = phase; j < v.results; j += wide * v.down) {
          meet(v, j);
          wide = alike(v, j);
          const kernel = h.first * v.kernel + v.first;
          walk.place = kernel * depth;
          walk.b = b + kernel * tapB;
          walk.taps = joined ? 1 : v.taps;
          walk.run = joined ? v.taps * depth : depth;
          box(
            walk,
            lanes,
            x + h.at * xLine + v.at * xPixel,
            y + i * yLine + j * yPixel,
            wide,
            v.up * xPixel,
            v.down * yPixel,
            images,
            h.sources * xLine,
            h.results * yLine,
            high,
            h.up * xLine,
            h.down * yLine,
          );
        }
      }
    }
  }
}

/** All positions of a box, in strips along the first of its axes, or along a longer one if that is short. */
function box(
  walk: Walk,
  lanes: bool,
  x: Ptr,
  y: Ptr,
  n: u32,
  nX: u32,
  nY: u32,
  m: u32,
  mX: u32,
  mY: u32,
  l: u32,
  lX: u32,
  lY: u32,
): void {
  let count = n,
    rowX = nX,
    rowY = nY;
  if (n < 4) {
    if (m < l) {
      if (n < l) {
        count = l;
        rowX = lX;
        rowY = lY;
        l = n;
        lX = nX;
        lY = nY;
      }
    } else if (n < m) {
      count = m;
      rowX = mX;
      rowY = mY;
      m = n;
      mX = nX;
      mY = nY;
    }
  }
  walk.rowX = rowX;
  walk.rowY = rowY;
  for (let k: u32 = 0; k < l; ++k) {
    for (let j: u32 = 0; j < m; ++j) strip(walk, lanes, count, x + j * mX, y + j * mY);
    x += lX;
    y += lY;
  }
}

export function strip(walk: Walk, lanes: bool, n: u32, x: Ptr, y: Ptr): void {
  if (lanes) {
    if (ASC_FEATURE_SIMD) tileLanes<v128>(walk, n, x, y);
    else tileLanes<f32>(walk, n, x, y);
  } else walkRows(walk, n, x, y);
}

/** Copies the weights of a block of terms into the panel, tap by tap. */
function packBlock(walk: Walk, depth: u32, b: Ptr, tapB: u32, termB: u32, columnB: u32): void {
  const stop = walk.stop;
  let target = PANEL;
  for (let place = walk.start; place < stop; ) {
    const tap = place / depth,
      term = place % depth;
    const count = min<u32>(depth - term, stop - place);
    packPanel(count, b + tap * tapB + term * termB, termB, columnB, walk.columns, target);
    place += count;
    target += count * PANEL_ROW;
  }
}
