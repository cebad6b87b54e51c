import { readFileSync } from "node:fs";
import { gzipSync } from "fflate";
import { afterAll, describe, expect, test } from "vitest";
import { dense, flatten, input } from "../../src/graph/layers.js";
import { Model, readData, sequential } from "../../src/node.js";
import { TestRandom } from "../helpers/random.js";
import { type Refusal, refuses, strop, stropJson, Workspace } from "./strop.js";

const workspace = new Workspace();
afterAll(() => workspace.remove());

const KINDS = ["setosa", "virginica", "versicolor"];
const random = new TestRandom(5);

/** Rows of three kinds that are far apart. */
function flowers(rows: number): string[] {
  return Array.from({ length: rows }, (_, row) => {
    const kind = row % KINDS.length;
    const values = random.array(4, 0.5, 3 * kind);
    return [...values, KINDS[kind]].join(",");
  });
}

const HEADER = "sepal,width,petal,length,kind";
const table = (name: string, lines: readonly string[], header = HEADER) =>
  workspace.write(name, `${[header, ...lines].join("\n")}\n`);

const network = (units: number, shape: number[] = [4]) =>
  sequential([input({ shape }), flatten(), dense({ units })]).toOnnx();
const model = workspace.write("model.onnx", network(3));
const value = workspace.write("value.onnx", network(1));
const two = workspace.write("two.onnx", network(2, [3]));
const training = table("flowers.csv", flowers(60));
const held = table("held.csv", flowers(9).reverse());
const tuned = workspace.at("tuned.onnx");

const FIT = ["--epochs", "20", "--lr", "0.05"];
const train = (...more: string[]) => ["train", model, "--data", training, "--out", tuned, ...more];
const KIND = ["--target", "kind"];
const SORTED = ["setosa", "versicolor", "virginica"];

describe("classes of text", () => {
  test("are numbered by name, told, returned and kept in the model", async () => {
    const { code, stdout, stderr } = await strop(train(...KIND, ...FIT, "--json"));
    expect(code).toBe(0);
    expect(stderr).toMatch(
      `note: ${training}: the classes of kind are 0 setosa, 1 versicolor, 2 virginica\n`,
    );
    expect(JSON.parse(stdout).classes).toEqual(SORTED);
    expect(Model.fromOnnx(readFileSync(tuned)).classes).toEqual(SORTED);
  });

  test("eval and predict number another table as the model does", async () => {
    await stropJson(train(...KIND, ...FIT));
    // Were they numbered anew, versicolor and virginica alone would be 0 and 1.
    const part = table(
      "part.csv",
      flowers(30).filter((line) => !line.endsWith("setosa")),
    );
    const result = await stropJson(["eval", tuned, "--data", part, ...KIND]);
    expect(result).toMatchObject({ rows: 20, classes: SORTED });
    expect(result.accuracy).toBeGreaterThan(0.8);
    const out = workspace.at("y.npy");
    const predict = ["predict", tuned, "--out", out, "--data"];
    expect(await stropJson([...predict, held, ...KIND])).toMatchObject({
      shape: [9, 3],
      classes: SORTED,
    });
    const bare = table(
      "bare.csv",
      flowers(9).map((line) => line.replace(/,\w+$/, "")),
      HEADER.replace(",kind", ""),
    );
    expect((await stropJson([...predict, bare, ...KIND])).rows).toBe(9);
    expect((await stropJson([...predict, bare])).rows).toBe(9);
  });

  test("validation data are numbered as the training data", async () => {
    const one = table(
      "one.csv",
      flowers(9).filter((line) => line.endsWith("virginica")),
    );
    const { validation } = await stropJson(train(...KIND, ...FIT, "--validation-data", one));
    expect(validation).toMatchObject({ rows: 3, accuracy: 1 });
  });

  test("a fresh head has classes of its own", async () => {
    await stropJson(train(...KIND, ...FIT));
    const again = table("again.csv", ["1,2,3,4,yes", "2,3,4,5,no"]);
    const args = ["train", tuned, "--data", again, ...KIND, "--head", "2", "--epochs", "1"];
    const { classes } = await stropJson([...args, "--out", workspace.at("yes.onnx")]);
    expect(classes).toEqual(["no", "yes"]);
  });

  test("build leaves the model that merge needs", async () => {
    const folder = workspace.at("device");
    const args = ["build", model, "--data", training, ...KIND, "--out", folder];
    const { files } = await stropJson(args);
    expect(files.map(({ name }: { name: string }) => name)).toContain("model.onnx");
    expect(Model.fromOnnx(readFileSync(`${folder}/model.onnx`)).classes).toEqual(SORTED);
  });

  test("plan counts the rows of a table", async () => {
    const plan = (...more: string[]) => stropJson(["plan", model, "--data", training, ...more]);
    const all = await plan(...KIND);
    expect((await plan(...KIND, "--batch", "all")).arenaBytes).toBeGreaterThan(all.arenaBytes);
  });
});

