import { badOption } from "./option.js";

/** "x=1,49,10,1" as sizes by the input's name. Whether they suit the model is told by the import. */
export function inputShapes(
  words: readonly string[] = [],
): Readonly<Record<string, readonly number[]>> {
  const shapes = words.map((word) => {
    const [, name, sizes] = /^(.+)=(\d+(?:,\d+)*)$/.exec(word) ?? [];
    if (name === undefined || sizes === undefined) {
      const hint = "Write the input's name and its sizes, with 1 for the batch: x=1,49,10,1.";
      throw badOption("--input-shape", `'${word}' is no shape`, hint);
    }
    return [name, sizes.split(",").map(Number)] as const;
  });
  return Object.fromEntries(shapes);
}
