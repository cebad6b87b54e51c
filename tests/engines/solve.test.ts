import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readNpy } from "../../src/data/npy.js";
import { solveCommandBinary } from "../../src/runtime/flavour.js";
import { pagesFor, setMemoryPages } from "../../src/runtime/wasm-memory.js";
import { solve } from "../../src/solve/index.js";
import type { LinearSolution } from "../../src/solve/linear.js";
import { TestRandom } from "../helpers/random.js";
import { expectOk, expectRefusal } from "./device.js";
import {
  describeEngines,
  ENGINES,
  type Engine,
  engine,
  type Outcome,
  runCommand,
} from "./engines.js";
import { npy } from "./workload.js";

const ROWS = 57;
const COLUMNS = 6;

const random = new TestRandom(7);
const x = { shape: [ROWS, COLUMNS], data: random.array(ROWS * COLUMNS, 2), name: "X.npy" };
const row = (i: number) => x.data.subarray(i * COLUMNS, (i + 1) * COLUMNS);
/** Three columns count. */
const targets = Float32Array.from(
  { length: ROWS },
  (_, i) => 2 * row(i)[0]! - row(i)[1]! + 0.3 * row(i)[4]! + 0.7 + 0.2 * random.next(),
);
const y = { shape: [ROWS], data: targets };
const y2 = {
  shape: [ROWS, 2],
  data: Float32Array.from({ length: 2 * ROWS }, (_, i) => targets[i >> 1]! * (i & 1 ? -2 : 1)),
};
const labels = {
  shape: [ROWS],
  data: Int32Array.from(targets, (value) => (value < -0.5 ? 0 : value < 1.5 ? 1 : 2)),
};
const halves = { shape: [ROWS], data: Int32Array.from(labels.data, (label) => Math.min(label, 1)) };

/** What OUT.npy holds of a linear model: rows of coefficients, the intercept behind them. */
function coefficients({ path, ...last }: LinearSolution): number[] {
  return (path ?? [last]).flatMap(({ coef, intercept }) =>
    coef.flatMap((vector, k) => [...vector, intercept[k]!]),
  );
}

interface Case {
  readonly args: string;
  readonly y?: string;
  /** What the host finds with the same options: the numbers of OUT.npy. */
  readonly expected: () => Promise<number[]>;
}

const linear = (args: string, run: () => Promise<LinearSolution>, labelsFile = "Y.npy"): Case => ({
  args,
  y: labelsFile,
  expected: async () => coefficients(await run()),
});

const LINEAR: readonly Case[] = [
  linear("lasso --alpha 0.05", () => solve.lasso(x, y, { alpha: 0.05 })),
  linear("lasso --path 5 --tol 1e-6", () => solve.lasso(x, y, { path: 5, tol: 1e-6 })),
  linear(
    "elastic-net --alpha 0.03 --l1-ratio 0.7 --precompute never --selection random --seed 3",
    () =>
      solve.elasticNet(x, y, {
        alpha: 0.03,
        l1Ratio: 0.7,
        precompute: "never",
        selection: "random",
        seed: 3,
      }),
  ),
  linear("ridge --alpha 2.5", () => solve.ridge(x, y2, { alpha: 2.5 }), "Y2.npy"),
  linear("least-squares --no-intercept", () => solve.leastSquares(x, y, { intercept: false })),
  linear("logistic", () => solve.logistic(x, halves), "B.npy"),
  linear(
    "logistic --alpha 0.02 --l1-ratio 0.5",
    () => solve.logistic(x, labels, { alpha: 0.02, l1Ratio: 0.5 }),
    "L.npy",
  ),
];

const CLUSTERS: readonly Case[] = [
  { args: "--clusters 4", options: {} },
  {
    args: "--clusters 5 --init random --seed 9 --tol 0",
    options: { init: "random", seed: 9, tol: 0 },
  },
  { args: "--clusters 4 --batch 16 --seed 2", options: { batch: 16, seed: 2 } },
  { args: "--clusters 3 --init C.npy --max-iterations 2", options: { maxIterations: 2 } },
].map(({ args, options }) => ({
  args: `kmeans ${args}`,
  expected: async () => {
    const init = args.includes("C.npy") ? { init: given } : {};
    const clusters = Number(args.split(" ")[1]);
    const found = await solve.kmeans(x, { clusters, ...init, ...(options as object) });
    return [...found.centers.data, ...found.labels];
  },
}));
const given = { shape: [3, COLUMNS], data: x.data.slice(0, 3 * COLUMNS) };

