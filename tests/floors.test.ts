import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

/** The house of docs/ARCHITECTURE.md. A file may import from a lower floor or from its own folder. */
const CORE_FLOORS: readonly (readonly string[])[] = [
  ["assembly/abi"],
  ["assembly/base"],
  ["assembly/kernels"],
  ["assembly/optim", "assembly/losses", "assembly/solvers", "assembly/data"],
  ["assembly/vm"],
  ["assembly/train"],
  ["assembly/wasi"],
  ["assembly"],
];

/** The host's pipeline: each folder may import those before it. */
const HOST_FLOORS: readonly (readonly string[])[] = [
  ["assembly/abi"],
  ["src"],
  ["src/data"],
  ["src/graph"],
  ["src/onnx", "src/autodiff"],
  ["src/compile"],
  ["src/reference", "src/runtime"],
  ["src/train"],
  ["src/solve"],
  ["src/report"],
  ["src/node"],
  ["src/cli"],
];

function sourcesBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sourcesBelow(path);
    return path.endsWith(".ts") ? [path] : [];
  });
}

function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), "utf8");
  const found = text.matchAll(/(?:^|\n)\s*(?:import|export)\b[^;]*?from\s+"(\.[^"]+)"/g);
  return [...found].map(([, path]) => normalize(join(dirname(file), path as string)));
}

/** The folder of the house that a file lives in: its longest prefix among the floors. */
function houseOf(path: string, floors: readonly (readonly string[])[]): string {
  const folder = dirname(path);
  const all = floors.flat().filter((house) => folder === house || folder.startsWith(`${house}/`));
  return all.reduce((best, house) => (house.length > best.length ? house : best), "");
}

function violations(
  files: readonly string[],
  floors: readonly (readonly string[])[],
  topLevel: (file: string) => boolean,
): string[] {
  const floorOf = (house: string) => floors.findIndex((floor) => floor.includes(house));
  return files.flatMap((file) =>
    importsOf(file).flatMap((target) => {
      const from = houseOf(file, floors);
      const to = houseOf(target, floors);
      if (to === from || topLevel(file)) return [];
      const fine = to !== "" && floorOf(to) < floorOf(from);
      return fine ? [] : [`${file} imports ${relative(".", target)}`];
    }),
  );
}

describe("floors", () => {
  test("a core file imports only from lower floors or its own folder", () => {
    const files = sourcesBelow("assembly");
    expect(files.length).toBeGreaterThan(30);
    expect(violations(files, CORE_FLOORS, () => false)).toEqual([]);
  });

  test("on the host the arrow of the pipeline is the arrow of the imports", () => {
    const files = sourcesBelow("src");
    expect(files.length).toBeGreaterThan(30);
    const entries = new Set(["src/index.ts", "src/node.ts"]);
    expect(violations(files, HOST_FLOORS, (file) => entries.has(file))).toEqual([]);
  });

  test("the host imports nothing of the core but abi/", () => {
    const stray = sourcesBelow("src").flatMap((file) =>
      importsOf(file).filter(
        (path) => path.startsWith("assembly/") && !path.startsWith("assembly/abi/"),
      ),
    );
    expect(stray).toEqual([]);
  });

  test("the command line imports only public names", () => {
    const stray = sourcesBelow("src/cli").flatMap((file) =>
      importsOf(file).filter((path) => !path.startsWith("src/cli/") && path !== "src/node.js"),
    );
    expect(stray).toEqual([]);
  });

  test("only the WASI entry declares external functions", () => {
    const declaring = sourcesBelow("assembly").filter((file) =>
      /@external|declare function|wasi-shim/.test(readFileSync(join(root, file), "utf8")),
    );
    expect(
      declaring.every((file) => file === "assembly/wasi.ts" || file.startsWith("assembly/wasi/")),
    ).toBe(true);
  });
});
