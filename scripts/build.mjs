// Builds what is missing or older than its sources: the core's flavours and the WASI commands (asc),
// build/cores.js, which carries them to the host, and dist/ (tsc). `--force` builds all of it.
import { spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { deflateRawSync } from "node:zlib";
import { pruneTypes } from "./prune-types.mjs";
import { stripCustomSections } from "./wasm-sections.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const force = process.argv.includes("--force");
const at = (...parts) => join(root, ...parts);

const library = ["scalar", "simd", "relaxed"].map((target) => ({
  entry: "assembly/index.ts",
  config: "asconfig.json",
  target,
  name: `core.${target}`,
}));
const commands = ["scalar", "simd"].map((target) => ({
  entry: "assembly/wasi.ts",
  config: "asconfig.wasi.json",
  target,
  name: `strop.${target}`,
}));
const solvers = ["scalar", "simd"].map((target) => ({
  entry: "assembly/solvers.ts",
  config: "asconfig.solvers.json",
  target,
  name: `solvers.${target}`,
}));

const solveCommands = ["scalar", "simd"].map((target) => ({
  entry: "assembly/wasi-solvers.ts",
  config: "asconfig.wasi-solvers.json",
  target,
  name: `solve.${target}`,
}));

/** The newest change below the given files and folders, in ms. */
function newest(...paths) {
  const times = paths.filter(existsSync).map((path) => {
    const stat = statSync(path);
    if (!stat.isDirectory()) return stat.mtimeMs;
    return Math.max(stat.mtimeMs, newest(...readdirSync(path).map((name) => join(path, name))));
  });
  return Math.max(0, ...times);
}

function isStale(output, ...inputs) {
  return force || !existsSync(output) || statSync(output).mtimeMs < newest(...inputs);
}

function run(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [command, ...args], { cwd: root, stdio: "inherit" });
    child.on("error", reject);
    child.on("close", (code) =>
      code === 0 ? resolve() : reject(new Error(`${args.join(" ")} failed`)),
    );
  });
}

/**
 * One binary: with function names for the size table (scripts/sizes.mjs), and without for the user. The code is
 * the same.
 */
async function compile({ entry, config, target, name }) {
  const asc = at("node_modules/assemblyscript/bin/asc.js");
  const named = `build/${name}.named.wasm`;
  const outputs = ["--debug", "--disableWarning", "112", "-o", named, "-t", `build/${name}.wat`];
  await run(asc, [entry, "--config", config, "--target", target, ...outputs]);
  writeFileSync(at(`build/${name}.wasm`), stripCustomSections(readFileSync(at(named))));
}

/** Runs tasks two at a time: asc takes one core each. */
async function inPairs(tasks, work) {
  const queue = [...tasks];
  const worker = async () => {
    for (let task = queue.shift(); task; task = queue.shift()) await work(task);
  };
  await Promise.all([worker(), worker()]);
}

/** Where the arena starts in a binary: its __heap_base, which `arenaStart()` rounds up. */
async function arenaStart(bytes) {
  const module = await WebAssembly.compile(bytes);
  const imports = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    imports[from] ??= {};
    imports[from][name] = () => 0;
  }
  return (await WebAssembly.instantiate(module, imports)).exports.arenaStart();
}

async function writeCores(binaries) {
  const names = [
    "scalar",
    "simd",
    "relaxed",
    "wasiScalar",
    "wasiSimd",
    "solversScalar",
    "solversSimd",
    "wasiSolversScalar",
    "wasiSolversSimd",
  ];
  const lines = ["// Written by scripts/build.mjs."];
  for (const [i, { name }] of binaries.entries()) {
    const bytes = readFileSync(at(`build/${name}.wasm`));
    // Node 20 does not take relaxed SIMD; its arena starts where the simd flavour's does.
    const probe = WebAssembly.validate(bytes) ? bytes : readFileSync(at("build/core.simd.wasm"));
    const start = await arenaStart(probe);
    const deflated = deflateRawSync(bytes, { level: 9 }).toString("base64");
    lines.push(`export const ${names[i]} = { arenaStart: ${start}, deflated: "${deflated}" };`);
  }
  writeFileSync(at("build/cores.js"), `${lines.join("\n")}\n`);
}

async function main() {
  mkdirSync(at("build"), { recursive: true });
  const binaries = [...library, ...commands, ...solvers, ...solveCommands];
  const configs = ["", ".wasi", ".solvers", ".wasi-solvers"].map((name) => `asconfig${name}.json`);
  const sources = [at("assembly"), ...configs.map((name) => at(name))];
  const stale = binaries.filter(({ name }) => isStale(at(`build/${name}.wasm`), ...sources));
  if (stale.length) console.error(`building ${stale.map(({ name }) => name).join(", ")}`);
  await inPairs(stale, compile);
  if (stale.length || isStale(at("build/cores.js"), at("scripts/build.mjs")))
    await writeCores(binaries);
  const mark = at("dist/src/node.js");
  const hostSources = [
    at("src"),
    at("assembly/abi"),
    at("tsconfig.build.json"),
    at("tsconfig.types.json"),
    at("tsconfig.json"),
  ];
  if (isStale(mark, ...hostSources)) {
    console.error("building dist");
    // Comments are for the types, where an editor shows them; the code goes without.
    const tsc = (config) => run(at("node_modules/typescript/bin/tsc"), ["-p", config]);
    await Promise.all([tsc("tsconfig.build.json"), tsc("tsconfig.types.json")]);
    pruneTypes(at("dist"), ["src/index.d.ts", "src/node.d.ts"]);
    const now = new Date();
    utimesSync(mark, now, now);
  }
}

await main();
