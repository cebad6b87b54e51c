import { mkdirSync, readFileSync } from "node:fs";
import asc from "assemblyscript/asc";

interface Target {
  enable?: string[];
  disable?: string[];
}

/** Compiles an entry of tests/core/ as a flavour of the core, with a memory of so many pages, and instantiates it. */
export async function compileEntry(
  entry: string,
  flavour: string,
  pages: number,
): Promise<Record<string, CallableFunction>> {
  const targets: Record<string, Target> = JSON.parse(readFileSync("asconfig.json", "utf8")).targets;
  const { enable = [], disable = [] } = targets[flavour]!;
  const outFile = `build/test/${entry}.${flavour}.wasm`;
  mkdirSync("build/test", { recursive: true });
  const { error, stderr } = await asc.main([
    `tests/core/${entry}-entry.ts`,
    ...[
      "--config",
      "none",
      "--runtime",
      "./assembly/runtime",
      "--use",
      "abort=",
      "-O3",
      "--noAssert",
    ],
    ...["--initialMemory", String(pages), "--disableWarning", "112", "--outFile", outFile],
    ...enable.flatMap((feature) => ["--enable", feature]),
    ...disable.flatMap((feature) => ["--disable", feature]),
  ]);
  if (error) throw new Error(stderr.toString());
  const { instance } = await WebAssembly.instantiate(readFileSync(outFile), {});
  return instance.exports as Record<string, CallableFunction>;
}
