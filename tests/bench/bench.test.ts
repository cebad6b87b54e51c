import { execFile } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, parse } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "strop-bench-test-"));
afterAll(() => rmSync(folder, { recursive: true }));

const bench = (...args: string[]) =>
  promisify(execFile)(process.execPath, [join(root, "bench/run.mjs"), "--quick", ...args]);

/** A Python that answers at once. */
function stubPython(answer: object): string {
  const path = join(folder, "python");
  writeFileSync(path, `#!/bin/sh\necho '${JSON.stringify(answer)}'\n`);
  chmodSync(path, 0o755);
  return path;
}

test("--json: the machine, the runs, and the ratio to the peer", async () => {
  const python = stubPython({ name: "a stub", ms: 1000, result: 2 });
  const { stdout } = await bench("train-step", "--json", "--runs", "2", "--python", python);
  const { cpu, runs, workloads } = JSON.parse(stdout);
  expect(cpu).not.toBe("");
  expect(runs).toBe(2);
  expect(workloads).toHaveLength(1);
  const [{ name, settings, ours, peer, ratio, difference }] = workloads;
  expect(name).toBe("train-step");
  expect(settings.steps).toBe(10);
  expect(ours.runsMs).toHaveLength(2);
  expect(peer).toEqual(expect.objectContaining({ name: "a stub", ms: 1000, runsMs: [1000, 1000] }));
  expect(ratio).toBe(ours.ms / 1000);
  expect(difference).toBeCloseTo(Math.abs(ours.result - 2) / 2);
});

test("a machine without Python: our own times, and the reason", async () => {
  const { stdout } = await bench("train-step", "--runs", "1", "--python", join(folder, "none"));
  expect(stdout).toMatch(/medians of 1 runs/);
  expect(stdout).toMatch(/training step .* ms .*without: no Python/);
});

test("a Python without the peer's package", async () => {
  const python = stubPython({ missing: "no torch" });
  const { stdout } = await bench("train-step", "--runs", "2", "--json", "--python", python);
  const [{ ours, peer, ratio }] = JSON.parse(stdout).workloads;
  expect(ours.runsMs).toHaveLength(2);
  expect(peer).toEqual({ missing: "no torch" });
  expect(ratio).toBeUndefined();
});

test("every workload has a peer, and runs", async () => {
  const files = (folder: string) =>
    readdirSync(join(root, "bench", folder)).map((file) => parse(file));
  const workloads = files("workloads").map(({ name }) => name);
  for (const name of workloads)
    expect(files("peers").map((peer) => peer.base)).toContain(`${name}.py`);
  const python = stubPython({ name: "a stub", ms: 1, result: 1 });
  const { stdout } = await bench("--runs", "1", "--json", "--python", python);
  const found = JSON.parse(stdout).workloads as { name: string; ours: { result: number } }[];
  expect(found.map(({ name }) => name)).toEqual(workloads);
  for (const { ours } of found) expect(ours.result).toBeGreaterThan(0);
});

test("an unknown workload is told, with those that there are", async () => {
  const failure = await bench("trian-step").catch((error) => error);
  expect(failure.code).toBe(1);
  expect(failure.stderr).toMatch(/'trian-step' is no workload\. There are .*train-step/);
});