describe("numbers to learn", () => {
  const lines = Array.from({ length: 40 }, (_, i) => `${i / 40},${(i % 7) / 7},${i / 4},${-i / 8}`);
  const numbers = table(
    "numbers.tsv",
    lines.map((line) => line.replaceAll(",", "\t")),
    "a\tb\tc\td",
  );

  test("decimals are values, several side by side", async () => {
    const small = workspace.write("small.onnx", network(2, [2]));
    const out = ["--out", workspace.at("small-tuned.onnx")];
    for (const target of [
      ["--target", "c,d"],
      ["--target", "c", "--target", "d"],
      ["--target=2,3"],
    ]) {
      const result = await stropJson(["train", small, "--data", numbers, ...target, ...out]);
      expect(result.options.loss).toBe("mse");
    }
  });

  test("windows: the model may want them flat, and learns what comes after", async () => {
    for (const [name, shape] of [
      ["windows", [5, 4]],
      ["flat", [20]],
      ["image", [1, 5, 4]],
    ] as const) {
      const series = workspace.write(`${name}.onnx`, network(1, [...shape]));
      const options = ["--data", numbers, "--target", "c", "--window", "5", "--horizon", "2"];
      const out = workspace.at(`${name}-tuned.onnx`);
      const result = await stropJson(["train", series, ...options, "--batch", "17", "--out", out]);
      // 40 − 5 − 2 + 1 windows are two batches an epoch.
      expect(result.steps).toBe(20);
      const predicted = await stropJson([
        "predict",
        out,
        ...options,
        "--out",
        workspace.at("p.npy"),
      ]);
      expect(predicted.shape).toEqual([36, 1]);
    }
  });
});

test("IDX files, plain and packed, for images of one channel and flat", async () => {
  const pixels = Uint8Array.from({ length: 10 * 4 }, (_, i) => (i * 37) % 256);
  const x = Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 10, 0, 0, 0, 2, 0, 0, 0, 2, ...pixels);
  const y = Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 10, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0);
  const plain = [workspace.write("x-idx3-ubyte", x), workspace.write("y-idx1-ubyte", y)] as const;
  const packed = [
    workspace.write("x-idx3-ubyte.gz", gzipSync(x)),
    workspace.write("y-idx1-ubyte.gz", gzipSync(y)),
  ] as const;
  const image = workspace.write("image.onnx", network(3, [1, 2, 2]));
  const prints = new Set<string>();
  for (const [data, labels] of [plain, packed]) {
    for (const one of [model, image]) {
      const args = ["train", one, "--data", data, "--labels", labels, "--out", tuned];
      prints.add((await stropJson(args)).fingerprint);
    }
  }
  // The two models differ by the names of their weights, if at all.
  expect(prints.size).toBe(1);
});

test("readData gives what fit takes", async () => {
  const { x, y, notes } = await readData(training, { target: ["kind"] });
  expect([x.shape, y?.classes, notes.length]).toEqual([[60, 4], SORTED, 1]);
  const own = Model.fromOnnx(readFileSync(model)).compile();
  for await (const _ of own.fit(x, y!, { epochs: 1 }));
  expect(own.classes).toEqual(SORTED);
  const other = { ...y!, classes: [...SORTED].reverse() };
  expect(() => own.evaluate(x, other)).toThrow(
    `${training}: its classes are numbered in another way than the model's.`,
  );
});

