import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { LossOptions } from "../../src/index.js";
import { Session } from "../../src/runtime/session.js";
import { Device, expectOk, expectRefusal } from "./device.js";
import { engine } from "./engines.js";
import { CLASSES, EVAL, npy, ROWS, smallProgram, smallRows, TRAIN } from "./workload.js";

// On Node's WASI, which is always there: the other engines run the same module.

const node = engine("node:wasi");
const rows = smallRows();
const elements = ROWS * CLASSES;
const floats = (value: (i: number) => number) =>
  Float32Array.from({ length: elements }, (_, i) => value(i));

const labels = { file: npy("<i4", [ROWS], rows.y), data: rows.y };
const someIgnored = rows.y.map((label, i) => (i % 4 === 1 ? -100 : label));
const soft = floats((i) => (i % 4) / 4);
const signs = floats((i) => (i % 3 === 0 ? 1 : -1));
const bits = Uint8Array.from({ length: elements }, (_, i) => Number(i % 3 === 0));

interface Case {
  readonly name: string;
  readonly loss: LossOptions;
  readonly file: Uint8Array;
  readonly data: ArrayLike<number>;
}

const onValues = (descr: string, data: Float32Array | Uint8Array) => ({
  file: npy(descr, [ROWS, CLASSES], data),
  data: Float32Array.from(data),
});

const CASES: readonly Case[] = [
  {
    name: "cross-entropy with all its options",
    loss: {
      name: "cross-entropy",
      classWeights: [1, 2, 0.5, 1, 3],
      labelSmoothing: 0.1,
      ignoreLabel: -100,
    },
    file: npy("<i8", [ROWS], BigInt64Array.from(someIgnored, BigInt)),
    data: someIgnored,
  },
  {
    name: "soft labels",
    loss: { name: "cross-entropy", targets: "values" },
    ...onValues("<f4", soft),
  },
  { name: "hinge on labels", loss: { name: "hinge" }, ...labels },
  { name: "hinge on signs", loss: { name: "hinge", targets: "values" }, ...onValues("<f4", signs) },
  { name: "hinge on bits", loss: { name: "hinge", targets: "values" }, ...onValues("|u1", bits) },
  {
    name: "binary-cross-entropy",
    loss: { name: "binary-cross-entropy" },
    ...onValues("|u1", bits),
  },
  { name: "huber", loss: { name: "huber", delta: 0.5 }, ...onValues("<f4", signs) },
];

/** "rows 53\nloss 1.6" as numbers. */
const numbers = (stdout: string) =>
  Object.fromEntries(
    stdout
      .trim()
      .split("\n")
      .map((line) => line.split(" ").map((word, i) => (i ? Number(word) : word))),
  );

describe("the losses of a program on a device", () => {
  let device: Device;
  const run = (args: readonly string[]) => device.run(args, node);
  const install = (loss: LossOptions) => {
    const program = smallProgram({ loss });
    device.install(program);
    return program;
  };
  beforeEach(() => {
    device = new Device(smallProgram());
  });
  afterEach(() => device.close());

  test.each(CASES)("$name: eval as the host's, train to the same bits", async (given) => {
    const program = install(given.loss);
    device.put("Y.npy", given.file);
    const data = { rows: ROWS, x: rows.x, y: { data: given.data } } as never;
    const session = new Session(program.bytes, "scalar");
    const expected = Object.entries(session.evaluate(data)).map(
      ([key, value]) => [key, Number(Number(value).toPrecision(6))] as const,
    );
    expect(numbers((await run(EVAL)).stdout)).toEqual(Object.fromEntries(expected));
    const trained = await run(TRAIN);
    expectOk(trained);
    const simd = new Session(program.bytes, "simd");
    for (const _ of simd.train(data, 0)) void _;
    expect(trained.stdout).toContain(`fingerprint ${simd.core.fingerprint()}
`);
  });

  const bad: readonly [string, LossOptions, Uint8Array, string][] = [
    [
      "a probability above 1",
      { name: "binary-cross-entropy" },
      npy("<f4", [ROWS, CLASSES], soft.with(3 * CLASSES + 1, 1.5)),
      "Y.npy row 3: target 1.5 is not from 0 to 1. Fix the targets.",
    ],
    [
      "a soft label below 0",
      { name: "cross-entropy", targets: "values" },
      npy("<f4", [ROWS, CLASSES], soft.with(52 * CLASSES, -0.25)),
      "Y.npy row 52: target -0.25 is not from 0 to 1. Fix the targets.",
    ],
    [
      "no sign",
      { name: "hinge", targets: "values" },
      npy("|u1", [ROWS, CLASSES], bits.with(0, 2)),
      "Y.npy row 0: target 2 is not -1, 0 or 1. Fix the targets.",
    ],
    [
      "a label of hinge",
      { name: "hinge" },
      npy("<i4", [ROWS], rows.y.with(9, CLASSES)),
      "Y.npy row 9: label 5, but the model has 5 classes. Fix the labels.",
    ],
    [
      "a label that is neither a class nor ignored",
      { name: "cross-entropy", ignoreLabel: -100 },
      npy("<i4", [ROWS], rows.y.with(2, -100).with(7, -1)),
      "Y.npy row 7: label -1, but the model has 5 classes. Fix the labels.",
    ],
  ];
  test.each(bad)("%s is refused", async (_, loss, file, sentence) => {
    install(loss);
    device.put("Y.npy", file);
    for (const args of [TRAIN, EVAL]) expectRefusal(await run(args), 1, sentence, node);
    expect(device.has("OUT")).toBe(false);
  });

  test("no row counts: the loss is 0, and there is no accuracy", async () => {
    install({ name: "cross-entropy", ignoreLabel: 4 });
    device.put("Y.npy", npy("<i4", [ROWS], new Int32Array(ROWS).fill(4)));
    expect((await run(EVAL)).stdout).toBe("rows 53\nloss 0\n");
  });
});
