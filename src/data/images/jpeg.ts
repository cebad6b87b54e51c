import { exifOrientation, isExif, tiffOf } from "./exif.js";
import { checkSize, type ImageHeader, refuse, truncated } from "./header.js";

const APP1 = 0xe1;
const SCAN = 0xda;
/** Frames of any kind but the three codes among them that are tables. */
const isFrame = (code: number) =>
  code >= 0xc0 && code <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(code);
/** Each scan of a progressive image is a pass over all of it: a small file with many would take hours. */
const SCANS_MAX = 500;

export function isJpeg(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff;
}

/**
 * Walks the segments of a JPEG up to its frame header.
 *
 * Source: ITU-T T.81, B.1 and B.2.
 */
export function readJpegHeader(bytes: Uint8Array, name: string): ImageHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let orientation = 1;
  for (let at = 2; ; ) {
    // Fill bytes may stand in front of a marker.
    while (bytes[at] === 0xff && bytes[at + 1] === 0xff) at++;
    if (at + 4 > bytes.length) throw truncated(name);
    const [mark, code] = [bytes[at]!, bytes[at + 1]!];
    const end = at + 2 + view.getUint16(at + 2);
    if (mark !== 0xff || code === SCAN) throw refuse(name, "its segments are not in order");
    if (end > bytes.length) throw truncated(name);
    const segment = bytes.subarray(at + 4, end);
    if (code === APP1 && isExif(segment)) orientation = exifOrientation(tiffOf(segment));
    if (isFrame(code)) {
      if (segment.length < 6) throw truncated(name);
      const [height, width] = [view.getUint16(at + 5), view.getUint16(at + 7)];
      checkSize(width, height, name);
      checkKind(segment[0]!, segment[5]!, name);
      if (scansOf(bytes) > SCANS_MAX) throw refuse(name, `it has more than ${SCANS_MAX} scans`);
      return { format: "JPEG", width, height, orientation, hasAlpha: false, bytes };
    }
    at = end;
  }
}

function checkKind(precision: number, components: number, name: string): void {
  if (precision !== 8) {
    throw refuse(name, `it has ${precision} bits a sample`, "Save it with 8.");
  }
  if (components === 1 || components === 3) return;
  const kind = components === 4 ? "CMYK" : `of ${components} components`;
  throw refuse(name, `it is ${kind}`, "Save it as RGB or grey.");
}

function scansOf(bytes: Uint8Array): number {
  let scans = 0;
  for (let at = bytes.indexOf(0xff); at >= 0; at = bytes.indexOf(0xff, at + 1)) {
    if (bytes[at + 1] === SCAN) scans++;
  }
  return scans;
}
