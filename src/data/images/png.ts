import { exifOrientation } from "./exif.js";
import { checkSize, type ImageHeader, refuse, truncated } from "./header.js";

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** What the pixels need; the rest is left out, for what it unpacks to is nobody's business here. */
const KEPT = new Set(["IHDR", "PLTE", "tRNS", "IDAT", "IEND"]);
const CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

export function isPng(bytes: Uint8Array): boolean {
  return SIGNATURE.every((byte, i) => bytes[i] === byte);
}

/**
 * Walks the chunks of a PNG. Of an animation, the pixels are those of its still image.
 *
 * Source: W3C, Portable Network Graphics (third edition), 5 and 11.2.
 */
export function readPngHeader(bytes: Uint8Array, name: string): ImageHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const kept = [bytes.subarray(0, SIGNATURE.length)];
  const parts: Uint8Array[] = [];
  let image: Omit<ImageHeader, "bytes" | "orientation" | "packed"> | undefined;
  let rowBytes = 0;
  let orientation = 1;
  let hasAlpha = false;
  let ended = false;
  for (let at = SIGNATURE.length; !ended; ) {
    if (at + 12 > bytes.length) throw truncated(name);
    const length = view.getUint32(at);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    const [start, end] = [at + 8, at + 8 + length];
    if (end + 4 > bytes.length) throw truncated(name);
    if ((image === undefined) !== (type === "IHDR")) {
      throw refuse(name, "its chunks are not in order");
    }
    if (type === "IHDR") {
      if (length !== 13) throw refuse(name, "its header is malformed");
      const [width, height] = [view.getUint32(start), view.getUint32(start + 4)];
      const [depth, colour] = [bytes[start + 8]!, bytes[start + 9]!];
      checkSize(width, height, name);
      rowBytes = 1 + Math.ceil((width * depth * (CHANNELS[colour] ?? 4)) / 8);
      image = { format: "PNG", width, height, hasAlpha: (colour & 4) !== 0 };
    }
    if (type === "tRNS") hasAlpha = true;
    if (type === "eXIf") orientation = exifOrientation(bytes.subarray(start, end));
    if (type === "IDAT") parts.push(bytes.subarray(start, end));
    if (KEPT.has(type)) kept.push(bytes.subarray(at, end + 4));
    ended = type === "IEND";
    at = end + 4;
  }
  const { width, height } = image!;
  // The seven passes of an interlaced image have filter bytes and padding of their own.
  const bytesMax = rowBytes * height + 16 * (width + height);
  return {
    ...image!,
    hasAlpha: hasAlpha || image!.hasAlpha,
    orientation,
    bytes: joined(kept),
    packed: { parts, bytesMax },
  };
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
