import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { imageForm, rowForm } from "../../src/data/images/form.js";
import { levelsOf } from "../../src/data/images/normalize.js";
import { upright, withChannels } from "../../src/data/images/pixels.js";
import { boxOf, resize } from "../../src/data/images/resize.js";
import { copyLevels } from "../../src/data/levels.js";
import { decodeImage, readImageHeader } from "../../src/node/image-decoders.js";

const fixture = JSON.parse(
  readFileSync(new URL("../fixtures/images.json", import.meta.url), "utf8"),
);
const bytes = (text: string) => new Uint8Array(Buffer.from(text, "base64"));

describe("files of every kind decode to Pillow's bytes", () => {
  test.each<{ name: string; file: string; size: number[]; rgb: string; gray: string }>(
    fixture.decoded,
  )("$name", ({ name, file, size, rgb, gray }) => {
    const header = readImageHeader(bytes(file), name);
    const pixels = decodeImage(header, name);
    const colours = upright(withChannels(pixels, 3), header.orientation);
    expect([colours.width, colours.height]).toEqual(size);
    expect(colours.data).toEqual(bytes(rgb));
    expect(upright(withChannels(pixels, 1), header.orientation).data).toEqual(bytes(gray));
    expect(header.hasAlpha).toBe(/alpha|rgba|transparency/.test(name));
  });
});

describe("resizing", () => {
  const { width, height, rgb, cases } = fixture.resized;
  const image = { width, height, channels: 3, data: bytes(rgb) };

  test.each<{ size: [number, number]; stretch: string; crop: string; torch: number[] }>(cases)(
    "to $size: Pillow's bytes, and within their rounding of torch's antialias",
    ({ size: [w, h], stretch, crop, torch }) => {
      const to = { width: w, height: h };
      const whole = resize(image, to, boxOf(image, to, "stretch")).data;
      expect(whole).toEqual(bytes(stretch));
      expect(resize(image, to, boxOf(image, to, "crop")).data).toEqual(bytes(crop));
      torch.forEach((value, i) => {
        expect(Math.abs(whole[i]! - value)).toBeLessThan(1.01);
      });
    },
  );
});

describe("what a byte becomes", () => {
  const { mean, std, values } = fixture.normalized;
  const expected = new Float32Array(bytes(values).buffer);

  test("the bits of ToTensor and Normalize", () => {
    const form = imageForm([3, 4, 4]);
    expect(levelsOf({ mean, std }, form)).toEqual({ values: expected, inner: 16 });
  });

  test("rows of either order", () => {
    const source = Uint8Array.from({ length: 24 }, (_, i) => 10 * i);
    const target = new Float32Array(24);
    copyLevels(levelsOf({ mean, std }, imageForm([3, 2, 4])), source, target);
    source.forEach((byte, i) => {
      expect(target[i]).toBe(expected[256 * Math.floor(i / 8) + byte]);
    });
    copyLevels(levelsOf({ mean, std }, imageForm([2, 4, 3])), source, target);
    source.forEach((byte, i) => {
      expect(target[i]).toBe(expected[256 * (i % 3) + byte]);
    });
  });

  test("default 0 to 1; scale 1 leaves the bytes", () => {
    const form = imageForm([28, 28]);
    expect(levelsOf({}, form).values[255]).toBe(1);
    expect([...levelsOf({ scale: 1 }, form).values.slice(0, 3)]).toEqual([0, 1, 2]);
  });

  test.each([
    [{ scale: 0 }, "--image-scale: 0 is not a number above 0"],
    [{ std: [1, 0, 1] }, "--image-std: 0 is not a number above 0"],
    [{ mean: [1, 2] }, "--image-mean: 2 numbers, but the model's images have 3 channels"],
  ])("%j is refused", (given, problem) => {
    expect(() => levelsOf(given, imageForm([3, 4, 4]))).toThrow(problem);
  });
});

test("a row's axes: channels last where only the last axis is as short as theirs", () => {
  const first = { height: 32, width: 24, channels: 3, order: "first" };
  const last = { ...first, order: "last" };
  expect(rowForm([3, 32, 24])).toEqual(first);
  expect(rowForm([32, 24, 3])).toEqual(last);
  expect(rowForm([32, 24, 3], "first")).toEqual({ ...first, height: 24, width: 3, channels: 32 });
  expect(rowForm([49, 10])).toEqual({ height: 49, width: 1, channels: 10, order: "last" });
  expect(rowForm([10, 49], "first")).toMatchObject({ height: 49, channels: 10, order: "first" });
  expect(rowForm([9])).toEqual({ height: 9, width: 1, channels: 1, order: "last" });
  expect(imageForm([28, 28])).toMatchObject({ height: 28, width: 28, channels: 1 });
  for (const row of [[784], [2, 8, 8], [1, 2, 3, 4], [3, 0, 4], [3, 2.5, 4]]) {
    expect(() => imageForm(row)).toThrow(`rows of [${row.join(", ")}] are no images`);
  }
});
