import { StropError } from "../errors.js";
import type { Input, NumberArray } from "./options.js";

/** The names of the classes that labels come with. */
export function classesOf(y: Input): readonly string[] | undefined {
  return typeof y === "object" && y !== null && "classes" in y
    ? (y as NumberArray).classes
    : undefined;
}

/** Refuses labels that are numbered in another way than those that the model was, or will be, trained on. */
export function checkClasses(known: readonly string[] | undefined, y: Input): void {
  const given = classesOf(y);
  if (known === undefined || given === undefined) return;
  if (given.length === known.length && given.every((name, i) => name === known[i])) return;
  const { name = "y" } = y as NumberArray;
  throw new StropError("its classes are numbered in another way than the model's", {
    code: "classes",
    where: name,
    hint: "Read them with { classes: model.classes }.",
  });
}
