import { openSync, readFileSync } from "node:fs";
import { WASI } from "node:wasi";

/** Runs a command that `build` made, with the folder as /d; what it says goes to a file. */
export async function runDevice(folder: string, wasm: string, args: string[]): Promise<number> {
  const said = openSync(`${folder}/said`, "w");
  const wasi = new WASI({
    version: "preview1",
    args: ["strop", ...args],
    preopens: { "/d": folder },
    returnOnExit: true,
    stdout: said,
    stderr: said,
  });
  const module = await WebAssembly.compile(readFileSync(`${folder}/${wasm}`));
  const instance = await WebAssembly.instantiate(
    module,
    wasi.getImportObject() as WebAssembly.Imports,
  );
  return wasi.start(instance) as number;
}
