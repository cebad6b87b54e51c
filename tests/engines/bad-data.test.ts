import { afterEach, beforeEach, expect, test } from "vitest";
import { Device, expectOk, expectRefusal } from "./device.js";
import { describeEngines } from "./engines.js";
import {
  CLASSES,
  EVAL,
  FEATURES,
  npy,
  npyOf,
  ROWS,
  smallProgram,
  smallRows,
  TRAIN,
} from "./workload.js";

const program = smallProgram();
const { x, y } = smallRows();

describeEngines("data that is wrong is refused, with the exit code and one line", () => {
  let device: Device;
  beforeEach(() => {
    device = new Device(program);
  });
  afterEach(() => device.close());

  const ints = (values: number[]) => Int32Array.from({ length: ROWS }, (_, i) => values[i] ?? 0);
  const dict = (descr: string, order: string, shape: string) =>
    npyOf(`{'descr': ${descr}, 'fortran_order': ${order}, 'shape': ${shape}, }`, x);
  const shape = `(${ROWS}, ${FEATURES})`;
  const npyCases: [string, string, Uint8Array, string | RegExp][] = [
    ["X.npy", "empty", new Uint8Array(), "X.npy is not a .npy file."],
    [
      "X.npy",
      "no .npy",
      new TextEncoder().encode("hello, this is text"),
      "X.npy is not a .npy file.",
    ],
    [
      "X.npy",
      "truncated",
      npy("<f4", [ROWS, FEATURES], x).subarray(0, -1),
      /X\.npy is truncated: it has 2671 bytes/,
    ],
    ["X.npy", "too long", npy("<f4", [ROWS - 1, FEATURES], x), /X\.npy is too long/],
    ["X.npy", "header cut", npy("<f4", [ROWS, FEATURES], x).subarray(0, 50), /header is not whole/],
    [
      "X.npy",
      "Fortran order",
      dict("'<f4'", "True", shape),
      "X.npy is in Fortran order: save it in C order.",
    ],
    [
      "X.npy",
      "big-endian",
      dict("'>f4'", "False", shape),
      "X.npy is big-endian: save it as little-endian.",
    ],
    [
      "X.npy",
      "objects",
      dict("'|O'", "False", shape),
      "X.npy holds Python objects: save plain numbers.",
    ],
    [
      "X.npy",
      "fields",
      dict("[('a', '<f4')]", "False", shape),
      /X\.npy has records of several fields/,
    ],
    [
      "X.npy",
      "f8",
      dict("'<f8'", "False", shape),
      /X\.npy holds <f8, which this command does not read/,
    ],
    [
      "X.npy",
      "control characters",
      dict("'<f\u001b[m'", "False", shape),
      /X\.npy holds <f\?\[m, which/,
    ],
    ["X.npy", "type without end", npyOf("{'descr': '<f4", x), /header cannot be read/],
    [
      "X.npy",
      "no shape",
      npyOf("{'descr': '<f4', 'fortran_order': False}", x),
      /header cannot be read/,
    ],
    ["X.npy", "unknown key", npyOf("{'descr': '<f4', 'x': 1}", x), /header cannot be read/],
    ["X.npy", "scalar", dict("'<f4'", "False", "()"), "X.npy has no rows."],
    ["X.npy", "no rows", npy("<f4", [0, FEATURES], x.subarray(0, 0)), "X.npy has no rows."],
    ["X.npy", "huge", dict("'<f4'", "False", "(99999999999999999999, 2)"), "X.npy is too large."],
    [
      "X.npy",
      "huge rows",
      dict("'<f4'", "False", "(2147483647, 268435456)"),
      /X\.npy is truncated/,
    ],
    [
      "X.npy",
      "narrow",
      npy("<f4", [ROWS, FEATURES - 1], x.subarray(ROWS)),
      "X.npy: a row has 11 numbers, but the model takes 12.",
    ],
    [
      "X.npy",
      "integers",
      npy("<i4", [ROWS, FEATURES], new Int32Array(x.length)),
      /X\.npy holds integers/,
    ],
    [
      "Y.npy",
      "fewer rows",
      npy("<i4", [ROWS - 1], y.subarray(1)),
      "Y.npy has 52 rows, but X.npy has 53.",
    ],
    ["Y.npy", "fractions", npy("<f4", [ROWS], new Float32Array(ROWS)), /Y\.npy holds fractions/],
    [
      "Y.npy",
      "two labels",
      npy("<i4", [ROWS, 2], new Int32Array(2 * ROWS)),
      "Y.npy: a row has 2 numbers, but the model takes 1.",
    ],
    [
      "Y.npy",
      "label 5",
      npy("<i4", [ROWS], ints([0, 0, 0, CLASSES])),
      "Y.npy row 3: label 5, but the model has 5 classes. Fix the labels.",
    ],
    [
      "Y.npy",
      "label -1",
      npy("<i4", [ROWS], ints([0, -1])),
      "Y.npy row 1: label -1, but the model has 5 classes. Fix the labels.",
    ],
    [
      "Y.npy",
      "label 2^40",
      npy(
        "<i8",
        [ROWS],
        BigInt64Array.from({ length: ROWS }, (_, i) => (i === 50 ? 1n << 40n : 0n)),
      ),
      "Y.npy row 50: label 1099511627776 is no class. Fix the labels.",
    ],
    [
      "X.npy",
      "NaN",
      npy("<f4", [ROWS, FEATURES], changed(x, 37 * FEATURES + 4, Number.NaN)),
      "X.npy row 37 holds NaN or infinity. Fix or leave out the row.",
    ],
    [
      "X.npy",
      "infinity",
      npy("<f4", [ROWS, FEATURES], changed(x, 52 * FEATURES, Number.NEGATIVE_INFINITY)),
      "X.npy row 52 holds NaN or infinity. Fix or leave out the row.",
    ],
  ];
  test.each(npyCases)("%s, %s", async (name, _case, bytes, sentence) => {
    device.put(name, bytes);
    for (const args of [TRAIN, EVAL]) expectRefusal(await device.run(args), 1, sentence);
    expect(device.has("OUT")).toBe(false);
  });

  test("types: |u1 rows, <i8 and |u1 labels give what <f4 and <i4 do", async () => {
    const bytes = Uint8Array.from(x, (value) => Math.round((value + 1) * 127));
    device.put("X.npy", npy("<f4", [ROWS, FEATURES], Float32Array.from(bytes)));
    const expected = (await device.run(EVAL)).stdout;
    device.put("X.npy", npy("|u1", [ROWS, 3, FEATURES / 3], bytes));
    device.put("Y.npy", npy("<i8", [ROWS, 1], BigInt64Array.from(y, BigInt)));
    expect((await device.run(EVAL)).stdout).toBe(expected);
    device.put("Y.npy", npy("|u1", [ROWS], Uint8Array.from(y)));
    expect((await device.run(EVAL)).stdout).toBe(expected);
  });

  test("more rows than the program was built for", async () => {
    device.put("X.npy", npy("<f4", [2 * ROWS, FEATURES], Float32Array.from([...x, ...x])));
    device.put("Y.npy", npy("<i4", [2 * ROWS], Int32Array.from([...y, ...y])));
    expectRefusal(
      await device.run(TRAIN),
      1,
      /X\.npy has 106 rows, but the program was built for 53 at most/,
    );
    expect(device.has("OUT")).toBe(false);
    expectOk(await device.run(EVAL));
  });

  test("targets: a regression takes as many as the model answers, of any type", async () => {
    const regression = smallProgram({ loss: "mse" });
    device.install(regression);
    expectRefusal(await device.run(EVAL), 1, /Y\.npy: a row has 1 numbers, but the model takes 5/);
    const targets = Float32Array.from({ length: ROWS * CLASSES }, (_, i) => i % 3);
    device.put("Y.npy", npy("<f4", [ROWS, CLASSES], changed(targets, 90, Number.NaN)));
    expectRefusal(
      await device.run(EVAL),
      1,
      "Y.npy row 18 holds NaN or infinity. Fix or leave out the row.",
    );
    device.put("Y.npy", npy("<f4", [ROWS, CLASSES], targets));
    const { stdout } = await device.run(EVAL);
    expect(stdout).toMatch(/^rows 53\nloss [\d.]+\n$/);
    for (const [descr, whole] of [
      ["<i4", Int32Array.from(targets)],
      ["<i8", BigInt64Array.from(targets, BigInt)],
      ["|u1", Uint8Array.from(targets)],
    ] as const) {
      device.put("Y.npy", npy(descr, [ROWS, CLASSES], whole));
      expect((await device.run(EVAL)).stdout).toBe(stdout);
    }
  });

  test("a rate that makes the weights infinite: the step and the tensor", async () => {
    const wild = smallProgram({
      optimizer: { name: "sgd", lr: 1e30 },
      clipNorm: undefined,
      clipValue: undefined,
    } as never);
    device.put("program.strop", wild.bytes);
    expectRefusal(
      await device.run(TRAIN),
      1,
      /training diverged at step \d+ \(epoch \d+\): tensor \d+ is not finite at instruction \d+/,
    );
  });
});

/** A copy with one other number. */
function changed(data: Float32Array, at: number, value: number): Float32Array {
  const copy = data.slice();
  copy[at] = value;
  return copy;
}
