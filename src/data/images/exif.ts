const ORIENTATION = 0x0112;
const SHORT = 3;
/** What stands in front of the TIFF block in a JPEG. */
const EXIF = [0x45, 0x78, 0x69, 0x66, 0, 0];

/** Whether a JPEG's APP1 segment is Exif. */
export function isExif(segment: Uint8Array): boolean {
  return EXIF.every((byte, i) => segment[i] === byte);
}

/** The TIFF block of an Exif segment. */
export function tiffOf(segment: Uint8Array): Uint8Array {
  return segment.subarray(EXIF.length);
}

/**
 * How the camera was held, from the first directory of a TIFF block: 1 … 8; 1 where it does not say, or where
 * the block is none.
 *
 * Source: CIPA DC-008 (Exif 2.32), 4.6.4, tag Orientation.
 */
export function exifOrientation(tiff: Uint8Array): number {
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  if (tiff.length < 8) return 1;
  const mark = view.getUint16(0);
  const little = mark === 0x4949;
  if (!little && mark !== 0x4d4d) return 1;
  const at = view.getUint32(4, little);
  if (at + 2 > tiff.length) return 1;
  const entries = view.getUint16(at, little);
  for (
    let entry = at + 2;
    entry + 12 <= Math.min(tiff.length, at + 2 + 12 * entries);
    entry += 12
  ) {
    if (view.getUint16(entry, little) !== ORIENTATION) continue;
    const value = view.getUint16(entry + 8, little);
    const isKnown = view.getUint16(entry + 2, little) === SHORT && value >= 1 && value <= 8;
    return isKnown ? value : 1;
  }
  return 1;
}
