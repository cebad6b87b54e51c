// node node-wasi.mjs MODULE args…: runs a WASI command with the working directory as its only preopen.
import { readFileSync } from "node:fs";
import { WASI } from "node:wasi";

const [module, ...args] = process.argv.slice(2);
const wasi = new WASI({ version: "preview1", args: [module, ...args], preopens: { ".": "." } });
// A module that calls node's functions directly takes V8's fast path, where a collection of garbage frees
// what is in use (nodejs/node#46777): a closure between them keeps it off.
const imports = {};
for (const [name, call] of Object.entries(wasi.wasiImport)) imports[name] = (...a) => call(...a);
const instance = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(module)), {
  wasi_snapshot_preview1: imports,
});
process.exitCode = wasi.start(instance);
