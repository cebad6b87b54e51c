import { StropError } from "../errors.js";

/** Plain lists of lists of numbers, of any depth; the innermost may be typed arrays. */
export type Nested = readonly number[] | readonly Nested[] | readonly TypedNumbers[];

type TypedNumbers = Float32Array | Float64Array | Int32Array | Uint8Array;
type List = ArrayLike<unknown>;

/** More axes than any tensor has; a list that contains itself ends here. */
const DEPTH_MAX = 16;

/** What has numbers by index: a plain or a typed array. */
export function isList(value: unknown): value is List {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && "length" in value);
}

/**
 * Nested lists as one array with a shape: that of the first element at each depth, which all must have.
 *
 * @param name of the list, for errors
 */
export function flattenNested(
  nested: List,
  name: string,
): { readonly shape: readonly number[]; readonly data: Float32Array } {
  const shape: number[] = [];
  for (let at: unknown = nested; isList(at); at = at[0]) {
    shape.push(at.length);
    if (shape.length > DEPTH_MAX) throw refuse(name, `lists within more than ${DEPTH_MAX} lists`);
  }
  const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
  let filled = 0;
  const fill = (value: unknown, path: readonly number[]): void => {
    const depth = path.length;
    if (depth === shape.length) {
      if (typeof value !== "number")
        throw refuse(placeOf(name, path), `${show(value)} is no number`);
      data[filled++] = value;
      return;
    }
    const expected = shape[depth]!;
    if (!isList(value) || value.length !== expected) {
      const found = isList(value) ? `a list of ${value.length}` : show(value);
      const first = placeOf(name, [...path.map(() => 0)]);
      throw refuse(placeOf(name, path), `${found}, but ${first} is a list of ${expected}`);
    }
    for (let i = 0; i < expected; i++) fill(value[i], [...path, i]);
  };
  fill(nested, []);
  return { shape, data };
}

/** "x row 3", and behind it the places within the row: "x row 3 [0, 2]" */
function placeOf(name: string, [row, ...within]: readonly number[]): string {
  if (row === undefined) return name;
  return `${name} row ${row}${within.length > 0 ? ` [${within.join(", ")}]` : ""}`;
}

function show(value: unknown): string {
  if (isList(value)) return "a list";
  return typeof value === "string" ? `'${value}'` : String(value);
}

function refuse(where: string, problem: string): StropError {
  return new StropError(problem, { code: "row-shape", where });
}
