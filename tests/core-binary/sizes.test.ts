import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const sizes = new URL("../../scripts/sizes.mjs", import.meta.url).href;
const { bytesBySource } = (await import(sizes)) as {
  bytesBySource(module: Uint8Array): [source: string, bytes: number][];
};

const binary = (name: string) =>
  readFileSync(fileURLToPath(new URL(`../../build/${name}.wasm`, import.meta.url)));

/** Of the whole binary, from DESIGN's numbers: 64 KB and 48 KB. */
const WHOLE = { simd: 64 * 1024, scalar: 48 * 1024 } as const;

/**
 * Code bytes that a folder may have, [simd, scalar]. Not a file: where a function's code ends up is the inliner's
 * choice, and it is often its caller's file.
 */
const BOUNDS: Readonly<Record<string, readonly [simd: number, scalar: number]>> = {
  assembly: [64, 64],
  "assembly/base": [3400, 1300],
  "assembly/data": [750, 750],
  "assembly/kernels": [19800, 11500],
  "assembly/losses": [3150, 2100],
  "assembly/optim": [1850, 930],
  "assembly/solvers": [1750, 1600],
  "assembly/train": [4800, 4800],
  "assembly/vm": [12300, 11900],
  "assembly/vm/ops": [4250, 4500],
};

const folderOf = (source: string) => source.slice(0, source.lastIndexOf("/"));

describe.each(["simd", "scalar"] as const)("core.%s.wasm", (flavour) => {
  const rows = bytesBySource(binary(`core.${flavour}.named`));

  test("whole", () => {
    const { length } = binary(`core.${flavour}`);
    console.log(
      rows.map(([source, bytes]) => `${String(bytes).padStart(7)}  ${source}`).join("\n"),
    );
    console.log(`${String(length).padStart(7)}  core.${flavour}.wasm`);
    expect(length).toBeLessThanOrEqual(WHOLE[flavour]);
  });

  test("every folder within its bound", () => {
    const bytesOf: Record<string, number> = {};
    for (const [source, bytes] of rows) {
      bytesOf[folderOf(source)] = (bytesOf[folderOf(source)] ?? 0) + bytes;
    }
    expect(Object.keys(bytesOf).sort()).toEqual(Object.keys(BOUNDS).sort());
    const column = flavour === "simd" ? 0 : 1;
    const over = Object.entries(bytesOf)
      .map(([folder, bytes]) => ({ folder, bytes, bound: BOUNDS[folder]![column] }))
      .filter(({ bytes, bound }) => bytes > bound);
    expect(over).toEqual([]);
  });

  test("nothing comes from anywhere else than assembly/", () => {
    expect(rows.filter(([source]) => !source.startsWith("assembly/"))).toEqual([]);
  });
});

test.each(["simd", "scalar"])("solvers.%s.wasm: within 32 KB", (flavour) => {
  const { length } = binary(`solvers.${flavour}`);
  const rows = bytesBySource(binary(`solvers.${flavour}.named`));
  console.log(rows.map(([source, bytes]) => `${String(bytes).padStart(7)}  ${source}`).join("\n"));
  console.log(`${String(length).padStart(7)}  solvers.${flavour}.wasm`);
  expect(length).toBeLessThanOrEqual(32 * 1024);
  expect(rows.filter(([source]) => !source.startsWith("assembly/"))).toEqual([]);
});
