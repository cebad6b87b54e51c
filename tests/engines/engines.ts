import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe } from "vitest";

/** How scripts/install-engines.sh leaves the engines. */
const prefix = fileURLToPath(new URL("../../build/engines", import.meta.url));
const bin = (name: string) => join(prefix, "bin", name);
const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));

export const pythonPath = join(prefix, "python");

export interface Engine {
  readonly name: string;
  readonly flavours: readonly ("scalar" | "simd")[];
  /** proc_exit's code is the process's. iwasm always says 0. */
  readonly tellsExit: boolean;
  /** Program and arguments in front of the module's name. The working directory is the one preopened. */
  readonly command: readonly [string, ...string[]];
}

export const ENGINES: readonly Engine[] = [
  {
    name: "node:wasi",
    flavours: ["scalar", "simd"],
    tellsExit: true,
    command: [process.execPath, "--no-warnings", here("node-wasi.mjs")],
  },
  {
    name: "wasmtime",
    flavours: ["scalar", "simd"],
    tellsExit: true,
    command: [bin("wasmtime"), "run", "--dir=.::."],
  },
  {
    name: "iwasm",
    flavours: ["scalar"],
    tellsExit: false,
    command: [bin("iwasm"), "--stack-size=1048576", "--dir=."],
  },
  { name: "wasm3", flavours: ["scalar"], tellsExit: true, command: [bin("wasm3")] },
];

export function engine(name: string): Engine {
  return ENGINES.find((each) => each.name === name)!;
}

export interface Outcome {
  /** Of the process; null when it was killed. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Is handed the way to kill a process when it starts; returns what to do when it has ended. */
export type Killer = (kill: () => void) => () => void;

/** Runs the WASI command on an engine, in `directory`. */
export function runCommand(
  { command }: Engine,
  directory: string,
  module: string,
  args: readonly string[],
  killer?: Killer,
): Promise<Outcome> {
  const [program, ...before] = command;
  return run(program, [...before, module, ...args], directory, {}, killer);
}

export function run(
  program: string,
  args: readonly string[],
  directory: string,
  environment: Readonly<Record<string, string>> = {},
  killer?: Killer,
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, ...environment };
    const child = spawn(program, args, { cwd: directory, env });
    const ended = killer?.(() => child.kill("SIGKILL"));
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (chunk) => {
      stdout += chunk;
    });
    child.stderr.on("data", (chunk) => {
      stderr += chunk;
    });
    child.on("error", reject);
    child.on("close", (code) => {
      ended?.();
      resolve({ code, stdout, stderr });
    });
  });
}

/** The status that the command states in its last line on stderr. */
export function lastLine(stderr: string): string {
  return stderr.trimEnd().split("\n").at(-1) ?? "";
}

/** STROP_ENGINES=1 insists on the engines, STROP_ENGINES=0 does without them. */
const { STROP_ENGINES } = process.env;
const wanted =
  STROP_ENGINES === "1" || (STROP_ENGINES !== "0" && existsSync(join(prefix, "installed")));

/** A suite that needs the engines; without them its name says so. */
export function describeEngines(name: string, suite: () => void): void {
  if (wanted) describe(name, suite);
  else describe.skip(`${name}: skipped, scripts/install-engines.sh installs the engines`, suite);
}
