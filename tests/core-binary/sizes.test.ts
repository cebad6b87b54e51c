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
 * Code bytes that a source file may have, [simd, scalar]: what it had when this was written and 15 %, or 200
 * bytes, more; 0 where all of it is inlined elsewhere.
 * Where a file's code ends up is the inliner's choice, so a new bound may only say that it chose otherwise.
 */
const BOUNDS: Readonly<Record<string, readonly [simd: number, scalar: number]>> = {
  "assembly/base/exp.ts": [256, 256],
  "assembly/base/sigmoid.ts": [580, 236],
  "assembly/kernels/batch-norm-backward.ts": [1030, 0],
  "assembly/kernels/batch-norm.ts": [530, 0],
  "assembly/kernels/broadcast.ts": [850, 550],
  "assembly/kernels/conv2d-backward-input.ts": [960, 0],
  "assembly/kernels/conv2d-backward-params.ts": [2920, 550],
  "assembly/kernels/conv2d.ts": [2870, 950],
  "assembly/kernels/gemm-edge.ts": [2320, 1530],
  "assembly/kernels/gemm-wide.ts": [2450, 0],
  "assembly/kernels/gemm.ts": [256, 0],
  "assembly/kernels/reduce.ts": [620, 390],
  "assembly/kernels/softmax.ts": [940, 190],
  "assembly/losses/log-probability.ts": [930, 350],
  "assembly/optim/adam.ts": [610, 0],
  "assembly/train/checkpoint.ts": [1800, 1900],
  "assembly/train/fingerprint.ts": [420, 420],
  "assembly/train/guard.ts": [980, 980],
  "assembly/train/trainer.ts": [3290, 3390],
  "assembly/vm/dispatch.ts": [14730, 12940],
  "assembly/vm/execute.ts": [256, 256],
  "assembly/vm/ops/batch-norm.ts": [1290, 2240],
  "assembly/vm/ops/conv.ts": [680, 680],
  "assembly/vm/ops/gemm.ts": [700, 700],
  "assembly/vm/ops/loss.ts": [5210, 1790],
  "assembly/vm/ops/movement.ts": [1660, 1480],
  "assembly/vm/ops/optim.ts": [1320, 1410],
  "assembly/vm/read-code.ts": [2460, 2460],
  "assembly/vm/read-tables.ts": [1440, 1440],
  "assembly/vm/reader.ts": [1980, 2020],
};

/** A file that is not listed. */
const UNLISTED = 256;

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

  test("every source file within its bound", () => {
    expect(rows.length).toBeGreaterThan(20);
    const column = flavour === "simd" ? 0 : 1;
    const over = rows
      .map(([source, bytes]) => ({ source, bytes, bound: BOUNDS[source]?.[column] ?? UNLISTED }))
      .filter(({ bytes, bound }) => bytes > bound);
    expect(over).toEqual([]);
  });

  test("every bound belongs to a source file that exists", () => {
    const root = new URL("../../", import.meta.url);
    for (const source of Object.keys(BOUNDS)) {
      expect(() => readFileSync(new URL(source, root)), source).not.toThrow();
    }
  });

  test("nothing comes from anywhere else than assembly/", () => {
    expect(rows.filter(([source]) => !source.startsWith("assembly/"))).toEqual([]);
  });
});
