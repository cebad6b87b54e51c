import { devNull } from "node:os";
import { realPath } from "../node.js";
import { badOption } from "./options/option.js";

/** Files of a run by what they are called: MODEL, --data. What was not given is undefined. */
export type NamedFiles = Readonly<Record<string, string | undefined>>;

/**
 * Refuses a run that would overwrite what it reads, or write two results into one file. Paths are compared by
 * what they lead to.
 *
 * @param mayCoincide of an output and an input: those that a run may write over
 * @throws StropError with exit code 2
 */
export function checkFiles(
  outputs: NamedFiles,
  inputs: NamedFiles,
  mayCoincide: (output: string, input: string) => boolean = () => false,
): void {
  const all = placesOf({ ...outputs, ...inputs });
  for (const output of placesOf(outputs)) {
    if (output.path === devNull) continue;
    const other = all.find(
      ({ name, real }) =>
        name !== output.name && real === output.real && !mayCoincide(output.name, name),
    );
    if (!other) continue;
    throw badOption(output.name, `'${output.path}' is the file of ${other.name} too`);
  }
}

/** A trained model may take the place of the model that it was. */
export function outOverModel(output: string, input: string): boolean {
  return output === "--out" && input === "MODEL";
}

function placesOf(files: NamedFiles): { name: string; path: string; real: string }[] {
  return Object.entries(files).flatMap(([name, path]) =>
    path === undefined ? [] : [{ name, path, real: realPath(path) }],
  );
}
