import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { optimizers } from "../../src/index.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const examples = readdirSync(join(root, "examples"))
  .filter((file) => file.endsWith(".mjs"))
  .map((file) => file.slice(0, -".mjs".length));

interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

/** Examples write below the folder they are run in. */
const folder = mkdtempSync(join(tmpdir(), "strop-examples-"));
afterAll(() => rmSync(folder, { recursive: true }));

const output = (file: string) => readFileSync(join(folder, "out/examples", file), "utf8");

/** The table's rows by their first cell; words such as "over 600" are numbers without bound. */
function numbers(name: string): Map<string, number[]> {
  const { rows } = JSON.parse(output(`${name}.json`)) as Table;
  const toNumber = (cell: string | number) => {
    const value = Number.parseFloat(String(cell));
    return Number.isNaN(value) ? Number.POSITIVE_INFINITY : value;
  };
  return new Map(rows.map(([first, ...cells]) => [String(first), cells.map(toNumber)]));
}

beforeAll(async () => {
  // One after the other: each keeps a processor busy, and the other tests want theirs.
  for (const name of examples) {
    const path = join(root, "examples", `${name}.mjs`);
    await promisify(execFile)(process.execPath, [path], { cwd: folder });
  }
}, 900_000);

describe.each(examples)("%s", (name) => {
  test("draws the committed figure, of less than 100 kB", () => {
    const committed = join(root, "examples/figures", `${name}.svg`);
    expect(output(`${name}.svg`)).toBe(readFileSync(committed, "utf8"));
    expect(statSync(committed).size).toBeLessThan(100_000);
  });

  test("writes a page that loads nothing", () => {
    const page = output(`${name}.html`).replaceAll('xmlns="http://www.w3.org/2000/svg"', "");
    expect(page).toContain("<svg");
    expect(page).not.toMatch(/https?:|src=|url\(|@import|<script|<link|href="[^#]/);
  });

  test("is in the README, with its figure", () => {
    const readme = readFileSync(join(root, "examples/README.md"), "utf8");
    expect(readme).toContain(`(${name}.mjs)`);
    expect(readme).toContain(`(figures/${name}.svg)`);
  });
});

describe("what they show", () => {
  test("optimizer-race: every optimizer but AdamW, and what each surface is hard for", () => {
    const moves = numbers("optimizer-race");
    const raced = [...moves.keys()].filter((name) => name !== "nesterov");
    const all = Object.keys(optimizers).filter((name) => name !== "adamw");
    expect(raced.toSorted()).toEqual(all.toSorted());
    // Each surface has two columns: moves and rate.
    const [ravine, plateau] = [0, 2];
    const of = (name: string, column: number) => moves.get(name)?.[column] as number;
    expect(of("momentum", ravine)).toBeLessThan(of("sgd", ravine));
    expect(of("nesterov", ravine)).toBeLessThan(of("sgd", ravine));
    for (const name of ["adagrad", "rmsprop", "adam"]) {
      expect(of(name, plateau)).toBeLessThan(of("sgd", plateau));
    }
  });

  test("batch-norm: fewer steps, and with the sigmoid the only way", () => {
    const found = numbers("batch-norm");
    const [tanhWithout, , tanhWith] = found.get("tanh") as number[];
    expect(tanhWithout).toBeGreaterThan(2 * tanhWith!);
    const table = JSON.parse(output("batch-norm.json")) as Table;
    const sigmoid = table.rows.find(([name]) => name === "sigmoid");
    expect(sigmoid?.[1]).toMatch(/^over /);
    expect(Number(sigmoid?.[3])).toBeLessThan(tanhWithout!);
  });

  test("dropout: the plain network overfits; with both the validation loss ends lowest", () => {
    const found = numbers("dropout");
    const [training, validation, lowest, epoch] = found.get("neither") as number[];
    expect(training).toBeLessThan(0.01);
    expect(validation).toBeGreaterThan(1.2 * lowest!);
    expect(epoch).toBeLessThan(20);
    const last = [...found].map(([name, [, loss]]) => [name, loss] as const);
    const best = last.reduce((a, b) => (b[1]! < a[1]! ? b : a));
    expect(best[0]).toBe("both");
    for (const [name, loss] of last) if (name !== "neither") expect(loss).toBeLessThan(validation!);
    const accuracy = (name: string) => found.get(name)?.[4] as number;
    for (const name of ["dropout", "batch-norm", "both"]) {
      expect(accuracy(name)).toBeLessThan(accuracy("neither"));
    }
  });

  test("batch-size: the deviation follows σ/√n, and beyond small batches that of a finite set", () => {
    const found = numbers("batch-size");
    expect([...found.keys()]).toEqual(["1", "2", "4", "8", "16", "32", "64", "128", "256"]);
    for (const [size, [measured, law, finite]] of found) {
      expect(measured! / finite!).toBeCloseTo(1, 1);
      if (Number(size) <= 16) expect(Math.abs(measured! / law! - 1)).toBeLessThan(0.03);
    }
  });

  test("blocks: less memory and work a step, and a higher loss after as many", () => {
    const [joint, ...others] = [...numbers("blocks").values()];
    const [loss, memory, own, work] = [0, 2, 3, 4];
    for (const block of others) {
      expect(block[memory]).toBeLessThan(0.6 * joint![memory]!);
      expect(block[own]).toBeLessThan(0.25 * joint![own]!);
      expect(block[work]).toBeLessThan(60);
      expect(block[loss]).toBeGreaterThan(10 * joint![loss]!);
    }
  });

  test("greedy-pretraining: with the sigmoid the only way to learn, with ReLU as good for less work", () => {
    const found = numbers("greedy-pretraining");
    const of = (name: string) => found.get(name) as number[];
    const [accuracy, lowest, work] = [0, 1, 5];
    expect(of("sigmoid, supervised")[lowest]).toBeGreaterThan(75);
    expect(of("sigmoid, all at once")[accuracy]).toBeLessThan(40);
    expect(of("sigmoid, autoencoder")[accuracy]).toBeLessThan(40);
    const gap = of("relu, supervised")[accuracy]! - of("relu, all at once")[accuracy]!;
    expect(Math.abs(gap)).toBeLessThan(2);
    expect(of("relu, autoencoder")[accuracy]).toBeLessThan(of("relu, all at once")[accuracy]!);
    for (const name of ["sigmoid, supervised", "relu, supervised"]) {
      expect(of(name)[work]).toBeLessThan(60);
    }
  });

  test("transfer: unfreezing and rates of the layers' own do better than all layers at once", () => {
    const found = numbers("transfer");
    const accuracy = (name: string) => found.get(name)?.[0] as number;
    expect(accuracy("all layers")).toBeGreaterThan(accuracy("from random"));
    expect(accuracy("all layers")).toBeGreaterThan(accuracy("last layer"));
    for (const way of ["unfreezing", "own rates", "both"]) {
      expect(accuracy(way)).toBeGreaterThan(accuracy("all layers"));
    }
    expect(accuracy("both")).toBeGreaterThan(accuracy("unfreezing"));
    const work = (name: string) => found.get(name)?.[4] as number;
    expect(work("both")).toBeLessThan(80);
    expect(work("last layer")).toBeLessThan(50);
  });

  test("block-coordinate-descent: the objective never rises; it learns sooner than Adam, and ends lower", () => {
    const [bcd, adam, rises] = [...numbers("block-coordinate-descent").values()];
    const [first, , last, , work] = [0, 1, 2, 3, 4];
    expect(rises![0]).toBe(0);
    expect(bcd![first]).toBeGreaterThan(2 * adam![first]!);
    expect(bcd![last]).toBeGreaterThan(75);
    expect(bcd![last]).toBeLessThan(adam![last]!);
    expect(bcd![work]).toBeLessThan(12);
  });

  test("last-layer: solved from 50 rows and more it does better than trained, and than as it came", () => {
    const found = numbers("last-layer");
    const came = found.get("as it came")![0]!;
    const [ridge, adam] = [1, 2];
    for (const rows of ["50", "100", "200", "500"]) {
      const of = found.get(rows) as number[];
      expect(of[ridge]).toBeGreaterThan(of[adam]!);
      expect(of[ridge]).toBeGreaterThan(came + 15);
    }
    expect(found.get("20")![ridge]).toBeLessThan(found.get("20")![adam]!);
  });

  test("keyword: two layers do nearly as well as all, in 256 KiB; the head alone does not", () => {
    const found = numbers("keyword");
    const [right, kib] = [0, 3];
    const of = (name: string) => found.get(name) as number[];
    expect(of("nothing, the head is fresh")[right]).toBeLessThan(50);
    const [head, two, all] = ["head only", "last two layers", "all layers"].map(of);
    expect(two![right]).toBeGreaterThan(head![right]! + 5);
    expect(two![right]).toBeGreaterThan(all![right]! - 6);
    expect(two![kib]).toBeLessThan(256);
    expect(all![kib]).toBeGreaterThan(3 * two![kib]!);
  });

  test("clipping: no update is longer than the rate, and nothing is thrown out", () => {
    const [plain, clipped] = [...numbers("clipping").values()];
    const [thrown, longest, , solved] = [0, 1, 2, 3];
    expect(plain?.[thrown]).toBeGreaterThan(0);
    expect(plain?.[longest]).toBeGreaterThan(1);
    expect(clipped?.[thrown]).toBe(0);
    expect(clipped?.[longest]).toBeLessThanOrEqual(0.1);
    expect(clipped?.[solved]).toBe(16);
  });

  test("lasso-path: a smaller error than ridge's and least squares', with fewer columns, all true ones among them", () => {
    const found = numbers("lasso-path");
    const [error, kept, right] = [1, 2, 3];
    const of = (name: string, column: number) => found.get(name)?.[column] as number;
    expect(of("lasso", error)).toBeLessThan(of("ridge", error));
    expect(of("ridge", error)).toBeLessThan(of("least squares", error));
    expect(of("lasso", kept)).toBeLessThan(40);
    expect(of("lasso", kept)).toBeGreaterThan(6);
    expect(of("lasso", right)).toBe(6);
  });

  test("k-means: a careful start finds the clusters, a random one seldom, mini-batches need less memory", () => {
    const found = numbers("k-means");
    const [all, median, worst, , bytes] = [0, 1, 2, 3, 4];
    const of = (name: string, column: number) => found.get(name)?.[column] as number;
    expect(of("random", all)).toBeLessThan(10);
    expect(of("k-means++", all)).toBeGreaterThan(35);
    expect(of("k-means++", median)).toBeLessThan(0.7 * of("random", median));
    expect(of("k-means++", worst)).toBeLessThan(of("random", worst));
    const batches = "k-means++, mini-batches";
    expect(of(batches, median)).toBeLessThan(of("random", median));
    expect(of(batches, bytes)).toBeLessThan(of("random", bytes) / 3);
  });
});
