/**
 * One axis of an image that is gathered from another. Kernel element k of result position i meets
 * source position
 *
 *   (start + i·up + k·dilation) / down
 *
 * where that is whole and inside. Forward, up is the stride; backward, down is. Of the kernel every
 * `step`-th element can meet the source; from one to the next it moves by `move`.
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
  step: u32;
  move: i32;
  /** What one result position meets: from kernel element `first` on, at source position `at`, so many taps. */
  first: u32;
  at: u32;
  taps: u32;
}

/** The axis of y = x ∗ w, or backward of dx, which is gathered from dy. */
export function axisSet(
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
  axis.kernel = kernel;
  axis.down = down;
  axis.step = step;
  const move = (step * dilation) / down;
  if (backward) {
    axis.results = size;
    axis.sources = outSize;
    axis.start = pad;
    axis.up = 1;
    axis.dilation = 0 - dilation;
    axis.move = 0 - move;
  } else {
    axis.results = outSize;
    axis.sources = size;
    axis.start = 0 - pad;
    axis.up = stride;
    axis.dilation = dilation;
    axis.move = move;
  }
}

/** Finds what result position i meets. */
export function axisMeet(axis: Axis, i: u32): void {
  const down = axis.down,
    kernel = axis.kernel,
    dilation = axis.dilation;
  const end = axis.sources * down; // a negative position, as u32, is beyond it, too
  let position: u32 = axis.start + i * axis.up;
  let k: u32 = 0;
  while (k < kernel && (position >= end || position % down != 0)) {
    ++k;
    position += dilation;
  }
  axis.first = k;
  axis.at = position / down;
  const step = axis.step;
  const move: u32 = step * dilation;
  let taps: u32 = 0;
  for (; k < kernel && position < end; k += step, position += move) ++taps;
  axis.taps = taps;
}

/**
 * How many result positions, i and those `down` apart behind it, meet the source with the same
 * elements, `up` further each: many where all that can meet it do.
 */
export function axisAlike(axis: Axis, i: u32): u32 {
  const step = axis.step,
    taps = axis.taps,
    at = axis.at;
  if (taps == 0 || axis.first >= step || axis.first + taps * step < axis.kernel) return 1;
  const last: u32 = at + (taps - 1) * axis.move;
  const left = (axis.results - 1 - i) / axis.down,
    inside = (axis.sources - 1 - max<u32>(at, last)) / axis.up;
  return 1 + min<u32>(left, inside);
}
