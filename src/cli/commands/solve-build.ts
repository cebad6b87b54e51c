import { join } from "node:path";
import {
  kmeansDevice,
  type LinearOptions,
  linearDevice,
  makeFolder,
  SOLVER_FILES,
  writeFileWhole,
} from "../../node.js";
import type { Context } from "../command.js";
import { EXIT_DONE } from "../errors.js";
import { checkFiles } from "../files.js";
import { byteCount, count, table } from "../format.js";
import { badOption, flagOf } from "../options/option.js";
import { ruleOf } from "../options/rules.js";
import { type SolveOptions, type SolverName, solverTable } from "../options/solve.js";
import { readLabelled } from "./open.js";
import { readKMeans } from "./solve-kmeans.js";

/** What the WASI command understands too. */
const DEVICE_OPTIONS = [
  "alpha",
  "l1Ratio",
  "path",
  "pathEps",
  "precompute",
  "selection",
  "clusters",
  "init",
  "batch",
  "tol",
  "maxIterations",
  "seed",
  "noIntercept",
] as const satisfies readonly (keyof SolveOptions)[];

/** Those of them that are whole numbers. */
const WHOLE: readonly string[] = ["path", "clusters", "batch", "maxIterations", "seed"];
/** What the command reads of each kind: assembly/wasi/arguments.ts and decimal.ts say why. */
const WHOLE_MAX = 999_999_999;
const DIGITS_MAX = 999_999_999_999_999;
const POWER_MAX = 22;

/** `strop solve METHOD … --build DIR`: the WASI command that solves such a problem on a device. */
export async function buildSolver(
  method: SolverName,
  options: SolveOptions,
  context: Context,
  folder: string,
): Promise<number> {
  const outputs = Object.fromEntries(SOLVER_FILES.map((name) => [name, join(folder, name)]));
  checkFiles(outputs, { "--data": options.data, "--labels": options.labels });
  checkNumbers(options);
  const { files, rows, columns, arenaBytes } = await deviceOf(method, options, context);
  makeFolder(folder);
  for (const [name, bytes] of files) await writeFileWhole(join(folder, name), bytes);
  const sizes = [...files].map(([name, bytes]) => ({ name, bytes: bytes.length }));
  const command = commandLine(method, options);
  const result = { method, build: folder, files: sizes, rows, columns, arenaBytes, command };
  context.output.result(result, () => {
    const lines = table(sizes.map(({ name, bytes }) => [join(folder, name), byteCount(bytes)]));
    const room = `for ${count(rows)} rows of ${count(columns)} numbers`;
    return `${lines}\n${room}, in an arena of ${byteCount(arenaBytes)}\n${command}\n`;
  });
  return EXIT_DONE;
}

/** Refuses numbers that the command would not read to the bit, and so not at all. */
function checkNumbers(options: SolveOptions): void {
  for (const key of DEVICE_OPTIONS) {
    const value = options[key];
    if (typeof value !== "number") continue;
    const isWhole = WHOLE.includes(key);
    if (isWhole ? value <= WHOLE_MAX : isShort(value)) continue;
    const range = isWhole ? "below 1000000000" : "of at most 15 digits from 1e-22 up";
    const problem = `the device's command does not read ${value}`;
    throw badOption(flagOf(key), problem, `Give a number ${range}.`);
  }
}

/** Whether the number is few digits times or over a power of ten that a float64 holds exactly. */
function isShort(value: number): boolean {
  const [mantissa = "", power = "0"] = String(value).split("e");
  const [whole = "", fraction = ""] = mantissa.split(".");
  const exponent = Number(power) - fraction.length;
  return Number(whole + fraction) <= DIGITS_MAX && Math.abs(exponent) <= POWER_MAX;
}

async function deviceOf(method: SolverName, options: SolveOptions, context: Context) {
  if (method === "kmeans") {
    const { x, own } = await readKMeans(options, context);
    return kmeansDevice(x, own);
  }
  const { name: _, ...own } = ruleOf(solverTable, method, options);
  const { x, y } = await readLabelled(options, {}, context);
  return linearDevice(method, x, y, {
    ...(own as LinearOptions),
    intercept: !options.noIntercept,
    ...(options.seed !== undefined && { seed: options.seed }),
  });
}

/** What to type on the device. */
function commandLine(method: SolverName, options: SolveOptions): string {
  const words = DEVICE_OPTIONS.flatMap((key) => {
    const value = options[key];
    if (value === undefined) return [];
    return value === true ? [flagOf(key)] : [flagOf(key), String(value)];
  });
  const files = method === "kmeans" ? ["X.npy"] : ["X.npy", "Y.npy"];
  return ["solve.wasm", method, ...files, "OUT.npy", ...words].join(" ");
}
