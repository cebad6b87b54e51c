// Bytes of a core binary by source file: `node scripts/sizes.mjs [core.simd]`. Needs a build.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { leb128, sections } from "./wasm-sections.mjs";

const SECTION_CODE = 10;
const NAMES_OF_FUNCTIONS = 1;

/** Code bytes by source file, largest first. What is inlined counts where it ends up. */
export function bytesBySource(module) {
  const all = [...sections(module)];
  const bodies = functionBodies(module, all);
  const names = functionNames(module, all);
  const sums = new Map();
  const importCount = names.size - bodies.length;
  bodies.forEach((bytes, i) => {
    const name = names.get(i + Math.max(0, importCount)) ?? "?";
    const source = name.startsWith("assembly/")
      ? `${name.slice(0, name.lastIndexOf("/"))}.ts`
      : "other";
    sums.set(source, (sums.get(source) ?? 0) + bytes);
  });
  return [...sums].sort(([, a], [, b]) => b - a);
}

function functionBodies(module, all) {
  const code = all.find(({ id }) => id === SECTION_CODE);
  let { value: count, next: at } = leb128(module, code.body);
  const bodies = [];
  for (; count > 0; --count) {
    const { value: bytes, next } = leb128(module, at);
    bodies.push(next - at + bytes);
    at = next + bytes;
  }
  return bodies;
}

/** Name by function index, imports included. */
function functionNames(module, all) {
  const text = (start, length) => module.subarray(start, start + length).toString("utf8");
  const names = new Map();
  for (const { id, body, end } of all) {
    if (id !== 0) continue;
    const { value: length, next } = leb128(module, body);
    if (text(next, length) !== "name") continue;
    for (let at = next + length; at < end; ) {
      const kind = module[at];
      const { value: bytes, next: start } = leb128(module, at + 1);
      if (kind === NAMES_OF_FUNCTIONS) {
        let { value: count, next: entry } = leb128(module, start);
        for (; count > 0; --count) {
          const { value: index, next: afterIndex } = leb128(module, entry);
          const { value: nameLength, next: nameAt } = leb128(module, afterIndex);
          names.set(index, text(nameAt, nameLength));
          entry = nameAt + nameLength;
        }
      }
      at = start + bytes;
    }
  }
  return names;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const name = process.argv[2] ?? "core.simd";
  const module = readFileSync(new URL(`../build/${name}.named.wasm`, import.meta.url));
  const rows = bytesBySource(module);
  for (const [source, bytes] of rows) console.log(`${String(bytes).padStart(7)}  ${source}`);
  const whole = readFileSync(new URL(`../build/${name}.wasm`, import.meta.url)).length;
  console.log(`${String(whole).padStart(7)}  ${name}.wasm`);
}
