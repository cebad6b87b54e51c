import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, vi } from "vitest";
import { readNpy, writeNpy } from "../../src/data/npy.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
export const MAIN = join(root, "dist/src/cli/main.js");
export const DIGITS = join(root, "examples/models/digits.onnx");

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command line as it is shipped, in this process: a tenth of the time of one of its own. */
export async function strop(args: readonly string[]): Promise<Finished> {
  const { runProgram } = await import(join(root, "dist/src/cli/program.js"));
  const said = { stdout: "", stderr: "" };
  const spies = (["stdout", "stderr"] as const).map((name) =>
    vi.spyOn(process[name], "write").mockImplementation((text) => {
      said[name] += text;
      return true;
    }),
  );
  try {
    const code: number = await runProgram(args, () => new AbortController().signal);
    return { code, ...said };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

/** Runs the command line in a process of its own. @param onStderr is called whenever something comes */
export function stropProcess(
  args: readonly string[],
  onStderr?: (child: ChildProcess) => void,
): Promise<Finished & { bytes: Buffer }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [MAIN, ...args]);
    const stdout: Buffer[] = [];
    let stderr = "";
    child.stdout.on("data", (chunk) => stdout.push(chunk));
    child.stderr.on("data", (chunk) => {
      stderr += chunk;
      onStderr?.(child);
    });
    child.on("error", reject);
    child.on("close", (code) => {
      const bytes = Buffer.concat(stdout);
      resolve({ code, stdout: bytes.toString(), stderr, bytes });
    });
  });
}

/** Runs a command that must succeed with --json, and returns its object. */
export async function stropJson(args: readonly string[]) {
  const { code, stdout, stderr } = await strop([...args, "--json", "--quiet"]);
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
