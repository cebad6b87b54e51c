import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import type { CompiledProgram } from "../../src/compile/compile.js";
import { commandBinary, coreBinary } from "../../src/runtime/flavour.js";
import { type Engine, engine, type Killer, lastLine, type Outcome, runCommand } from "./engines.js";
import { FEATURES, fitted, npy, ROWS, type Rows, smallRows } from "./workload.js";

/** A directory as `strop build` leaves it, with data: strop.*.wasm, core.*.wasm, program.strop, X.npy, Y.npy. */
export class Device {
  readonly directory = mkdtempSync(join(tmpdir(), "strop-engines-"));

  constructor(program: CompiledProgram, { x, y }: Rows = smallRows()) {
    this.install(program);
    this.put("X.npy", npy("<f4", [ROWS, FEATURES], x));
    this.put("Y.npy", npy("<i4", [ROWS], y));
  }

  /** The program, and modules with the memory it needs. */
  install(program: CompiledProgram): void {
    this.put("program.strop", program.bytes);
    for (const flavour of ["scalar", "simd"] as const) {
      this.put(`strop.${flavour}.wasm`, fitted(commandBinary(flavour), program));
      this.put(`core.${flavour}.wasm`, fitted(coreBinary(flavour), program));
    }
  }

  /** Removes the directory. */
  close(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  put(name: string, bytes: Uint8Array): void {
    writeFileSync(this.path(name), bytes);
  }

  /** Empty if there is no such file. */
  read(name: string): Uint8Array {
    return existsSync(this.path(name))
      ? new Uint8Array(readFileSync(this.path(name)))
      : new Uint8Array();
  }

  has(name: string): boolean {
    return existsSync(this.path(name));
  }

  remove(name: string): void {
    rmSync(this.path(name), { force: true });
  }

  /** Runs the command in the directory; on wasm3, the quickest to start, if nothing else is said. */
  run(
    args: readonly string[],
    on: Engine = engine("wasm3"),
    module = "strop.scalar.wasm",
    killer?: Killer,
  ): Promise<Outcome> {
    return runCommand(on, this.directory, module, args, killer);
  }
}

export function expectOk(outcome: Outcome): void {
  expect(lastLine(outcome.stderr)).toBe("strop: ok");
  expect(outcome.code).toBe(0);
}

/** One line, no result, the exit code; `code` is what an engine that tells it must tell. */
export function expectRefusal(
  outcome: Outcome,
  code: number,
  sentence: string | RegExp,
  { tellsExit }: Engine = engine("wasm3"),
): void {
  const line = lastLine(outcome.stderr);
  if (typeof sentence === "string") expect(line).toBe(`strop: error: ${sentence}`);
  else expect(line).toMatch(sentence);
  expect(line).toMatch(/^strop: error: .*\.$/);
  expect(outcome.code).toBe(tellsExit ? code : 0);
  expect(outcome.stdout).toBe("");
}
