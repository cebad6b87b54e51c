import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { readNpy, writeNpy } from "../../src/data/npy.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
export const MAIN = join(root, "dist/src/cli/main.js");
export const DIGITS = join(root, "examples/models/digits.onnx");

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command line as it is shipped. */
export function strop(args: readonly string[], cwd = root): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, NO_COLOR: "" };
    const child = spawn(process.execPath, [MAIN, ...args], { cwd, env });
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (chunk) => {
      stdout += chunk;
    });
    child.stderr.on("data", (chunk) => {
      stderr += chunk;
    });
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}

/** Runs a command that must succeed with --json, and returns its object. */
export async function stropJson(args: readonly string[], cwd = root) {
  const { code, stdout, stderr } = await strop([...args, "--json", "--quiet"], cwd);
  if (code !== 0) throw new Error(`strop ${args.join(" ")}: exit ${code}: ${stderr}`);
  return JSON.parse(stdout);
}

/** What the case is, a command line, and what stderr says behind "strop: ". */
export type Refusal = readonly [name: string, args: string[], line: RegExp];

/** The command says one line "strop: place: problem. Hint.", writes nothing, shows no stack. */
export async function refuses(
  workspace: Workspace,
  args: readonly string[],
  exitCode: number,
  line: RegExp,
): Promise<void> {
  const before = readdirSync(workspace.path).sort();
  const { code, stdout, stderr } = await strop(args);
  expect(stderr).toMatch(/^strop: [^\n]+: [^\n]+[.?]\n$/);
  expect(stderr.slice("strop: ".length, -1)).toMatch(line);
  expect(code).toBe(exitCode);
  if (!args.includes("--json")) expect(stdout).toBe("");
  expect(readdirSync(workspace.path).sort()).toEqual(before);
}

/** A folder of its own for a test file. */
export class Workspace {
  readonly path = mkdtempSync(join(tmpdir(), "strop-cli-"));

  at(name: string): string {
    return join(this.path, name);
  }

  write(name: string, content: Uint8Array | string): string {
    writeFileSync(this.at(name), content);
    return this.at(name);
  }

  npy(name: string, shape: number[], data: Float32Array | Int32Array | Uint8Array): string {
    return this.write(name, writeNpy({ shape, data }));
  }

  remove(): void {
    rmSync(this.path, { recursive: true });
  }
}

/** A model of tests/fixtures/parity with its data. */
export function parityCase(name: string) {
  const folder = join(root, "tests/fixtures/parity", name);
  const [model, x, y] = ["model.onnx", "x.npy", "y.npy"].map((file) => join(folder, file));
  const { options } = JSON.parse(readFileSync(join(folder, "case.json"), "utf8"));
  return { model: model!, x: x!, y: y!, data: ["--data", x!, "--labels", y!], options };
}

/** The packed digits as the model wants them: 0 … 1 instead of bytes. */
export function digits(workspace: Workspace, rows: number): string[] {
  const read = (name: string) => {
    return readNpy(readFileSync(join(root, `examples/data/${name}.npy`)), name);
  };
  const pixels = read("drifted-x").data.subarray(0, rows * 784) as Uint8Array;
  const x = Float32Array.from(pixels, (byte) => byte / 255);
  const y = read("drifted-y").data.slice(0, rows) as Uint8Array;
  return [
    "--data",
    workspace.npy("x.npy", [rows, 784], x),
    "--labels",
    workspace.npy("y.npy", [rows], y),
  ];
}
