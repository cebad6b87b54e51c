import type { OptionRow } from "../../node.js";
import {
  badOption,
  choice,
  classWeights,
  flag,
  flagOf,
  number,
  type OptionSpec,
} from "./option.js";

/** A choice among rules with options of their own: the optimizers, the schedules, the losses. */
export interface RuleTable<N extends string, K extends string> {
  /** "optimizer" */
  readonly what: string;
  /** What stands before a rule's name on the command line; default "--optimizer". */
  readonly chosenBy?: string;
  readonly names: readonly N[];
  rowsOf(name: N): Readonly<Record<string, OptionRow>>;
  /** What the command line calls an option. */
  keyOf(option: string): K;
}

/** The keys that any member of a union has. */
export type AnyKey<U> = U extends unknown ? keyof U & string : never;

/** Whatever a rule's option is. */
export type RuleValue = number | string | true | readonly number[];

export type RuleValues<K extends string> = { readonly [key in K]?: RuleValue | undefined };

/** An option of the command line for each that some rule has. */
export function ruleOptions<N extends string, K extends string>(
  table: RuleTable<N, K>,
): Readonly<Record<K, OptionSpec<RuleValue | undefined>>> {
  const options: Record<string, OptionSpec<RuleValue | undefined>> = {};
  for (const name of table.names) {
    for (const [option, row] of Object.entries(table.rowsOf(name))) {
      options[table.keyOf(option)] ??= specOf(row, helpOf(table, option, row));
    }
  }
  return options as Record<K, OptionSpec<RuleValue | undefined>>;
}

/**
 * The rule's own options, or those of no rule, defaults filled in, by their keys on the command line.
 *
 * @throws StropError with exit code 2 for an option of another rule, and for a value that this rule does not take
 */
export function resolveRule<N extends string, K extends string>(
  table: RuleTable<N, K>,
  name: N | undefined,
  given: RuleValues<K>,
): RuleValues<K> {
  const rows = new Map(
    Object.entries(name === undefined ? {} : table.rowsOf(name)).map(([option, row]) => [
      table.keyOf(option),
      row,
    ]),
  );
  for (const key of Object.keys(ruleOptions(table)) as K[]) {
    if (given[key] === undefined || rows.has(key)) continue;
    const owners = table.names.filter((other) => {
      return Object.keys(table.rowsOf(other)).some((option) => table.keyOf(option) === key);
    });
    const problem = name
      ? `it does not belong to the ${table.what} ${name}`
      : `no ${table.what} is named`;
    const hint = `It is an option of ${table.chosenBy ?? `--${table.what}`} ${owners.join(", ")}.`;
    throw badOption(flagOf(key), problem, hint);
  }
  const values = [...rows].map(([key, row]) => {
    const value = given[key];
    // A switch that is off is as good as not given.
    if (value === undefined) return [key, row.default === false ? undefined : row.default];
    return [key, specOf(row, "").read(value, flagOf(key))];
  });
  return Object.fromEntries(values.filter(([, value]) => value !== undefined)) as RuleValues<K>;
}

/** Resolved options as the API takes them. */
export function ruleOf<N extends string, K extends string>(
  table: RuleTable<N, K>,
  name: N,
  resolved: RuleValues<K>,
): { readonly name: N } & Readonly<Record<string, RuleValue>> {
  const own = Object.keys(table.rowsOf(name)).map((option) => {
    return [option, resolved[table.keyOf(option)]] as const;
  });
  const there = Object.fromEntries(own.filter(([, value]) => value !== undefined));
  return { name, ...there } as { readonly name: N } & Record<string, RuleValue>;
}

/** How a row's value is read. */
export function specOf(row: OptionRow, help: string): OptionSpec<RuleValue | undefined> {
  if (row.kind === "switch") return flag(help);
  if (row.kind === "choice") return choice({ value: "NAME", help }, row.names);
  if (row.kind === "class-weights") return classWeights(help);
  const value = row.range.whole ? "N" : "X";
  return number({ value, help }, row.range);
}

/** "learning rate: 0.01 (sgd, momentum), 0.001 (the others)" */
function helpOf<N extends string, K extends string>(
  { names, rowsOf }: RuleTable<N, K>,
  option: string,
  { about }: OptionRow,
): string {
  const owners = new Map<string, N[]>();
  for (const name of names) {
    const row = rowsOf(name)[option];
    if (!row) continue;
    const value = row.kind === "switch" || row.default === undefined ? "" : `${row.default} `;
    owners.set(value, [...(owners.get(value) ?? []), name]);
  }
  const groups = [...owners].sort(([, a], [, b]) => a.length - b.length);
  const common = groups.flatMap(([, owned]) => owned).length === names.length && groups.at(-1);
  const texts = groups.map((group) => {
    const [value, owned] = group;
    if (group !== common) return `${value}(${owned.join(", ")})`;
    return groups.length === 1 ? `default ${value.trim()}` : `${value}(the others)`;
  });
  return `${about}: ${texts.join(", ")}`;
}
