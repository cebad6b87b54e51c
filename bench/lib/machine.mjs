import { existsSync, readFileSync } from "node:fs";
import { cpus } from "node:os";
import { delimiter, join } from "node:path";

/** What the figures depend on, and when they were taken. */
export function machine() {
  const date = new Date().toISOString().slice(0, 10);
  return { cpu: cpuModel(), cores: cpus().length, node: process.version, date };
}

/** The processor's name; a virtual one that hides it has its family and model instead. */
function cpuModel() {
  const name = cpus()[0]?.model.trim() || "unknown";
  if (!existsSync("/proc/cpuinfo")) return name;
  const info = readFileSync("/proc/cpuinfo", "utf8");
  const of = (key) => info.match(new RegExp(`^${key}\\s*: (.*)$`, "m"))?.[1];
  const [family, model] = [of("cpu family"), of("model")];
  return family && model ? `${name} (family ${family}, model ${model})` : name;
}

/** The full path of a program, or undefined where there is none of that name. */
export function programPath(name) {
  const folders = (process.env.PATH ?? "").split(delimiter);
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}
