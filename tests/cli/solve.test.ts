import { readFileSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { readNpy } from "../../src/data/npy.js";
import { LINEAR_NAMES, linearRows } from "../../src/solve/options.js";
import { cases, type Expected, largestOff } from "../solvers/solutions.js";
import { TOLERANCES } from "../tolerances.js";
import { type Refusal, refuses, strop, stropJson, Workspace } from "./strop.js";

const workspace = new Workspace();
afterAll(() => workspace.remove());

const tall = cases.find(({ name }) => name === "tall")!;
const [rows, columns] = [tall.x.length, tall.x[0]!.length];
const x = workspace.npy("x.npy", [rows, columns], Float32Array.from(tall.x.flat()));
const y = workspace.npy("y.npy", [rows], Float32Array.from(tall.y));
const labels = workspace.npy("labels.npy", [rows], Int32Array.from(tall.labels));
const yes = workspace.npy(
  "yes.npy",
  [rows],
  Uint8Array.from(tall.labels, (k) => Number(k === 1)),
);
const out = workspace.at("out.onnx");

/** Where a method's labels are, and an alpha at which it does something. */
function given(method: string): string[] {
  return ["--data", x, "--labels", method === "logistic" ? labels : y];
}

const solve = (method: string, words = "", target = out) =>
  stropJson([
    "solve",
    method,
    ...given(method),
    "--out",
    target,
    ...words.split(" ").filter(Boolean),
  ]);

function expectedOf(method: string, alpha?: number): Expected {
  return tall.solutions.find(
    ({ method: name, options, classes, several }) =>
      name === method &&
      (alpha === undefined || options.alpha === alpha) &&
      options.intercept !== false &&
      classes !== "two" &&
      !several,
  )!;
}

describe("--json is scikit-learn's answer, and the model predicts it", () => {
  test.each(LINEAR_NAMES)("%s", async (method) => {
    const { options, coef, intercept } = expectedOf(method);
    const words = [
      method === "least-squares" ? "" : `--alpha ${options.alpha}`,
      linearRows(method).tol ? "--tol 1e-12" : "",
      linearRows(method).l1Ratio ? `--l1-ratio ${options.l1Ratio}` : "",
    ];
    const found = await solve(method, words.join(" "));
    const { solverCoefficients } = TOLERANCES;
    expect(largestOff([found.coef].flat(2), coef.flat())).toBeLessThan(solverCoefficients);
    expect(largestOff([found.intercept].flat(), intercept)).toBeLessThan(solverCoefficients);
    expect(found.coef.length).toBe(method === "logistic" ? 3 : columns);
    expect(found).toMatchObject({ method, converged: true, plannedBytes: expect.any(Number) });

    const predicted = workspace.at("predicted.npy");
    await stropJson(["predict", out, "--data", x, "--out", predicted]);
    const { loss } = await stropJson(["eval", out, ...given(method)]);
    // Its own loss, as it was trained: the objective less the penalty.
    expect(loss).toBeGreaterThan(0);
    if (method === "logistic") return;
    const outputs = readNpy(readFileSync(predicted), "predicted").data as Float32Array;
    const own = tall.x.map((row) =>
      row.reduce((sum, value, j) => sum + value * found.coef[j], found.intercept),
    );
    expect(largestOff([...outputs], own)).toBeLessThan(TOLERANCES.f32Reduction * columns);
  });
});

test("its resolved options run again, and give the same bytes", async () => {
  const first = await solve(
    "elastic-net",
    "--alpha 0.03 --selection random --seed 4 --no-intercept",
  );
  const bytes = readFileSync(out);
  expect(first.intercept).toBe(0);
  const { out: _, ...config } = first.options;
  const again = workspace.at("again.onnx");
  const file = workspace.write("config.json", JSON.stringify(config));
  const second = await stropJson(["solve", "elastic-net", "--config", file, "--out", again]);
  expect(second.options).toEqual({ ...first.options, out: again });
  expect(readFileSync(again).equals(bytes)).toBe(true);
  const other = await solve(
    "elastic-net",
    "--alpha 0.03 --selection random --seed 5 --no-intercept",
  );
  expect(other.coef).not.toEqual(first.coef);
});

test("a path: alphas, and the coefficients of each; the model is its last point", async () => {
  const [expected] = tall.paths;
  const found = await solve("lasso", "--path 12 --path-eps 0.01 --tol 1e-12");
  expect(largestOff(found.alphas, expected!.alphas, 1e-9)).toBeLessThan(TOLERANCES.f32Rounding);
  for (const [i, coef] of expected!.coefs.entries()) {
    expect(largestOff(found.path[i].coef, coef)).toBeLessThan(TOLERANCES.solverCoefficients);
    expect(found.path[i]).toMatchObject({ alpha: found.alphas[i], converged: true });
  }
  expect(found.coef).toEqual(found.path[11].coef);
  expect(found).toMatchObject({ alpha: found.alphas[11], gap: found.path[11].gap });
});

/** What each option changes, beside a run without it. */
const CHANGES: Readonly<Record<string, readonly [method: string, base: string, words: string]>> = {
  alpha: ["ridge", "", "--alpha 3"],
  path: ["lasso", "", "--path 3"],
  pathEps: ["lasso", "--path 3", "--path-eps 0.1"],
  selection: ["lasso", "--alpha 0.01", "--selection random"],
  tol: ["lasso", "--alpha 0.01", "--tol 1e-9"],
  maxIterations: ["lasso", "--alpha 0.01", "--max-iterations 1"],
  precompute: ["lasso", "--alpha 0.01", "--precompute never"],
  l1Ratio: ["logistic", "--alpha 0.05", "--l1-ratio 0.9"],
  noIntercept: ["ridge", "", "--no-intercept"],
};

describe("every option changes what it should", () => {
  const all = new Set(LINEAR_NAMES.flatMap((name) => Object.keys(linearRows(name))));
  test("there is a case for each", () => {
    expect(Object.keys(CHANGES).sort()).toEqual([...all, "noIntercept"].sort());
  });

  test.each(Object.entries(CHANGES))("%s", async (_, [method, base, words]) => {
    const before = await solve(method, base);
    const after = await solve(method, `${base} ${words}`);
    const { options: _before, ...one } = before;
    const { options: _after, ...other } = after;
    expect(other).not.toEqual(one);
  });

  test("--flavour changes nothing", async () => {
    const [one, other] = [
      await solve("lasso", "--flavour simd"),
      await solve("lasso", "--flavour scalar"),
    ];
    expect(other.coef).toEqual(one.coef);
  });
});

describe("what it says", () => {
  test("in words, with a note where the gap is still large", async () => {
    const words = ["--alpha", "0.001", "--max-iterations", "2"];
    const { code, stdout, stderr } = await strop([
      "solve",
      "lasso",
      ...given("lasso"),
      "--out",
      out,
      ...words,
    ]);
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /^note: it has not converged to --tol 0\.0001 after 2 iterations: the duality gap is still [\d.e-]+; raise --max-iterations or --tol\n$/,
    );
    expect(stdout).toMatch(/^alpha {9}0\.001\ncoefficients {2}\d of 8 are not zero\nobjective/);
    expect(stdout).toMatch(/duality gap .* after 2 iterations\nmemory .* bytes/);
  });

  test("two classes have one vector, and a Sigmoid", async () => {
    const found = await stropJson([
      "solve",
      "logistic",
      "--data",
      x,
      "--labels",
      yes,
      "--out",
      out,
    ]);
    expect(found.coef.length).toBe(1);
    expect(found.options.alpha).toBe(1 / rows);
    const { accuracy } = await stropJson(["eval", out, "--data", x, "--labels", yes]);
    expect(accuracy).toBeGreaterThan(0.7);
  });

  test("a table, whose classes are words", async () => {
    const lines = tall.x.map((row, i) =>
      [...row, ["cold", "warm", "hot"][tall.labels[i]!]].join(","),
    );
    const header = [...tall.x[0]!.keys()].map((j) => `x${j}`);
    const csv = workspace.write(
      "t.csv",
      `${[...header, "state"].join(",")}\n${lines.join("\n")}\n`,
    );
    const table = ["--data", csv, "--target", "state"];
    const found = await stropJson(["solve", "logistic", ...table, "--out", out]);
    expect(found.classes).toEqual(["cold", "hot", "warm"]);
    const { accuracy } = await stropJson(["eval", out, ...table]);
    expect(accuracy).toBeGreaterThan(0.5);
  });
});

