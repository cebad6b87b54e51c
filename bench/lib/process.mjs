import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { programPath } from "./machine.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));

/** One thread. A processor type that the environment imposes on OpenBLAS is taken back: it may be a slow one. */
function environment() {
  const { OPENBLAS_CORETYPE, OPENBLAS_L2_SIZE, ...rest } = process.env;
  return {
    ...rest,
    OPENBLAS_NUM_THREADS: "1",
    OMP_NUM_THREADS: "1",
    MKL_NUM_THREADS: "1",
    PYTHONDONTWRITEBYTECODE: "1",
  };
}

/** Runs a program on one core, the last, where taskset can; its output is one JSON object. */
async function measure(program, args) {
  const taskset = programPath("taskset");
  const pin = taskset ? [taskset, "-c", String(cpus().length - 1)] : [];
  const [command, ...rest] = [...pin, program, ...args];
  const { stdout } = await promisify(execFile)(command, rest, { env: environment() });
  return JSON.parse(stdout);
}

/** @returns what the workload's `measure` does */
export function measureOurs(name, settings, folder) {
  const args = [`${here}worker.mjs`, name, JSON.stringify(settings), folder];
  return measure(process.execPath, args);
}

/** @returns the same of the peer, or { missing } with the reason why it cannot be had */
export async function measurePeer(name, settings, folder, python) {
  const script = `${here}../peers/${name}.py`;
  const pythons = python ? [python] : [programPath("python3"), "/usr/bin/python3"];
  let missing = "no Python";
  for (const candidate of new Set(pythons)) {
    if (!candidate || !existsSync(candidate)) continue;
    const answer = await measure(candidate, [script, JSON.stringify(settings), folder]);
    if (!answer.missing) return answer;
    missing = answer.missing;
  }
  return { missing };
}
