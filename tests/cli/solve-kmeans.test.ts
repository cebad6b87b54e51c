import { readdirSync, readFileSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { readNpy } from "../../src/data/npy.js";
import { sections } from "../../src/runtime/wasm-memory.js";
import { solve } from "../../src/solve/index.js";
import { TestRandom } from "../helpers/random.js";
import { type Refusal, refuses, strop, stropJson, Workspace } from "./strop.js";

const workspace = new Workspace();
afterAll(() => workspace.remove());

const ROWS = 40;
const data = new TestRandom(3).array(ROWS * 2).map((value, i) => value + 4 * ((i >> 1) % 3));
const x = { shape: [ROWS, 2], data };
const X = workspace.npy("x.npy", [ROWS, 2], data);
const Y = workspace.npy("y.npy", [ROWS], Float32Array.from(data.filter((_, i) => i % 2)));
const C = workspace.npy("c.npy", [3, 2], data.slice(0, 6));
const NAN = workspace.npy("nan.npy", [3, 1], Float32Array.of(1, Number.NaN, 2));
const TABLE = workspace.write(
  "t.csv",
  `a,b,kind\n${Array.from({ length: 9 }, (_, i) => `${i % 3},${(i % 3) * 2},k${i % 3}\n`).join("")}`,
);

let runs = 0;
const out = () => workspace.at(`${++runs}.npy`);
const read = (path: string) => readNpy(readFileSync(path), path);
const kmeans = (file: string, ...more: string[]) =>
  stropJson(["solve", "kmeans", "--data", X, "--clusters", "3", "--out", file, ...more]);

describe("strop solve kmeans", () => {
  test("centres, labels, and a line an iteration, as the API finds them", async () => {
    const [file, labels, metrics] = [out(), out(), workspace.at("m.jsonl")];
    const more = ["--labels-out", labels, "--metrics", metrics, "--seed", "5"];
    const found = await kmeans(file, ...more);
    const host = await solve.kmeans(x, { clusters: 3, seed: 5 });
    expect(read(file)).toMatchObject({ type: "float32", ...host.centers });
    expect(read(labels)).toMatchObject({ type: "int32", shape: [ROWS], data: host.labels });
    const { inertia, inertias, iterations, converged, plannedBytes, pageBytes } = host;
    expect(found).toMatchObject({
      inertia,
      inertias,
      iterations,
      converged,
      plannedBytes,
      pageBytes,
    });
    expect(found.shape).toEqual([3, 2]);
    expect(found.clusterRows).toEqual(
      [0, 1, 2].map((k) => host.labels.filter((l) => l === k).length),
    );
    const lines = readFileSync(metrics, "utf8").trim().split("\n");
    expect(lines.map((line) => JSON.parse(line))).toEqual(
      inertias.map((value, i) => ({ iteration: i + 1, inertia: value })),
    );
    const { options } = found;
    expect(options).toMatchObject({
      clusters: 3,
      tol: 1e-4,
      maxIterations: 300,
      init: "k-means++",
    });
  });

  test("--init: a way, or centres of a file", async () => {
    const [random, given] = [out(), out()];
    await kmeans(random, "--init", "random", "--max-iterations", "1");
    const host = await solve.kmeans(x, { clusters: 3, init: "random", maxIterations: 1 });
    expect(read(random).data).toEqual(host.centers.data);
    const found = await kmeans(given, "--init", C, "--tol", "0");
    const init = { shape: [3, 2], data: data.slice(0, 6) };
    expect(read(given).data).toEqual(
      (await solve.kmeans(x, { clusters: 3, init, tol: 0 })).centers.data,
    );
    expect(found.options.init).toBe(C);
  });

  test("--batch", async () => {
    const file = out();
    const found = await kmeans(file, "--batch", "8");
    expect(found.options).toMatchObject({ batch: 8, maxIterations: 500 });
    const config = workspace.write("batch.json", JSON.stringify(found.options));
    expect((await stropJson(["solve", "kmeans", "--config", config])).inertia).toBe(found.inertia);
    expect(read(file).data).toEqual(
      (await solve.kmeans(x, { clusters: 3, batch: 8 })).centers.data,
    );
  });

  test("a table: the target's columns are left out", async () => {
    const file = out();
    const command = ["solve", "kmeans", "--data", TABLE, "--target", "kind", "--clusters", "3"];
    const found = await stropJson([...command, "--out", file]);
    expect(found).toMatchObject({ shape: [3, 2], inertia: 0, clusterRows: [3, 3, 3] });
  });

  test("in words, and a note where it has not converged", async () => {
    const { code, stdout, stderr } = await strop([
      "solve",
      "kmeans",
      "--data",
      X,
      "--clusters",
      "3",
      "--out",
      out(),
      "--max-iterations",
      "1",
    ]);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^centres +\[3, 2\]\ninertia +\S+ after 1 iterations\nrows a cluster +\d+ to \d+\n/,
    );
    expect(stderr).toMatch(/it has not converged after 1 iterations; raise --max-iterations/);
  });
});

