import { StropError } from "../../errors.js";

/** What a file says of its image before a pixel is decoded. */
export interface ImageHeader {
  readonly format: "PNG" | "JPEG";
  readonly width: number;
  readonly height: number;
  /** How the image must be turned to stand upright: 1 … 8, as Exif has it; 1 is as it lies. */
  readonly orientation: number;
  readonly hasAlpha: boolean;
  /** The file without what the pixels do not need, for the decoder. */
  readonly bytes: Uint8Array;
  /** Of a PNG: the packed pixels, and the most bytes that they may unpack to. */
  readonly packed?: { readonly parts: readonly Uint8Array[]; readonly bytesMax: number };
}

/** As many pixels as Pillow decodes without a warning: a quarter of a gigabyte at three bytes each. */
const PIXELS_MAX = Math.floor(2 ** 30 / 4 / 3);

/** @throws StropError that names the file, for a size that is none or that no model's input needs */
export function checkSize(width: number, height: number, name: string): void {
  if (width === 0 || height === 0) throw refuse(name, `it has ${width} × ${height} pixels`);
  if (width * height <= PIXELS_MAX) return;
  const problem = `it says that it has ${width} × ${height} pixels`;
  throw refuse(name, problem, `At most ${PIXELS_MAX} are decoded.`);
}

export function refuse(name: string, problem: string, hint?: string): StropError {
  const details = { code: "image-malformed", where: name };
  return new StropError(problem, hint === undefined ? details : { ...details, hint });
}

export function truncated(name: string): StropError {
  return refuse(name, "the file is truncated");
}
