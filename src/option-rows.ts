import type { Range } from "./ranges.js";

// A rule with a name (an optimizer, a schedule, a loss) says in rows what its options are. Checks, defaults, the
// command line and its help follow from them.

/** An option that is a number. Without a default it follows from the run. */
export interface NumberRow {
  readonly kind: "number";
  readonly default: number | undefined;
  readonly range: Range;
  readonly about: string;
}

/** An option that is on or, by default, off. */
export interface SwitchRow {
  readonly kind: "switch";
  readonly default: false;
  readonly about: string;
}

/** An option that is one of some names. */
export interface ChoiceRow<T extends string = string> {
  readonly kind: "choice";
  readonly default: T;
  readonly names: readonly T[];
  readonly about: string;
}

/** An option that is a weight for each class, or "balanced". */
export interface ClassWeightsRow {
  readonly kind: "class-weights";
  readonly default: undefined;
  readonly about: string;
}

export type OptionRow = NumberRow | SwitchRow | ChoiceRow | ClassWeightsRow;

/** The row of an option of type T. */
export type RowOf<T> = [T] extends [number]
  ? NumberRow
  : [T] extends [boolean]
    ? SwitchRow
    : [T] extends [string]
      ? ChoiceRow<T>
      : ClassWeightsRow;

/** A row for each option of O. */
export type Rows<O> = { readonly [K in keyof O]-?: RowOf<NonNullable<O[K]>> };

/** Options that are fine one by one, but not together. */
export interface Conflict {
  readonly option: string;
  readonly problem: string;
  readonly hint?: string;
}

export function numberRow(value: NumberRow["default"], range: Range, about: string): NumberRow {
  return { kind: "number", default: value, range, about };
}

export function switchRow(about: string): SwitchRow {
  return { kind: "switch", default: false, about };
}

export function choiceRow<const T extends string>(
  value: T,
  names: readonly T[],
  about: string,
): ChoiceRow<T> {
  return { kind: "choice", default: value, names, about };
}

export function classWeightsRow(about: string): ClassWeightsRow {
  return { kind: "class-weights", default: undefined, about };
}

/** The given values, and the rows' defaults for what was not given. */
export function withDefaults<O>(rows: Rows<O>, given: O): Required<O> {
  const all = Object.entries<OptionRow>(rows).map(([key, row]) => {
    return [key, given[key as keyof O] ?? row.default];
  });
  return Object.fromEntries(all) as Required<O>;
}
