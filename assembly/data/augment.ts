import { hashElement, hashRow } from "../base/hash";
import { Ptr } from "../base/ptr";

/** The thirteen attribute words of AUGMENT, in their order, so that the record may lie in the program itself. */
@unmanaged
export class Augment {
  height: u32;
  width: u32;
  inner: u32;
  n: u32;
  shiftH: u32;
  shiftW: u32;
  flip: u32;
  area: f32;
  noise: f32;
  fill: f32;
  seedLow: u32;
  seedHigh: u32;
  number: u32;
}

/** A row's draws come first; its noise has the elements from here on. */
const NOISE: u32 = 8;
/** The mean of the sum of four bytes. */
const BYTES_MEAN: i32 = 510;

/**
 * Each row shifted, mirrored, cut out and made noisy in its own way; a row is [outer, height, width, inner].
 *
 *   y[o,i,j,c] = x[o,p,q,c] + noise·g
 *   u = i + s,  v = j + t or width − 1 − (j + t)     s, t uniform in −shift … shift; mirrored with chance ½
 *   p = (u + ½)·side + top − ½,  q likewise          side² uniform in (area, 1], top in [0, (1 − side)·height)
 *   g = the sum of four random bytes − 510           as good as Gaussian, of deviation √21845
 *
 * Where u or v lies outside, y is fill + noise·g; between pixels x is bilinear, beyond its rim it is the rim.
 * Shifting is torchvision's RandomCrop with padding, cutting out its RandomResizedCrop with a ratio of 1. All of it
 * is a function of its counters, so that a run that goes on sees what one without a break would.
 */
export function f32Augment(rows: u32, step: u32, given: Augment, x: Ptr, y: Ptr): void {
  const height = given.height,
    width = given.width,
    noise = given.noise,
    pixel = given.inner << 2,
    line = width * pixel;
  for (let row: u32 = 0; row < rows; ++row) {
    const hash = hashRow(given.seedLow, given.seedHigh, step, given.number, row);
    const s = shift(hash, 0, given.shiftH);
    const t = shift(hash, 1, given.shiftW);
    const mirrored = given.flip & (hashElement(hash, 2) >> 31);
    const side: f32 = sqrt<f32>(1 - unit(hash, 3) * (1 - given.area));
    const top = corner(hash, 4, side, height);
    const left = corner(hash, 5, side, width);
    let draw = NOISE;
    for (const end = y + (given.n << 2); y < end; x += height * line) {
      for (let i: u32 = 0; i < height; ++i) {
        const u = i + s;
        const p = position(u, side, top, height);
        const upper = x + whole(p) * line;
        const below: u32 = whole(p) + 1 < height ? line : 0;
        for (let j: u32 = 0; j < width; ++j) {
          const v = mirrored ? width - 1 - (j + t) : j + t;
          const inside = u < height && v < width;
          const q = position(v, side, left, width);
          const beside: u32 = whole(q) + 1 < width ? pixel : 0;
          let at = upper + whole(q) * pixel;
          for (const rim = at + pixel; at < rim; at += 4, y += 4, ++draw) {
            let value = given.fill;
            if (inside) {
              const a = between(load<f32>(at), load<f32>(at + beside), q);
              const b = between(load<f32>(at + below), load<f32>(at + below + beside), q);
              value = between(a, b, p);
            }
            if (noise != 0) value += noise * bell(hashElement(hash, draw));
            store<f32>(y, value);
          }
        }
      }
    }
  }
}

/** The sum of four bytes, less its mean. */
function bell(bits: u32): f32 {
  const pairs = (bits & 0x00ff00ff) + ((bits >> 8) & 0x00ff00ff);
  return <f32>(<i32>((pairs & 0xffff) + (pairs >> 16)) - BYTES_MEAN);
}

/** The first edge of a part of size `side` of the axis, from which pixels lie half a pixel inwards. */
function corner(hash: u32, draw: u32, side: f32, size: u32): f32 {
  return unit(hash, draw) * (1 - side) * <f32>size - 0.5;
}

/** Uniform in [0, 1), of 24 bits. */
function unit(hash: u32, draw: u32): f32 {
  return <f32>(hashElement(hash, draw) >> 8) * (1.0 / 16777216.0);
}

/** A whole number, uniform in −most … most but for 2⁻¹⁶; added to an index it may wrap around, and is then outside. */
function shift(hash: u32, draw: u32, most: u32): u32 {
  return (((hashElement(hash, draw) >> 16) * (2 * most + 1)) >> 16) - most;
}

/** Where pixel u of the result lies in x, no farther than the rim; whatever the numbers are, from 0 to size − 1. */
function position(u: u32, side: f32, start: f32, size: u32): f32 {
  const at: f32 = (<f32>u + 0.5) * side + start;
  const last = <f32>(size - 1);
  const clipped: f32 = at < last ? at : last;
  return clipped > 0 ? clipped : 0;
}

/** The largest whole number that is not above x, from 0 on, without a conversion that could trap. */
function whole(x: f32): u32 {
  return reinterpret<u32>(floor<f32>(x) + 8388608.0) & 0x7fffff;
}

/** From a to b as far as x has come from one whole number to the next. */
function between(a: f32, b: f32, x: f32): f32 {
  return a + (x - floor<f32>(x)) * (b - a);
}
