import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { sections } from "../../src/runtime/wasm-memory.js";

const binary = (name: string) =>
  fileURLToPath(new URL(`../../build/${name}.wasm`, import.meta.url));

/** What wasm3's WASI has too, no clock and no random source among it. */
const ALLOWED = [
  "args_get",
  "args_sizes_get",
  "fd_close",
  "fd_datasync",
  "fd_prestat_dir_name",
  "fd_prestat_get",
  "fd_read",
  "fd_seek",
  "fd_write",
  "path_open",
  "proc_exit",
].map((name) => `wasi_snapshot_preview1.${name}`);

const SECTION_IMPORT = 2;

/** "module.name" of all that a binary imports, read from its bytes: Node 20 refuses relaxed SIMD. */
function importsOf(bytes: Uint8Array): string[] {
  const section = [...sections(bytes)].find(({ id }) => id === SECTION_IMPORT);
  if (!section) return [];
  let at = section.body;
  const number = () => {
    let value = 0;
    for (let shift = 0, byte = 0x80; byte & 0x80; shift += 7) {
      byte = bytes[at++]!;
      value |= (byte & 0x7f) << shift;
    }
    return value;
  };
  const text = () => {
    const length = number();
    at += length;
    return new TextDecoder().decode(bytes.subarray(at - length, at));
  };
  return Array.from({ length: number() }, () => {
    const name = `${text()}.${text()}`;
    if (bytes[at++] !== 0) throw new Error(`${name} is no function`);
    number();
    return name;
  });
}

describe("imports of the binaries", () => {
  test.each(["scalar", "simd", "relaxed"])("core.%s: none", (flavour) => {
    expect(importsOf(readFileSync(binary(`core.${flavour}`)))).toEqual([]);
  });

  test.each(["scalar", "simd"])("solvers.%s: none", (flavour) => {
    expect(importsOf(readFileSync(binary(`solvers.${flavour}`)))).toEqual([]);
  });

  const commands = ["strop.scalar", "strop.simd", "solve.scalar", "solve.simd"];
  test.each(commands)("%s: the allowed eleven", (name) => {
    const found = importsOf(readFileSync(binary(name)));
    expect([...found].sort()).toEqual(ALLOWED);
  });

  test("the reader of imports agrees with the engine's", () => {
    const bytes = readFileSync(binary("strop.scalar"));
    const module = new WebAssembly.Module(bytes);
    const said = WebAssembly.Module.imports(module).map(({ module, name }) => `${module}.${name}`);
    expect(importsOf(bytes)).toEqual(said);
  });
});

describe("features of the binaries", () => {
  test.each(["core.scalar", "strop.scalar", "solvers.scalar", "solve.scalar"])(
    "%s: one memory, exported, nothing to grow it",
    (name) => {
      const text = readFileSync(binary(name).replace(/wasm$/, "wat"), "utf8");
      expect(text).not.toMatch(/memory\.(grow|fill|copy)|v128|i32\.extend8_s|trunc_sat/);
      expect(text).toMatch(/\(export "memory" \(memory \$0\)\)/);
    },
  );
});
