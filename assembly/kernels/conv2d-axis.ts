/**
 * One axis of a convolution or of its gradient to the input. Kernel element k of result position i
 * meets the source at
 *
 *   (start + i·up + k·dilation) / down
 *
 * where that is whole and inside: with up the stride forward, with down the stride backward. The
 * elements that meet it are as many steps apart as the dilation's and down's common factor says.
 */
@unmanaged
export class Axis {
  results: u32;
  sources: u32;
  kernel: u32;
  start: i32;
  up: u32;
  dilation: i32;
  down: u32;
  /** Kernel elements from one that meets the source to the next, and how far that moves there. */
  step: u32;
  move: i32;
  /** Of one result position: the first element that meets the source, where, and how many do. */
  first: u32;
  at: u32;
  taps: u32;
}

/** The axis of y = x ∗ w, or backward, of dx, which gathers from dy. */
export function setAxis(
  axis: Axis,
  backward: bool,
  size: u32,
  outSize: u32,
  kernel: u32,
  stride: u32,
  pad: u32,
  dilation: u32,
): void {
  const down: u32 = backward ? stride : 1;
  let step: u32 = 1;
  while (step < kernel && (step * dilation) % down != 0) ++step;
  const move = (step * dilation) / down;
  axis.results = backward ? size : outSize;
  axis.sources = backward ? outSize : size;
  axis.kernel = kernel;
  axis.start = backward ? pad : 0 - pad;
  axis.up = backward ? 1 : stride;
  axis.dilation = backward ? 0 - dilation : dilation;
  axis.down = down;
  axis.step = step;
  axis.move = backward ? 0 - move : move;
}

/** Finds what result position i meets. */
export function meet(axis: Axis, i: u32): void {
  const down = axis.down,
    kernel = axis.kernel,
    dilation = axis.dilation;
  const end: u32 = axis.sources * down; // a negative position is beyond it, too
  let position: u32 = axis.start + i * axis.up;
  let k: u32 = 0;
  while (k < kernel && (position >= end || (down > 1 && position % down != 0))) {
    ++k;
    position += dilation;
  }
  axis.first = k;
  axis.at = down > 1 ? position / down : position;
  const step = axis.step;
  const move: u32 = step * dilation;
  let taps: u32 = 0;
  for (; k < kernel && position < end; k += step, position += move) ++taps;
  axis.taps = taps;
}

/** How many result positions, i and those `down` apart behind it, meet the source by the same elements. */
export function alike(axis: Axis, i: u32): u32 {
  const step = axis.step,
    taps = axis.taps,
    at = axis.at;
  if (taps == 0 || axis.first >= step || axis.first + taps * step < axis.kernel) return 1;
  const last: u32 = at + (taps - 1) * axis.move;
  const left = (axis.results - 1 - i) / axis.down,
    inside = (axis.sources - 1 - max<u32>(at, last)) / axis.up;
  return 1 + min<u32>(left, inside);
}
