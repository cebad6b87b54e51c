import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { crc32 } from "../../src/data/crc32.js";

const require = createRequire(import.meta.url);

interface Encoder {
  encode(image: { width: number; height: number; data: Uint8Array }): Uint8Array;
}

/** Files and pixels that Pillow made: scripts/fixtures/images.py. */
export const pillow = JSON.parse(
  readFileSync(new URL("../fixtures/images.json", import.meta.url), "utf8"),
);

export const bytesOf = (text: string) => new Uint8Array(Buffer.from(text, "base64"));

/** The file of one of Pillow's cases. */
export function pillowFile(name: string): Uint8Array {
  return bytesOf(pillow.decoded.find((one: { name: string }) => one.name === name).file);
}

/** A PNG of what `colour` says of each pixel. */
export function png(
  width: number,
  height: number,
  colour: (x: number, y: number) => readonly [number, number, number],
): Uint8Array {
  const data = new Uint8Array(4 * width * height);
  for (let i = 0; i < width * height; i++) {
    data.set([...colour(i % width, Math.floor(i / width)), 255], 4 * i);
  }
  return (require("@cwasm/lodepng") as Encoder).encode({ width, height, data });
}

/** A PNG of these chunks, with right checksums. */
export function pngOf(chunks: readonly (readonly [type: string, data: Uint8Array])[]): Uint8Array {
  const parts = chunks.flatMap(([type, data]) => {
    const named = Buffer.concat([Buffer.from(type, "latin1"), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(named) >>> 0);
    return [length, named, sum];
  });
  return new Uint8Array(Buffer.concat([Buffer.from("89504e470d0a1a0a", "hex"), ...parts]));
}

/** The header of a PNG of 8-bit colours. */
export function pngHeader(width: number, height: number): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2], 8);
  return header;
}
