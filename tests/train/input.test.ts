import { describe, expect, test } from "vitest";
import { dense, input } from "../../src/graph/layers.js";
import {
  type Input,
  loadOnnx,
  Model,
  readCsv,
  readIdx,
  StropError,
  sequential,
} from "../../src/node.js";
import { denseModel } from "../helpers/small-models.js";

/** The error of a run that must end with one. */
async function errorOf(run: () => unknown): Promise<StropError> {
  try {
    await run();
  } catch (error) {
    if (error instanceof StropError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

const small = () => sequential([input({ shape: [5] }), dense({ units: 4 })]).compile();

async function trainOn(model: Model, x: unknown, y: unknown, options = {}) {
  for await (const _ of model.fit(x as Input, y as Input, { epochs: 1, ...options }));
  return model.lastFit!;
}

describe("what the API is given as rows", () => {
  test("a shape that its numbers do not fill", async () => {
    const x = { shape: [40, 5], data: new Float32Array(7), name: "mine" };
    const { message } = await errorOf(() => trainOn(small(), x, new Int32Array(40)));
    expect(message).toBe("mine: 7 numbers, but the shape [40, 5] has 200.");
    expect((await errorOf(() => small().predict(x))).code).toBe("data");
  });

  test.each([undefined, null, 5, "rows"])("%s instead of an array", async (x) => {
    expect((await errorOf(() => trainOn(small(), x, [0, 1]))).where).toBe("x");
    expect((await errorOf(() => trainOn(small(), [[1, 2, 3, 4, 5]], x))).where).toBe("y");
  });

  test("plain arrays, nested and flat", async () => {
    const rows = [
      [1, 2, 3, 4, 5],
      [5, 4, 3, 2, 1],
    ];
    const nested = await trainOn(small(), rows, [0, 3]);
    const flat = await trainOn(small(), Float32Array.from(rows.flat()), Int32Array.of(0, 3));
    expect(flat.fingerprint).toBe(nested.fingerprint);
  });

  const rows = [
    [1, 2, 3, 4, 5],
    [5, 4, 3, 2, 1],
  ];

  test("whole numbers beyond int32 stay what they are", async () => {
    const large = [3e9, 2 ** 32, 1, 0, -3e9];
    expect(small().predict(large)).toEqual(small().predict([large]));
    const { where } = await errorOf(() => trainOn(small(), rows, [0, 2 ** 32]));
    expect(where).toBe("y row 1");
  });

  test("a plain list with its shape is as good as a typed array", async () => {
    const targets = [0.5, 0.25, 1, 0, 1, 0, 0.5, 0.5];
    const [plain, typed] = [targets, Float32Array.from(targets)].map((data) =>
      trainOn(small(), rows, { shape: [2, 4], data }),
    );
    expect((await plain!).lossName).toBe("mse");
    expect((await plain!).fingerprint).toBe((await typed!).fingerprint);
    const x = { shape: [2, 5], data: [1, "2", 3, 4, 5, 6, 7, 8, 9, 10], name: "mine" };
    const { message } = await errorOf(() => small().predict(x as unknown as Input));
    expect(message).toBe("mine row 1: '2' is no number.");
  });

  test.each([{ shape: [1, 5] }, { shape: null, data: [1, 2, 3, 4, 5] }, { shape: 5, data: 1 }])(
    "%j is no array",
    async (x) => {
      const { message } = await errorOf(() => small().predict(x as unknown as Input));
      expect(message).toBe("x: a shape without a list of numbers.");
    },
  );

  test("lists of any depth, and typed arrays in them", async () => {
    const flat = await trainOn(small(), rows, [0, 3]);
    const deep = rows.map(([first, ...others]) => [[[first], ...others.map((one) => [one])]]);
    const typed = rows.map((row) => Float32Array.from(row));
    for (const x of [deep, typed, [typed].flat()]) {
      expect((await trainOn(small(), x, [[0], [3]])).fingerprint).toBe(flat.fingerprint);
    }
  });

  const looped: unknown[] = [];
  looped.push(looped);
  test.each<[string, unknown, string]>([
    [
      "rows of different length",
      [[1, 2, 3, 4, 5], [1]],
      "x row 1: a list of 1, but x row 0 is a list of 5.",
    ],
    [
      "lists of different length within a row",
      [[[1, 2], [3]]],
      "x row 0 [1]: a list of 1, but x row 0 [0] is a list of 2.",
    ],
    ["a number beside lists", [[1, 2], 3], "x row 1: 3, but x row 0 is a list of 2."],
    ["a list beside numbers", [[1, [2]]], "x row 0 [1]: a list is no number."],
    ["a word", [[1, "2"]], "x row 0 [1]: '2' is no number."],
    ["a word in a flat list", [1, "2"], "x row 1: '2' is no number."],
    ["a hole", [[1, undefined]], "x row 0 [1]: undefined is no number."],
    ["a list in itself", looped, "x: lists within more than 16 lists."],
  ])("%s", async (_, x, message) => {
    expect((await errorOf(() => small().predict(x as Input))).message).toBe(message);
  });
});

test("a signal that is aborted already: no step, no change", async () => {
  const model = denseModel.make().compile();
  const before = model.toOnnx();
  const result = await trainOn(model, denseModel.x, denseModel.y, { signal: AbortSignal.abort() });
  expect([result.steps, result.interrupted]).toEqual([0, true]);
  expect(model.toOnnx()).toEqual(before);
});

test("weights of another name or size are refused, and none of them taken", async () => {
  const model = small();
  const before = model.toOnnx();
  const bias = ["dense1.bias", Float32Array.of(1, 2, 3, 4)] as const;
  const refusal = (name: string, values: Float32Array) =>
    errorOf(() => model.setWeights(new Map([bias, [name, values]])));
  const { message } = await refusal("dense1.weight", new Float32Array(7));
  expect(message).toBe("dense1.weight: 7 values, but it has 20.");
  expect((await refusal("dense2.bias", new Float32Array(4))).code).toBe("weights");
  expect(model.toOnnx()).toEqual(before);
});

test("a flavour that there is not", async () => {
  const { exitCode } = await errorOf(() =>
    small().predict([[1, 2, 3, 4, 5]], { flavour: "zz" as "simd" }),
  );
  expect(exitCode).toBe(2);
});

test("loadOnnx takes bytes in either form, and a model as it is", async () => {
  const model = small();
  expect(await loadOnnx(model)).toBe(model);
  const bytes = model.toOnnx();
  const rows = [[1, 2, 3, 4, 5]];
  for (const source of [bytes, bytes.slice().buffer as ArrayBuffer]) {
    expect((await loadOnnx(source)).predict(rows)).toEqual(model.predict(rows));
  }
  expect(Model.fromOnnx(bytes).parameters()).toEqual(model.parameters());
});

test.each<[unknown, string]>([
  [undefined, "model: it is neither bytes nor a path nor a URL."],
  [[8, 7], "model: it is neither bytes nor a path nor a URL."],
  [new URL("http://127.0.0.1:1/x.onnx"), "http://127.0.0.1:1/x.onnx: it cannot be reached."],
])("loadOnnx of %s", async (source, message) => {
  expect((await errorOf(() => loadOnnx(source as URL))).message).toBe(message);
});

test("readCsv and readIdx give what fit takes, with a name for errors", async () => {
  const text = "a,b,c,d,e,kind\n1,2,3,4,5,cat\n5,4,3,2,1,ant\n";
  const { x, y, notes } = await readCsv(text, { target: ["kind"] }, "cats");
  const model = small();
  const { fingerprint } = await trainOn(model, x, y);
  expect([model.classes, notes]).toEqual([
    ["ant", "cat"],
    ["cats: the classes of kind are 0 ant, 1 cat"],
  ]);
  const target = "kind" as unknown as string[];
  const { message } = await errorOf(() => readCsv(text, { target }));
  expect(message).toBe("--target: it is not a list of columns.");
  const labels = readIdx(Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 1, 0), "labels");
  expect((await trainOn(small(), x, labels)).fingerprint).toBe(fingerprint);
  expect([x.name, y?.name, labels.name]).toEqual(["cats", "cats", "labels"]);
});
