import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { deflateSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { StropError } from "../../src/errors.js";
import { decodeImage, readImageHeader } from "../../src/node/image-decoders.js";
import { type ImageOptions, readImages } from "../../src/node/images.js";
import { bytesOf, pillow, pillowFile, png, pngHeader, pngOf } from "../helpers/image-files.js";
import { TestRandom } from "../helpers/random.js";

const END = ["IEND", new Uint8Array(0)] as const;

function decode(bytes: Uint8Array) {
  return decodeImage(readImageHeader(bytes, "a.png"), "a.png");
}

describe("a hostile file", () => {
  const tiny = (data: Uint8Array) => pngOf([["IHDR", pngHeader(8, 8)], ["IDAT", data], END]);
  const jpeg = pillowFile("jpeg 4:2:0");
  /** The JPEG with two bytes of its frame header written over. */
  const sized = (height: number, width: number) => {
    const at = Buffer.from(jpeg).indexOf(Buffer.from([0xff, 0xc0]));
    const bytes = Buffer.from(jpeg);
    bytes.writeUInt16BE(height, at + 5);
    bytes.writeUInt16BE(width, at + 7);
    return new Uint8Array(bytes);
  };
  const many = Buffer.concat([jpeg, Buffer.alloc(2000, Buffer.from([0xff, 0xda]))]);

  test.each<[string, Uint8Array, string]>([
    [
      "PNG of 60000 × 60000",
      pngOf([["IHDR", pngHeader(60000, 60000)], END]),
      "it says that it has",
    ],
    [
      "JPEG of 60000 × 60000",
      sized(60000, 60000),
      "a.png: it says that it has 60000 × 60000 pixels",
    ],
    ["PNG without a pixel", pngOf([["IHDR", pngHeader(0, 7)], END]), "it has 0 × 7 pixels"],
    ["JPEG without a pixel", sized(0, 7), "it has 7 × 0 pixels"],
    ["gigabytes in a PNG", tiny(deflateSync(Buffer.alloc(1 << 26))), "its PNG data is damaged"],
    ["pixels that are none", tiny(Uint8Array.of(1, 2, 3)), "its PNG data is damaged"],
    ["too few pixels", tiny(deflateSync(Buffer.alloc(99))), "its PNG data is damaged"],
    ["no pixels", pngOf([["IHDR", pngHeader(8, 8)], END]), "its PNG data is damaged"],
    ["no header", pngOf([["IDAT", pngHeader(8, 8)], END]), "its chunks are not in order"],
    ["a short header", pngOf([["IHDR", new Uint8Array(3)], END]), "its header is malformed"],
    ["thousands of scans", new Uint8Array(many), "it has more than 500 scans"],
    ["CMYK", bytesOf(pillow.cmyk), "a.png: it is CMYK. Save it as RGB or grey."],
    ["neither", Uint8Array.from(Buffer.from("GIF89a, or so")), "neither a PNG nor a JPEG file"],
    ["nothing", new Uint8Array(0), "neither a PNG nor a JPEG file"],
  ])("%s", (_, bytes, problem) => {
    expect(() => decode(bytes)).toThrow(problem);
    // The next file is read as if nothing had been.
    expect(decode(pillowFile("png rgb")).width).toBe(23);
    expect(decode(jpeg).width).toBe(23);
  });

  const kinds = [
    "png rgb",
    "png interlaced",
    "png palette of 4 bits",
    "jpeg 4:2:0",
    "jpeg progressive",
  ];

  test.each(kinds)("%s, cut anywhere", (kind) => {
    const whole = pillowFile(kind);
    // The two bytes that end a JPEG are not missed.
    for (let length = 0; length < whole.length - 2; length += 1 + (length >> 5)) {
      expect(() => decode(whole.slice(0, length)), `${length} bytes`).toThrow(StropError);
    }
  });

  test.each(kinds)(
    "%s with bytes written over: refused, or an image of the size it says",
    (kind) => {
      const whole = pillowFile(kind);
      const random = new TestRandom(3);
      const at = (size: number) => Math.floor((random.next() + 1) * 0.4999999 * size);
      for (let round = 0; round < 150; round++) {
        const bytes = whole.slice();
        for (let k = 0; k < 3; k++) bytes[at(bytes.length)] = at(256);
        try {
          const { width, height, data } = decode(bytes);
          expect(data.length).toBe(4 * width * height);
        } catch (error) {
          expect(error).toBeInstanceOf(StropError);
        }
      }
    },
  );
});

describe("a folder", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "strop-images-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function put(name: string, bytes: Uint8Array | string = png(4, 4, () => [9, 9, 9])): string {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), bytes);
    return join(folder, name);
  }
  const read = (options: Partial<ImageOptions> = {}) =>
    readImages(folder, { shape: [3, 2, 2], ...options });

  test("classes are its folders, sorted; rows are bytes in the order of the names", async () => {
    for (const [name, level] of Object.entries({
      "dog/b.png": 3,
      "dog/a.PNG": 2,
      "cat/z.jpg": 1,
    })) {
      put(
        name,
        png(5, 3, (x) => [level, 10 * level, x]),
      );
    }
    const { x, y, files, notes } = await read();
    expect(files).toEqual(["cat/z.jpg", "dog/a.PNG", "dog/b.png"]);
    expect(x).toMatchObject({ shape: [3, 3, 2, 2], name: folder });
    expect(x.data).toBeInstanceOf(Uint8Array);
    expect([...x.data].slice(0, 8)).toEqual([1, 1, 1, 1, 10, 10, 10, 10]);
    expect(y).toMatchObject({ shape: [3], classes: ["cat", "dog"] });
    expect([...y!.data]).toEqual([0, 1, 1]);
    expect(notes).toEqual([
      `${folder}: 3 images as [3, 2, 2], channels first; a number is the byte / 255`,
      `${folder}: the classes are 0 cat, 1 dog`,
    ]);
  });

  test("channels last, grey, and another scale", async () => {
    put(
      "a.png",
      png(2, 2, (x, y) => [10 * x, 100 * y, 7]),
    );
    const last = await read({ shape: [2, 2, 3], scale: 1, mean: [1, 2, 3], std: 2 });
    expect([...last.x.data]).toEqual([0, 0, 7, 10, 0, 7, 0, 100, 7, 10, 100, 7]);
    expect(last.x.levels).toMatchObject({ inner: 1 });
    expect(last.notes[0]).toContain("a number is the byte − 1, 2, 3, divided by 2");
    expect(last.y).toBeUndefined();
    put(
      "a.png",
      png(2, 2, (x, y) => [10 * x + y, 10 * x + y, 10 * x + y]),
    );
    const grey = await read({ shape: [1, 2, 2] });
    expect([...grey.x.data]).toEqual([0, 10, 1, 11]);
  });

  test("the classes of a model number them; one that it does not know is refused", async () => {
    put("dog/1.png");
    const known = await read({ classes: ["bird", "dog"] });
    expect([...known.y!.data]).toEqual([1]);
    expect(known.notes).toHaveLength(1);
    put("dogs/1.png");
    await expect(read({ classes: ["bird", "dog"] })).rejects.toThrow(
      `${join(folder, "dogs")}: the model does not know the class 'dogs'. Did you mean dog?`,
    );
    const { y, files } = await read({ classes: ["bird", "dog"], withoutTargets: true });
    expect(y).toBeUndefined();
    expect(files).toEqual(["dog/1.png", "dogs/1.png"]);
  });

  test("what is no image is left out and named; what a point hides is not there", async () => {
    for (const name of ["a/1.png", ".hidden/2.png", "a/.thumb.png", "readme.md", "a/notes.txt"]) {
      put(name);
    }
    for (const name of ["a/b.gif", "a/c.gif"]) put(name);
    const { files, notes } = await read();
    expect(files).toEqual(["a/1.png"]);
    expect(notes).toContain(
      `${folder}: left out, for they are named neither .png nor .jpg: readme.md, a/b.gif, a/c.gif, and 1 more`,
    );
  });

  test("turned and transparent images are counted", async () => {
    put("1.jpg", pillowFile("jpeg orientation 6"));
    put("2.png", pillowFile("png rgba"));
    const { notes } = await read();
    expect(notes.slice(1)).toEqual([
      `${folder}: 1 of 2 images turned upright, as their Exif says`,
      `${folder}: 1 of 2 images transparent in places; only colours are taken`,
    ]);
  });

  test.each<[string, () => void, string]>([
    ["an image that is none", () => put("a/1.png", "text"), "a/1.png: this is neither a PNG nor"],
    ["an empty class", () => mkdirSync(join(folder, "a")), "a: no PNG or JPEG file is in it."],
    ["a class of other files", () => put("a/1.gif"), "a: no PNG or JPEG file is in it. Put some"],
    ["nothing", () => {}, ": no PNG or JPEG file is in it."],
    ["a folder in a class", () => put("a/b/1.png"), "a/b: it is a folder within a class"],
    ["a link to nowhere", () => symlinkSync("nowhere", join(folder, "1.png")), "no such file"],
    ["a device", () => symlinkSync("/dev/zero", join(folder, "1.png")), "1.png: it is no file"],
    ["a link in a circle", () => symlinkSync("1.png", join(folder, "1.png")), "symbolic links"],
    ["a pipe", () => execFileSync("mkfifo", [join(folder, "1.png")]), "1.png: it is no file"],
    [
      "an image beside the classes",
      () => [put("a/1.png"), put("1.png")],
      "1.png: it lies beside the folders of the classes. Move it into one of them.",
    ],
  ])("%s", async (_, make, problem) => {
    make();
    await expect(read()).rejects.toThrow(problem);
  });

  test.each<[object, string]>([
    [{ size: 3 }, "size: there is no such option"],
    [{ shape: undefined }, "rows of [] are no images"],
    [{ channels: "middle" }, "--image-channels: 'middle' is not known. There are first, last."],
    [{ fit: "pad" }, "--image-fit: 'pad' is not known"],
    [{ scale: "1" }, "--image-scale: 1 is not a number above 0"],
  ])("the option %j", async (given, problem) => {
    put("1.png");
    await expect(read(given)).rejects.toThrow(problem);
  });

  test("links to images and to classes are followed", async () => {
    const elsewhere = put("more/1.png");
    mkdirSync(join(folder, "set/a"), { recursive: true });
    symlinkSync(elsewhere, join(folder, "set/a/x.png"));
    symlinkSync(join(folder, "more"), join(folder, "set/b"));
    const { files } = await readImages(join(folder, "set"), { shape: [3, 2, 2] });
    expect(files).toEqual(["a/x.png", "b/1.png"]);
  });

  test("more images than memory holds are refused before one is decoded", async () => {
    put("1.png", "never looked at");
    await expect(read({ shape: [3, 2 ** 20, 2 ** 20] })).rejects.toThrow(
      /its 1 images take 3298534883328 bytes, and \d+ are free\. Train on a part of them/,
    );
  });
});