describe("strop solve --build", () => {
  /** Pages of a module's memory: minimum and maximum. */
  function pagesOf(file: string): number[] {
    const bytes = readFileSync(file);
    const { body } = [...sections(bytes)].find(({ id }) => id === 5)!;
    return [bytes[body + 2]!, bytes[body + 3]!];
  }

  test.each([
    ["kmeans", ["--clusters", "3", "--init", "random"], "X.npy OUT.npy --clusters 3 --init random"],
    [
      "lasso",
      ["--labels", Y, "--alpha", "0.01", "--no-intercept"],
      "X.npy Y.npy OUT.npy --alpha 0.01 --no-intercept",
    ],
    ["ridge", ["--labels", Y], "X.npy Y.npy OUT.npy"],
  ])("%s: modules with memory for these rows, and what to type", async (method, more, line) => {
    const folder = workspace.at(`build-${method}`);
    const found = await stropJson(["solve", method, "--data", X, "--build", folder, ...more]);
    expect(readdirSync(folder).sort()).toEqual(["solve.scalar.wasm", "solve.wasm"]);
    expect(found.command).toBe(`solve.wasm ${method} ${line}`);
    expect(found).toMatchObject({ rows: ROWS, columns: 2, build: folder });
    for (const { name, bytes } of found.files) {
      expect(readFileSync(`${folder}/${name}`).length).toBe(bytes);
      expect(pagesOf(`${folder}/${name}`)).toEqual([1, 1]);
    }
  });

  test("more rows, more pages", async () => {
    const many = workspace.npy("many.npy", [5000, 8], new TestRandom(1).array(40_000));
    const folder = workspace.at("build-many");
    const found = await stropJson([
      "solve",
      "kmeans",
      "--data",
      many,
      "--clusters",
      "3",
      "--build",
      folder,
    ]);
    const pages = Math.ceil(found.arenaBytes / 65536);
    expect(pagesOf(`${folder}/solve.wasm`)[0]).toBeGreaterThanOrEqual(pages);
    expect(pagesOf(`${folder}/solve.wasm`)[0]).toBeLessThanOrEqual(pages + 1);
  });
});

const refusals: Refusal[] = [
  ["clusters missing", ["--data", X, "--out", "o.npy"], /^--clusters: it is missing/],
  ["data missing", ["--clusters", "3", "--out", "o.npy"], /^--data: it is missing/],
  ["out missing", ["--data", X, "--clusters", "3"], /^--out: it is missing/],
  [
    "labels",
    ["--data", X, "--labels", Y, "--clusters", "3"],
    /^--labels: it does not belong to the method kmeans/,
  ],
  [
    "alpha",
    ["--data", X, "--alpha", "1", "--clusters", "3"],
    /^--alpha: it does not belong to the method kmeans/,
  ],
  [
    "no clusters",
    ["--data", X, "--clusters", "0"],
    /^--clusters: '0' is not a whole number from 1/,
  ],
  [
    "small batch",
    ["--data", X, "--clusters", "3", "--batch", "2", "--out", "o.npy"],
    /^--batch: a mini-batch of 2 rows/,
  ],
  [
    "tol",
    ["--data", X, "--clusters", "3", "--batch", "9", "--tol", "1", "--out", "o.npy"],
    /^--tol: mini-batches have no tol/,
  ],
  [
    "out is data",
    ["--data", X, "--clusters", "3", "--out", X],
    /^--out: .* is the file of --data too/,
  ],
  [
    "labels over init",
    ["--data", X, "--clusters", "3", "--out", "o.npy", "--init", C, "--labels-out", C],
    /is the file of --init too/,
  ],
  [
    "build and out",
    ["--data", X, "--clusters", "3", "--out", "o.npy", "--build", "d"],
    /^--out: with --build nothing is solved/,
  ],
];
test.each(refusals)("usage: %s", async (_, args, line) => {
  await refuses(workspace, ["solve", "kmeans", ...args], 2, line);
});
test("usage: --init of another method", async () => {
  const args = [
    "solve",
    "lasso",
    "--data",
    X,
    "--labels",
    Y,
    "--init",
    "random",
    "--out",
    "o.onnx",
  ];
  await refuses(workspace, args, 2, /^--init: it does not belong to the method lasso/);
});

const O = workspace.at("o.npy");
const failures: Refusal[] = [
  [
    "more clusters than rows",
    ["--data", X, "--clusters", "41"],
    /x\.npy: 40 rows cannot make 41 clusters/,
  ],
  [
    "centres of another shape",
    ["--data", X, "--clusters", "4", "--init", C],
    /c\.npy: 3 centres of 2 numbers, but 4 are wanted/,
  ],
  ["a row that is no number", ["--data", NAN, "--clusters", "2"], /nan\.npy row 1: value is NaN/],
  [
    "no such centres",
    ["--data", X, "--clusters", "2", "--init", "kmeans++"],
    /^kmeans\+\+: no such file/,
  ],
];
test.each(failures)("%s", async (_, args, line) => {
  await refuses(workspace, ["solve", "kmeans", ...args, "--out", O], 1, line);
});
