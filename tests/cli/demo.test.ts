import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { loadOnnx, readArray } from "../../src/node.js";
import { type Finished, strop } from "./strop.js";

const root = fileURLToPath(new URL("../../", import.meta.url));

describe("strop demo", () => {
  const folder = mkdtempSync(join(tmpdir(), "strop-demo-"));
  let outcome: Finished;
  let summary: Record<string, number | string>;

  beforeAll(async () => {
    outcome = await strop(["demo", "--out", folder]);
    summary = JSON.parse(readFileSync(join(folder, "summary.json"), "utf8"));
  });

  test("ends well and stays within 80 columns", () => {
    expect(outcome.code).toBe(0);
    const lines = outcome.stdout.split("\n").filter((line) => !line.includes(folder));
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  test("the device's digits are read much better than before", () => {
    expect(Number(summary.accuracyAfter)).toBeGreaterThan(Number(summary.accuracyBefore) + 0.25);
  });

  test("the memory used is the memory planned, or a little less", () => {
    const used = Number(summary.usedBytes) / Number(summary.plannedBytes);
    expect(used).toBeGreaterThan(0.95);
    expect(used).toBeLessThanOrEqual(1);
  });

  test("the README shows what it prints, fingerprint and all; only times differ", () => {
    const readme = readFileSync(join(root, "README.md"), "utf8");
    const lines = outcome.stdout.split("\n").filter((line) => !/ ms|summary\.json/.test(line));
    for (const line of lines) expect(readme).toContain(line.trimEnd());
    expect(readme).toContain(String(summary.fingerprint));
  });

  test("tuned.onnx has the accuracy of the summary", async () => {
    const model = await loadOnnx(join(folder, "tuned.onnx"));
    const x = await readArray(join(root, "examples/data/drifted-x.npy"));
    const y = await readArray(join(root, "examples/data/drifted-y.npy"));
    const [rows, width] = x.shape as [number, number];
    const held = (await readArray(join(root, "examples/data/digits-y.npy"))).shape[0] as number;
    const data = Float32Array.from(x.data as Uint8Array, (byte) => byte / 255);
    const result = model.evaluate(
      data.subarray((rows - held) * width),
      Int32Array.from((y.data as Uint8Array).subarray(rows - held)),
    );
    expect(result.accuracy).toBe(summary.accuracyAfter);
  });
});