describe("it refuses", () => {
  const few = workspace.npy(
    "few.npy",
    [3, columns],
    new Float32Array(3 * columns).map((_, i) => i % 5),
  );
  const flat = workspace.npy("flat.npy", [4, 2], Float32Array.of(1, 2, 2, 4, 3, 6, 5, 10));
  const four = workspace.npy("four.npy", [4], Float32Array.of(1, 2, 3, 4));
  const gap = workspace.npy("gap.npy", [4], Int32Array.of(0, 2, 0, 2));
  const bad = workspace.npy("bad.npy", [4], Float32Array.of(1, Number.NaN, 3, 4));
  const missing = workspace.at("missing/out.onnx");
  const base = (method: string, ...more: string[]) => [
    ...["solve", method, ...given(method), "--out", workspace.at("new.onnx"), ...more],
  ];
  const small = (method: string, target: string) => [
    ...["solve", method, "--data", flat, "--labels", target, "--out", workspace.at("new.onnx")],
  ];

  test.each<[...Refusal, exitCode: number]>([
    [
      "a method that there is not",
      base("laso"),
      /^method: 'laso' is not known\. Did you mean lasso\?$/,
      2,
    ],
    ["no method", ["solve"], /^method: it is missing\./, 2],
    [
      "no --out",
      ["solve", "lasso", ...given("lasso")],
      /^--out: it is missing\. Say where the model goes/,
      2,
    ],
    ["no --data", ["solve", "lasso", "--out", out], /^--data: it is missing\./, 2],
    [
      "an option of another method",
      base("ridge", "--tol", "1"),
      /^--tol: it does not belong to the method ridge\. It is an option of strop solve lasso, elastic-net, logistic, kmeans\.$/,
      2,
    ],
    [
      "an alpha below 0",
      base("ridge", "--alpha", "-1"),
      /^--alpha: '-1' is not a number from 0 up\.$/,
      2,
    ],
    [
      "an alpha of 0",
      base("lasso", "--alpha", "0"),
      /^--alpha: at 0 nothing is penalised, and coordinate descent has no end\. Use least-squares\.$/,
      2,
    ],
    [
      "a path of one",
      base("lasso", "--path", "1"),
      /^--path: '1' is not a whole number from 2 to 100000\.$/,
      2,
    ],
    [
      "a path without an l1 part",
      base("logistic", "--path", "3"),
      /^--path: with an l1 ratio of 0 no alpha makes all coefficients 0, .* Give an l1 ratio above 0\.$/,
      2,
    ],
    [
      "--path-eps without --path",
      base("lasso", "--path-eps", "0.1"),
      /^--path-eps: it needs a path\.$/,
      2,
    ],
    [
      "--path-eps and --alpha",
      base("lasso", "--path", "3", "--alpha", "1", "--path-eps", "0.1"),
      /^--path-eps: alpha is given too, and says where the path ends\. Give one of them\.$/,
      2,
    ],
    [
      "fewer rows than columns",
      [
        "solve",
        "least-squares",
        "--data",
        few,
        "--labels",
        workspace.npy("t.npy", [3], Float32Array.of(1, 2, 4)),
        "--out",
        out,
      ],
      /^\S+few\.npy: 3 rows do not determine the coefficients of 8 columns\. Use ridge\.$/,
      1,
    ],
    [
      "a column that follows from others",
      small("least-squares", four),
      /^\S+flat\.npy column 1: it is constant, or a combination of the columns before it, .* Leave it out, or use ridge\.$/,
      1,
    ],
    [
      "labels with a gap",
      small("logistic", gap),
      /^\S+gap\.npy: class 1 has no rows\. Number the classes from 0, and give rows of each\.$/,
      1,
    ],
    [
      "several targets",
      ["solve", "elastic-net", "--data", four, "--labels", flat, "--out", out],
      /^\S+flat\.npy: 2 targets a row, and elastic-net takes one\. Solve for each target alone, or use ridge\.$/,
      1,
    ],
    [
      "as many rows as columns, one of which follows",
      [
        ...["solve", "least-squares", "--no-intercept", "--out", out],
        ...["--data", workspace.npy("twins.npy", [2, 2], Float32Array.of(1, 1, 2, 2))],
        ...["--labels", workspace.npy("two.npy", [2], Float32Array.of(1, 2))],
      ],
      /^\S+twins\.npy column 1: it is constant, or a combination/,
      1,
    ],
    [
      "a seed that no device reads",
      [...["solve", "lasso", ...given("lasso"), "--build"], missing, "--seed", "1000000000"],
      /^--seed: the device's command does not read 1000000000\. Give a number below 1000000000\.$/,
      2,
    ],
    ...["0.1234567890123456", "1e-23"].map((alpha): [...Refusal, number] => [
      `an alpha that no device reads: ${alpha}`,
      [...["solve", "lasso", ...given("lasso"), "--build"], missing, "--alpha", alpha],
      /^--alpha: the device's command does not read \S+\. Give a number of at most 15 digits from 1e-22 up\.$/,
      2,
    ]),
    [
      "coefficients beyond float32",
      [
        ...["solve", "least-squares", "--out", out, "--labels", four],
        ...["--data", workspace.npy("tiny.npy", [4, 1], Float32Array.of(0, 1e-40, 2e-40, 3e-40))],
      ],
      /^\S+tiny\.npy column 0: its coefficient is beyond float32, which the model holds\. Scale the column\.$/,
      1,
    ],
    ["a target that is no number", small("lasso", bad), /^\S+bad\.npy row 1: value is NaN\.$/, 1],
    [
      "labels that are no classes",
      small("logistic", bad),
      /^\S+bad\.npy row 1: label NaN is not a whole number\.$/,
      1,
    ],
    [
      "another number of rows",
      ["solve", "lasso", "--data", x, "--labels", four, "--out", out],
      /^\S+four\.npy: 4 rows, but \S+x\.npy has 40\.$/,
      1,
    ],
    [
      "an output over its input",
      ["solve", "lasso", "--data", x, "--labels", y, "--out", x],
      /^--out: '\S+' is the file of --data too\.$/,
      2,
    ],
    [
      "a folder that there is not",
      ["solve", "lasso", ...given("lasso"), "--out", missing],
      /missing/,
      1,
    ],
  ])("%s", async (_, args, line, exitCode) => {
    await refuses(workspace, args, exitCode, line);
  });
});

test("SIGINT: nothing is written, exit 130", async () => {
  const [many, wide] = [4000, 400];
  const noise = Float32Array.from({ length: many * wide }, (_, i) => Math.sin(i * i));
  const big = workspace.npy("big.npy", [many, wide], noise);
  const target = workspace.npy("target.npy", [many], noise.slice(7, 7 + many));
  const to = workspace.at("interrupted.onnx");
  const words = [
    "--alpha",
    "1e-9",
    "--tol",
    "0",
    "--precompute",
    "never",
    "--max-iterations",
    "2147483647",
  ];
  const args = ["solve", "lasso", "--data", big, "--labels", target, "--out", to, ...words];
  const { spawn } = await import("node:child_process");
  const { MAIN } = await import("./strop.js");
  const child = spawn(process.execPath, [MAIN, ...args]);
  let stderr = "";
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  setTimeout(() => child.kill("SIGINT"), 2500);
  const code = await new Promise((resolve) => child.on("close", resolve));
  expect(stderr).toBe("interrupted; nothing is written\n");
  expect(code).toBe(130);
  expect(() => readFileSync(to)).toThrow();
}, 20_000);
