import { createRequire } from "node:module";
import { inflateSync } from "node:zlib";
import { type ImageHeader, refuse } from "../data/images/header.js";
import { isJpeg, readJpegHeader } from "../data/images/jpeg.js";
import type { Pixels } from "../data/images/pixels.js";
import { isPng, readPngHeader } from "../data/images/png.js";
import { StropError } from "../errors.js";

/** Both are WASM without imports that matter: what a hostile file does to one stays in its memory. */
const PACKAGES = { PNG: "@cwasm/lodepng", JPEG: "@cwasm/jpeg-turbo" } as const;

interface Decoder {
  decode(bytes: Uint8Array): { width: number; height: number; data: Uint8ClampedArray };
}

const require = createRequire(import.meta.url);

/** What the file is, by its first bytes, whatever its name says. */
export function readImageHeader(bytes: Uint8Array, name: string): ImageHeader {
  if (isPng(bytes)) return readPngHeader(bytes, name);
  if (isJpeg(bytes)) return readJpegHeader(bytes, name);
  throw refuse(name, "this is neither a PNG nor a JPEG file");
}

/** The pixels as they are stored, red, green, blue and alpha. The decoder is loaded when it is first needed. */
export function decodeImage({ format, bytes, packed, ...size }: ImageHeader, name: string): Pixels {
  if (packed) checkUnpacked(packed, name);
  const decoder = load(format, name);
  try {
    const { width, height, data } = decoder.decode(bytes);
    if (width !== size.width || height !== size.height) throw new Error("another size");
    return { width, height, channels: 4, data: new Uint8Array(data.buffer) };
  } catch {
    // It was left in the middle of its work: the next file gets one that was not.
    delete require.cache[require.resolve(PACKAGES[format])];
    throw refuse(name, `its ${format} data is damaged`);
  }
}

/** A few kilobytes may unpack to gigabytes, and the decoder would do it: it is tried within bounds first. */
function checkUnpacked({ parts, bytesMax }: NonNullable<ImageHeader["packed"]>, name: string) {
  try {
    inflateSync(Buffer.concat(parts), { maxOutputLength: bytesMax });
  } catch {
    throw refuse(name, "its PNG data is damaged");
  }
}

function load(format: ImageHeader["format"], name: string): Decoder {
  const library = PACKAGES[format];
  try {
    return require(library) as Decoder;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "MODULE_NOT_FOUND") throw error;
    throw new StropError(`${format} files are read by the package ${library}, which is not there`, {
      code: "package-missing",
      where: name,
      hint: `Run npm install ${library}.`,
    });
  }
}
