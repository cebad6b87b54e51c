import { readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

/** Leaves only those type files of a folder that the public ones lead to: the others nobody can import. */
export function pruneTypes(folder, entries) {
  const wanted = new Set();
  const queue = entries.map((entry) => resolve(folder, entry));
  for (let file = queue.pop(); file; file = queue.pop()) {
    if (wanted.has(file)) continue;
    wanted.add(file);
    const specifiers = readFileSync(file, "utf8").matchAll(/(?:from |import\()"(\.[^"]+)\.js"/g);
    for (const [, path] of specifiers) queue.push(resolve(dirname(file), `${path}.d.ts`));
  }
  for (const name of readdirSync(folder, { recursive: true })) {
    const file = join(folder, name);
    if (name.endsWith(".d.ts") && !wanted.has(resolve(file))) rmSync(file);
  }
}