const bad = table("bad.csv", [...flowers(3), "1,2,x,4,setosa"]);
const unknown = table("unknown.csv", ["1,2,3,4,setosa", "1,2,3,4,rosa"]);
const npy = workspace.npy("x.npy", [2, 4], new Float32Array(8));
const labels = workspace.npy("labels.npy", [2], new Int32Array(2));
const damaged = workspace.write("damaged-idx3-ubyte", Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 1));
const known = workspace.write(
  "known.onnx",
  (() => {
    const named = Model.fromOnnx(readFileSync(model));
    named.classes = SORTED;
    return named.toOnnx();
  })(),
);

const numeric = table("numeric.csv", ["1,2,3,4,5"]);

const fails: readonly Refusal[] = [
  [
    "text without a target",
    train(),
    /flowers\.csv line 2, column kind: 'setosa' is not a number\. If this is what to learn, give --target\.$/,
  ],
  [
    "a cell that is no number",
    train("--data", bad, ...KIND),
    /bad\.csv line 5, column petal: 'x' is not a number\./,
  ],
  [
    "a class that the model does not know",
    ["eval", known, "--data", unknown, ...KIND],
    /unknown\.csv line 3, column kind: the model does not know the class 'rosa'\. It knows 0 setosa,/,
  ],
  [
    "a class of the validation data alone",
    train(...KIND, "--validation-data", unknown),
    /unknown\.csv line 3, column kind: the model does not know the class 'rosa'\./,
  ],
  [
    "too many columns",
    ["predict", model, "--data", training, "--out", tuned],
    /line 2, column kind: 'setosa' is not a number\./,
  ],
  [
    "too few classes",
    ["eval", two, "--data", training, ...KIND],
    /flowers\.csv: rows of shape \[60, 4\], but the model's input is \[N, 3\]/,
  ],
  [
    "a table that is not there",
    train("--data", "none.csv", ...KIND),
    /^none\.csv: no such file or directory\./,
  ],
  [
    "a window longer than the series",
    train(...KIND, "--window", "99"),
    /60 records are too few for a window of 99/,
  ],
  [
    "an IDX file cut off",
    train("--data", damaged, "--labels", labels),
    /damaged-idx3-ubyte: the file is truncated\./,
  ],
];

const misuses: readonly Refusal[] = [
  [
    "no target",
    train("--data", numeric),
    /^--labels: there are no labels for .*numeric\.csv\. Give them as .* --target COLUMN of a table\.$/,
  ],
  [
    "a column that is not there",
    train("--target", "kinds"),
    /^--target: .*flowers\.csv has no column 'kinds'\. Did you mean kind\?$/,
  ],
  [
    "labels beside a table",
    train("--labels", labels, ...KIND),
    /^--labels: the labels of .*flowers\.csv are in the table itself\. Give --target/,
  ],
  [
    "a table as labels",
    train("--data", npy, "--labels", training),
    /^--labels: .*flowers\.csv is a table\./,
  ],
  [
    "a target for an array",
    train("--data", npy, ...KIND),
    /^--target: it is for tables, and .*x\.npy is none\./,
  ],
  [
    "a window for an array",
    train("--data", npy, "--labels", labels, "--window", "2"),
    /^--window: it is for tables/,
  ],
  ["a stride without window", train(...KIND, "--stride", "2"), /^--stride: it needs --window\./],
  [
    "a delimiter of two characters",
    train(...KIND, "--delimiter", "::"),
    /^--delimiter: it is not one character\./,
  ],
  [
    "no window at all",
    train(...KIND, "--window", "0"),
    /^--window: '0' is not a whole number from 1/,
  ],
  [
    "build over its own model",
    ["build", workspace.at("model.onnx"), ...KIND, "--data", training, "--out", workspace.path],
    /^model\.onnx: .* is the file of MODEL too\./,
  ],
];

describe("refusals", () => {
  test.each(fails)("%s", (_, args, line) => refuses(workspace, args, 1, line));
  test.each(misuses)("%s", (_, args, line) => refuses(workspace, args, 2, line));
});

test("a regression of one output", async () => {
  const lines = Array.from({ length: 12 }, (_, i) => `${i},1,2,3,${i / 2}`);
  const data = table("value.csv", lines);
  const result = await stropJson(["train", value, "--data", data, ...KIND, "--out", tuned]);
  expect(result.options.loss).toBe("mse");
  expect(result.classes).toBeUndefined();
});