describeEngines("the solvers' WASI command", () => {
  const directory = mkdtempSync(join(tmpdir(), "strop-solve-"));
  const put = (name: string, bytes: Uint8Array) => writeFileSync(join(directory, name), bytes);
  const numbers = (name: string) =>
    [...readNpy(readFileSync(join(directory, name)), name).data].map(Number);
  const PAGES = 2;

  beforeAll(() => {
    for (const flavour of ["scalar", "simd"] as const) {
      const { bytes, arenaStart } = solveCommandBinary(flavour);
      put(`solve.${flavour}.wasm`, setMemoryPages(bytes, pagesFor(arenaStart) + PAGES));
      put(`small.${flavour}.wasm`, setMemoryPages(bytes, pagesFor(arenaStart)));
    }
    put("X.npy", npy("<f4", x.shape, x.data));
    put("Y.npy", npy("<f4", y.shape, y.data));
    put("Y2.npy", npy("<f4", y2.shape, y2.data));
    put("L.npy", npy("<i4", labels.shape, labels.data));
    put("B.npy", npy("<i4", halves.shape, halves.data));
    put("C.npy", npy("<f4", given.shape, given.data));
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  const run = (
    line: string,
    on: Engine = engine("wasm3"),
    module = "solve.scalar.wasm",
  ): Promise<Outcome> => runCommand(on, directory, module, line.split(" "));

  const runs = ENGINES.flatMap((on) =>
    on.flavours.map((flavour) => ({
      on,
      module: `solve.${flavour}.wasm`,
      name: `${on.name}, ${flavour}`,
    })),
  );

  describe.each(LINEAR)("$args", ({ args, y: file, expected }) => {
    test.each(runs)("the host's bits on $name", async ({ on, module }) => {
      const [method, ...options] = args.split(" ");
      const line = [method, "X.npy", file, "OUT.npy", ...options].join(" ");
      expectOk(await run(line, on, module));
      expect(numbers("OUT.npy")).toEqual(await expected());
    });
  });

  describe.each(CLUSTERS)("$args", ({ args, expected }) => {
    test.each(runs)("the host's bits on $name", async ({ on, module }) => {
      const line = args.replace("kmeans", "kmeans X.npy OUT.npy --labels-out LABELS.npy");
      const outcome = await run(line, on, module);
      expectOk(outcome);
      expect(outcome.stdout).toMatch(/^inertia \d+\.?\d*\niterations \d+\n$/);
      expect([...numbers("OUT.npy"), ...numbers("LABELS.npy")]).toEqual(await expected());
    });
  });

  test("shapes and types of what is written; one line an alpha", async () => {
    const outcome = await run("lasso X.npy Y.npy OUT.npy --path 3");
    expect(outcome.stdout.trim().split("\n").length).toBe(3);
    expect(outcome.stdout).toMatch(/^alpha \S+ objective \S+ gap \S+ iterations \d+\n/);
    const read = (name: string) => readNpy(readFileSync(join(directory, name)), name);
    expect(read("OUT.npy")).toMatchObject({ type: "float64", shape: [3, COLUMNS + 1] });
    expectOk(await run("kmeans X.npy OUT.npy --clusters 2 --labels-out LABELS.npy"));
    expect(read("OUT.npy")).toMatchObject({ type: "float32", shape: [2, COLUMNS] });
    expect(read("LABELS.npy")).toMatchObject({ type: "int32", shape: [ROWS] });
    expect((await run("ridge X.npy Y2.npy OUT.npy")).stdout).toMatch(/^alpha 1 objective \S+\n$/);
  });

  test("says where a gap is still larger than --tol asks", async () => {
    const { stderr } = await run("lasso X.npy Y.npy OUT.npy --path 3 --tol 0 --max-iterations 1");
    expect(stderr).toBe(
      "strop: gaps larger than --tol asks: 2. Raise --max-iterations or --tol.\nstrop: ok\n",
    );
  });

  test("numbers on the command line are JavaScript's, to the bit", async () => {
    // The inertia of one cluster shows tol's bits nowhere; a lasso's coefficients show alpha's.
    const alphas = [
      "0.1",
      "1e-3",
      ".07",
      "5.",
      "0.30000000000000",
      "2.5E-2",
      "1.7976e-05",
      "0.123456789012345",
    ];
    for (const alpha of alphas) {
      expectOk(await run(`lasso X.npy Y.npy OUT.npy --alpha ${alpha}`));
      const host = await solve.lasso(x, y, { alpha: Number(alpha) });
      expect(numbers("OUT.npy")).toEqual(coefficients(host));
    }
  });

  const usage: readonly [line: string, sentence: string][] = [
    ["solve X.npy", "unknown command solve"],
    ["lasso X.npy Y.npy", "too few files are given to lasso"],
    ["kmeans X.npy OUT.npy MORE.npy --clusters 3", "one file too many: MORE.npy"],
    ["kmeans X.npy OUT.npy", "--clusters is missing"],
    ["kmeans X.npy OUT.npy --clusters 0", "0 is too small for --clusters"],
    ["kmeans X.npy OUT.npy --clusters 1e2", "no whole number below 1000000000: 1e2"],
    ["kmeans X.npy OUT.npy --clusters", "a value is missing after --clusters"],
    ["kmeans X.npy OUT.npy --clusters 3 --alpha 1", "unknown option --alpha"],
    [
      "kmeans X.npy OUT.npy --clusters 3 --batch 9 --tol 1",
      "--tol is not for mini-batches: leave it out",
    ],
    ["lasso X.npy Y.npy OUT.npy --l1-ratio 1", "unknown option --l1-ratio"],
    ["lasso X.npy Y.npy OUT.npy --batch 9", "unknown option --batch"],
    ["ridge X.npy Y.npy OUT.npy --tol 9", "unknown option --tol"],
    ["least-squares X.npy Y.npy OUT.npy --alpha 9", "unknown option --alpha"],
    ["elastic-net X.npy Y.npy OUT.npy --l1-ratio 1.1", "no number from 0 to 1: 1.1"],
    ["lasso X.npy Y.npy OUT.npy --path 1", "a path has two points or more, not 1"],
    [
      "lasso X.npy Y.npy OUT.npy --alpha 0",
      "--alpha: at 0 nothing is penalised: give a larger one",
    ],
    [
      "lasso X.npy Y.npy OUT.npy --path 3 --alpha 0",
      "--alpha: at 0 nothing is penalised: give a larger one",
    ],
    ["lasso X.npy Y.npy OUT.npy --path-eps 0.1", "--path-eps needs a --path"],
    [
      "lasso X.npy Y.npy OUT.npy --path 3 --path-eps 0.1 --alpha 1",
      "--path-eps and --alpha: give one of them",
    ],
    ["logistic X.npy L.npy OUT.npy --path 3 --path-eps 1", "--path-eps is above 0 and below 1"],
    [
      "elastic-net X.npy Y.npy OUT.npy --path 3 --l1-ratio 0",
      "--path: with an l1 ratio of 0 no path begins anywhere",
    ],
    ["lasso X.npy Y.npy OUT.npy --selection none", "no cyclic or random: none"],
    ...[
      "1e-23",
      "1e23",
      "0.12345678901234567",
      "0x10",
      "-1",
      "",
      ".",
      "1e",
      "1e1.5",
      "Infinity",
    ].map((word): [string, string] => [
      `lasso X.npy Y.npy OUT.npy --alpha ${word}`,
      `no number of at most 15 digits from 1e-22 up: ${word}`,
    ]),
  ];
  test.each(usage)("usage: %s", async (line, sentence) => {
    expectRefusal(await run(line), 2, `${sentence}. See --help.`);
  });

  test("--help", async () => {
    const help = await run("--help");
    expectOk(help);
    expect(help.stdout).toContain("solve kmeans X.npy OUT.npy --clusters K");
  });

  const bad: readonly [line: string, sentence: string | RegExp][] = [
    ["lasso NONE.npy Y.npy OUT.npy", "NONE.npy cannot be opened: no such file or directory."],
    ["lasso X.npy C.npy OUT.npy", "C.npy has 3 rows, but X.npy has 57."],
    [
      "lasso X.npy Y2.npy OUT.npy",
      "Y2.npy has more than one target a row, and this method takes one.",
    ],
    ["lasso X.npy Y.npy X.npy", "X.npy is also the input: give another file."],
    ["lasso X.npy Y.npy ./Y.npy", "./Y.npy is also the input: give another file."],
    [
      "lasso X.npy Y.npy solve.simd.wasm",
      /solve.simd.wasm is not a .npy file; it was left as it is/,
    ],
    [
      "lasso NAN.npy Y.npy OUT.npy",
      "NAN.npy row 13 holds NaN or infinity. Fix or leave out the row.",
    ],
    [
      "kmeans NAN.npy OUT.npy --clusters 3",
      "NAN.npy row 13 holds NaN or infinity. Fix or leave out the row.",
    ],
    [
      "least-squares TWINS.npy Y.npy OUT.npy",
      /^strop: error: TWINS.npy: column 1 follows from those before it/,
    ],
    [
      "ridge TWINS.npy Y.npy OUT.npy --alpha 1e-20",
      "TWINS.npy: --alpha is too small beside the numbers of the data. Raise it.",
    ],
    [
      "logistic X.npy Y.npy OUT.npy",
      "Y.npy holds fractions, but logistic takes labels: save <i4, <i8 or |u1.",
    ],
    [
      "logistic X.npy GAP.npy OUT.npy",
      "GAP.npy has no row of class 1: number the classes from 0 up.",
    ],
    [
      "kmeans X.npy OUT.npy --clusters 58",
      /^strop: error: X.npy has 57 rows, fewer than --clusters/,
    ],
    ["kmeans X.npy OUT.npy --clusters 5 --batch 4", /--batch is from --clusters up to that/],
    [
      "kmeans X.npy OUT.npy --clusters 4 --init C.npy",
      /^strop: error: C.npy has 3 centres of 6 numbers, but/,
    ],
    [
      "kmeans X.npy OUT.npy --clusters 4 --labels-out OUT.npy",
      "OUT.npy is OUT.npy too: give another file.",
    ],
    [
      "kmeans FAR.npy OUT.npy --clusters 1",
      "FAR.npy: its squared distances are too large for float32. Scale the columns.",
    ],
    ["kmeans L.npy OUT.npy --clusters 4", "L.npy holds integers: save rows as <f4 or |u1."],
  ];
  test.each(bad)("%s", async (line, sentence) => {
    const nan = x.data.slice();
    nan[13 * COLUMNS + 5] = Number.NaN;
    put("NAN.npy", npy("<f4", x.shape, nan));
    const twins = Float32Array.from({ length: 2 * ROWS }, (_, i) => x.data[(i >> 1) * COLUMNS]!);
    put("TWINS.npy", npy("<f4", [ROWS, 2], twins));
    put("FAR.npy", npy("<f4", [2, 1], Float32Array.of(3e19, 0)));
    put(
      "GAP.npy",
      npy(
        "<i4",
        [ROWS],
        Int32Array.from(halves.data, (label) => 2 * label),
      ),
    );
    expectRefusal(await run(line), 1, sentence);
  });

  test("a run that fails leaves OUT.npy as it was, and makes none for rows that it refuses", async () => {
    const twins = Float32Array.from({ length: 2 * ROWS }, (_, i) => x.data[(i >> 1) * COLUMNS]!);
    put("TWINS.npy", npy("<f4", [ROWS, 2], twins));
    put("OLD.npy", npy("<f4", [1], Float32Array.of(7)));
    expectRefusal(await run("least-squares TWINS.npy Y.npy OLD.npy"), 1, /column 1 follows/);
    expect(numbers("OLD.npy")).toEqual([7]);
    put("INF.npy", npy("<f4", [3, 1], Float32Array.of(1, 2, Number.POSITIVE_INFINITY)));
    for (const batch of ["", " --batch 2"]) {
      const outcome = await run(`kmeans INF.npy NEW.npy --clusters 2${batch}`);
      expectRefusal(outcome, 1, /INF\.npy row 2 holds NaN or infinity/);
      expect(existsSync(join(directory, "NEW.npy"))).toBe(false);
    }
  });

  test("a module whose memory is too small says so", async () => {
    put("WIDE.npy", npy("<f4", [200, 200], new Float32Array(40_000)));
    const line = "kmeans WIDE.npy OUT.npy --clusters 4";
    for (const on of ENGINES) {
      const outcome = await run(line, on, "small.scalar.wasm");
      const sentence =
        /^strop: error: WIDE.npy needs \d+ bytes, but this solve\.wasm was built with \d+: rebuild it with 'strop solve --build'\.$/;
      expectRefusal(outcome, 1, sentence, on);
    }
  });
});
