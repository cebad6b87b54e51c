import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { readNpy } from "../../src/data/npy.js";
import { conv2d, dense, flatten, input, relu, sequential } from "../../src/index.js";
import { readImages } from "../../src/node/images.js";
import { bytesOf, pillow, png } from "../helpers/image-files.js";
import { TestRandom } from "../helpers/random.js";
import { runDevice } from "./run-device.js";
import { type Refusal, refuses, strop, stropJson, Workspace } from "./strop.js";

const workspace = new Workspace();
afterAll(() => workspace.remove());

const SIDE = 12;
const model = workspace.write(
  "net.onnx",
  sequential([
    input({ shape: [3, SIDE, SIDE] }),
    conv2d({ filters: 4, kernelSize: 3, padding: 1, strides: 2 }),
    relu(),
    flatten(),
    dense({ units: 2 }),
  ]).toOnnx(),
);

function put(name: string, bytes: Uint8Array): void {
  const path = workspace.at(name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
}

/** Noisy images that are bright on one side, as Pillow's JPEGs are. */
function makeFolder(name: string, count: number, seed: number): string {
  const random = new TestRandom(seed);
  const level = (isBright: boolean) => Math.floor(30 + 30 * random.next() + (isBright ? 150 : 0));
  for (const side of ["left", "right"]) {
    for (let i = 0; i < count; i++) {
      const [width, height] = [16 + i, 20];
      const image = png(width, height, (x) => {
        const isBright = x < width / 2 === (side === "left");
        return [level(isBright), level(isBright), level(isBright)];
      });
      put(`${name}/${side}/${String(i).padStart(2, "0")}.png`, image);
    }
  }
  return workspace.at(name);
}

const training = makeFolder("training", 12, 1);
for (const [i, { class: side, file }] of pillow.small.entries()) {
  put(`training/${side}/photo-${i}.jpg`, bytesOf(file));
}
const held = makeFolder("held", 5, 2);
const plain = workspace.at("plain");
for (const name of ["b.png", "a.png", "c.png"]) {
  put(
    `plain/${name}`,
    png(9, 9, (x) => (name === "b.png" ? [255 - 20 * x, 0, 0] : [20 * x, 0, 0])),
  );
}
const run = ["--data", training, "--epochs", "8", "--batch", "8", "--lr", "0.01"];

describe("a folder of images, through the command line", () => {
  const tuned = workspace.at("tuned.onnx");

  test("train, with changed rows and other images held out", async () => {
    const more = ["--validation-data", held, "--augment", "shift=1,noise=0.05", "--out", tuned];
    const { code, stderr } = await strop(["train", model, ...run, ...more]);
    expect(code, stderr).toBe(0);
    expect(stderr).toContain("training: 30 images as [3, 12, 12], channels first; a number is");
    expect(stderr).toContain("the byte / 255");
    expect(stderr).toContain("the classes are 0 left, 1 right");
  });

  test("eval: the classes are those of the model, by their names", async () => {
    const { accuracy, rows, classes } = await stropJson(["eval", tuned, "--data", held]);
    expect({ rows, classes }).toEqual({ rows: 10, classes: ["left", "right"] });
    expect(accuracy).toBe(1);
  });

  test("predict: a row a file, in the order of the names, which are told", async () => {
    const out = workspace.at("outputs.npy");
    const args = ["predict", tuned, "--data", plain, "--out", out];
    const result = await stropJson(args);
    expect(result).toMatchObject({ shape: [3, 2], files: ["a.png", "b.png", "c.png"] });
    const outputs = readNpy(readFileSync(out), out).data as Float32Array;
    const classes = [0, 2, 4].map((at) => (outputs[at]! > outputs[at + 1]! ? "left" : "right"));
    expect(classes).toEqual(["right", "left", "right"]);
    const { stdout } = await strop([...args, "--quiet"]);
    expect(stdout).toMatch(/0 +a\.png\n1 +b\.png\n2 +c\.png/);
    const all = await stropJson(["predict", tuned, "--data", held, "--out", out]);
    expect(all.files[0]).toBe("left/00.png");
  });

  test("plan and build know how many there are", async () => {
    const { bytes } = await stropJson(["plan", model, ...run]);
    const known = await stropJson(["plan", model, "--rows", "30", "--batch", "8"]);
    expect(bytes.rows).toBe(known.bytes.rows);
    const built = await stropJson(["build", model, ...run, "--out", workspace.at("device")]);
    expect(built.rows).toBe(30);
  });

  test("the options that a run had are told, and run again; the report has them", async () => {
    const out = workspace.at("again.onnx");
    const page = workspace.at("page.html");
    const given = ["--image-fit", "crop", "--image-mean", "0.5,0.4,0.3", "--augment", "flip"];
    const first = await stropJson([
      "train",
      model,
      ...run,
      ...given,
      "--report",
      page,
      "--out",
      out,
    ]);
    expect(first.options).toMatchObject({
      ...{ imageScale: 255, imageFit: "crop", imageMean: [0.5, 0.4, 0.3], augment: "flip" },
    });
    expect(readFileSync(page, "utf8")).toContain("imageScale");
    const config = workspace.write("config.json", JSON.stringify(first.options));
    const second = await stropJson(["train", model, "--config", config, "--report", page]);
    expect(second.fingerprint).toBe(first.fingerprint);
    const other = await stropJson(["train", model, ...run, "--out", out]);
    expect(other.fingerprint).not.toBe(first.fingerprint);
  });
});

test("the model keeps how images became its numbers: eval, predict and further training follow", async () => {
  const kept = workspace.at("kept.onnx");
  const numbers = ["--image-mean", "0.5", "--image-std", "0.25,0.2,0.3", "--image-fit", "crop"];
  const once = ["--data", training, "--epochs", "1", "--batch", "8"];
  await stropJson(["train", model, ...once, ...numbers, "--out", kept]);
  const follow = await stropJson(["eval", kept, "--data", held]);
  expect(await stropJson(["eval", kept, "--data", held, ...numbers])).toEqual(follow);
  const other = await stropJson(["eval", kept, "--data", held, "--image-mean", "0"]);
  expect(other.loss).not.toBe(follow.loss);
  const on = workspace.at("on.onnx");
  const { options } = await stropJson(["train", kept, ...once, "--lr", "0", "--out", on]);
  expect(options).toMatchObject({
    ...{ imageScale: 255, imageMean: [0.5], imageStd: [0.25, 0.2, 0.3], imageFit: "crop" },
  });
  expect((await stropJson(["eval", on, "--data", held])).loss).toBe(follow.loss);
});

test("rows of bytes train to the bits of the same numbers as float32", async () => {
  const { x, y, files } = await readImages(training, {
    shape: [3, SIDE, SIDE],
    mean: 0.4,
    std: 0.2,
  });
  const { data, levels } = x;
  const floats = Float32Array.from(data as Uint8Array, (byte) => levels!.values[byte]!);
  const labels = workspace.npy("y.npy", [files.length], y!.data as Int32Array);
  const rows = workspace.npy("x.npy", [files.length, 3, SIDE, SIDE], floats);
  const out = ["--out", workspace.at("o.onnx"), "--epochs", "2", "--validation", "0.3"];
  const images = ["--data", training, "--image-mean", "0.4", "--image-std", "0.2"];
  const arrays = ["--data", rows, "--labels", labels];
  for (const more of [[], ["--standardize"], ["--report", workspace.at("r.html")]]) {
    const [a, b] = [
      await stropJson(["train", model, ...images, ...out, ...more]),
      await stropJson(["train", model, ...arrays, ...out, ...more]),
    ];
    expect(a.fingerprint).toBe(b.fingerprint);
    expect(a.validation).toEqual(b.validation);
  }
});

test("a device trains with the same changed rows as the host", async () => {
  const { x, y, files } = await readImages(training, { shape: [3, SIDE, SIDE], scale: 1 });
  const folder = workspace.at("changed");
  const own = ["--epochs", "2", "--augment", "shift=2,flip,crop=0.5,noise=3,fill=9", "--seed", "4"];
  const rows = workspace.npy(
    "own-x.npy",
    x.shape as number[],
    Float32Array.from(x.data as Uint8Array),
  );
  const labels = workspace.npy("own-y.npy", [files.length], y!.data as Int32Array);
  const args = [model, "--data", rows, "--labels", labels, ...own];
  await stropJson(["build", ...args, "--out", folder]);
  put("changed/x.npy", readFileSync(rows));
  put("changed/y.npy", readFileSync(labels));
  const command = ["train", "/d/program.strop", "/d/x.npy", "/d/y.npy", "/d/OUT"];
  expect(await runDevice(folder, "strop.scalar.wasm", command)).toBe(0);
  const [merged, trained] = [`${folder}/merged.onnx`, `${folder}/trained.onnx`];
  await stropJson(["merge", model, `${folder}/OUT`, "--out", merged]);
  await stropJson(["train", ...args, "--out", trained]);
  expect(readFileSync(merged).equals(readFileSync(trained))).toBe(true);
});

describe("refused", () => {
  const flat = workspace.write(
    "flat.onnx",
    sequential([input({ shape: [7] }), dense({ units: 2 })]).toOnnx(),
  );
  const npy = workspace.npy("seven.npy", [2, 7], new Float32Array(14));
  put("bad/a/1.png", new Uint8Array(9));
  const out = ["--out", workspace.at("never.onnx")];
  const images = ["train", model, "--data", training, ...out];

  const cases: readonly Refusal[] = [
    [
      "a file that is none",
      ["train", model, "--data", workspace.at("bad"), ...out],
      /bad\/a\/1\.png: this is neither/,
    ],
    [
      "no classes",
      ["train", model, "--data", plain, ...out],
      /--labels: there are no labels for .*a folder for each class/,
    ],
    [
      "a model that takes no images",
      ["train", flat, "--data", training, ...out],
      /rows of \[7\] are no images/,
    ],
    [
      "labels beside classes",
      [...images, "--labels", npy],
      /--labels: the classes of .* are its folders\. Leave it out/,
    ],
    ["a target", [...images, "--target", "a"], /--target: it is for tables/],
    [
      "images' options for an array",
      ["eval", flat, "--data", npy, "--image-scale", "1"],
      /--image-scale: it is for a folder of images, and .*seven\.npy is none/,
    ],
    [
      "a scale of 0",
      [...images, "--image-scale", "0"],
      /--image-scale: '0' is not a number above 0/,
    ],
    [
      "a mean that is no number",
      [...images, "--image-mean", "a,b"],
      /--image-mean: 'a' is not a number/,
    ],
    [
      "two means for three channels",
      [...images, "--image-mean", "1,2"],
      /--image-mean: 2 numbers, but .* 3 channels/,
    ],
    [
      "an unknown fit",
      [...images, "--image-fit", "pad"],
      /--image-fit: 'pad' is not known\. There are stretch, crop/,
    ],
    [
      "channels elsewhere",
      [...images, "--image-channels", "last"],
      /rows of \[3, 12, 12\] are no images/,
    ],
    [
      "an unknown change",
      [...images, "--augment", "spin"],
      /--augment: 'spin' is not known\. There are shift, shift-h/,
    ],
    [
      "a change without a number",
      [...images, "--augment", "shift"],
      /--augment shift: true is not a whole number/,
    ],
    ["a change twice", [...images, "--augment", "flip,flip"], /--augment: 'flip' is there twice/],
    [
      "a shift of nothing but fill",
      [...images, "--augment", "shift=12"],
      /--augment: a shift leaves nothing/,
    ],
    [
      "solve",
      ["solve", "ridge", "--data", training, ...out],
      /training: it is a folder, and no model/,
    ],
  ];

  test.each(cases)("%s", async (_, args, line) => {
    const { code } = await strop(args);
    await refuses(workspace, args, code!, line);
    expect([1, 2]).toContain(code);
  });
});
