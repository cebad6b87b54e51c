import { StropError } from "../errors.js";

/** An array as NumPy saved it, row by row. */
export type NpyArray =
  | { readonly type: "float32"; readonly shape: readonly number[]; readonly data: Float32Array }
  | { readonly type: "float64"; readonly shape: readonly number[]; readonly data: Float64Array }
  | { readonly type: "uint8"; readonly shape: readonly number[]; readonly data: Uint8Array }
  | { readonly type: "int32"; readonly shape: readonly number[]; readonly data: Int32Array }
  | { readonly type: "int64"; readonly shape: readonly number[]; readonly data: BigInt64Array };

const types = {
  "<f4": { type: "float32", array: Float32Array },
  "<f8": { type: "float64", array: Float64Array },
  "|u1": { type: "uint8", array: Uint8Array },
  "<i4": { type: "int32", array: Int32Array },
  "<i8": { type: "int64", array: BigInt64Array },
} as const;

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
/** NumPy's own limit on the header of a file that is not trusted. */
const HEADER_MAX = 10_000;
const RANK_MAX = 32;

/**
 * Reads a .npy file of version 1, 2 or 3.
 *
 * @param name of the file, for errors
 */
export function readNpy(bytes: Uint8Array, name: string): NpyArray {
  const { text, end } = headerOf(bytes, name);
  const { descr, fortran, shape } = parseHeader(text, name);
  const known = Object.hasOwn(types, descr) ? types[descr as keyof typeof types] : undefined;
  if (known === undefined) throw typeError(descr, name);
  if (fortran) {
    throw refuse(
      "npy-fortran",
      name,
      "the array is in Fortran order",
      "Save it with numpy.ascontiguousarray.",
    );
  }
  const { type, array } = known;
  const elements = shape.reduce((count, size) => count * size, 1);
  const expected = elements * array.BYTES_PER_ELEMENT;
  const found = bytes.length - end;
  if (found !== expected) {
    const problem = found < expected ? "the file is truncated" : "the file is too long";
    throw refuse(
      "npy-size",
      name,
      `${problem}: it has ${found} bytes of data where the shape [${shape.join(", ")}] needs ${expected}`,
    );
  }
  const start = bytes.byteOffset + end;
  const aligned = start % array.BYTES_PER_ELEMENT === 0;
  const data = aligned
    ? new array(bytes.buffer as ArrayBuffer, start, elements)
    : new array(new Uint8Array(bytes.subarray(end)).buffer);
  return { type, shape, data } as NpyArray;
}

/** Writes a .npy file of version 1; the data starts at a multiple of 64 bytes. */
export function writeNpy(array: {
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array | Uint8Array;
}): Uint8Array {
  const { shape, data } = array;
  const descr = data instanceof Float32Array ? "<f4" : data instanceof Int32Array ? "<i4" : "|u1";
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const dict = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${sizes}), }`;
  const start = Math.ceil((10 + dict.length + 1) / 64) * 64;
  const header = `${dict.padEnd(start - 11)}\n`;
  const bytes = new Uint8Array(start + data.byteLength);
  bytes.set([...MAGIC, 1, 0, header.length & 0xff, header.length >> 8]);
  bytes.set(new TextEncoder().encode(header), 10);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), start);
  return bytes;
}

function refuse(code: string, name: string, problem: string, hint?: string): StropError {
  return new StropError(problem, {
    code,
    where: name,
    ...(hint === undefined ? {} : { hint }),
  });
}

function headerOf(bytes: Uint8Array, name: string): { text: string; end: number } {
  if (bytes.length < 12 || MAGIC.some((byte, i) => bytes[i] !== byte)) {
    throw refuse("npy-malformed", name, "this is not a .npy file");
  }
  const version = bytes[6]!;
  if (version < 1 || version > 3) {
    throw refuse("npy-malformed", name, `version ${version} of .npy, where 1 to 3 are known`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = version === 1 ? 10 : 12;
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > HEADER_MAX) throw refuse("npy-malformed", name, "its header is too long");
  if (start + length > bytes.length) throw refuse("npy-size", name, "the file is truncated");
  const text = new TextDecoder().decode(bytes.subarray(start, start + length));
  return { text, end: start + length };
}

interface Header {
  readonly descr: string;
  readonly fortran: boolean;
  readonly shape: readonly number[];
}

/** The header is a Python dict with exactly three keys: descr, fortran_order, shape. */
function parseHeader(text: string, name: string): Header {
  const malformed = () => refuse("npy-malformed", name, "its header is malformed");
  const entry = /\s*(['"])(\w+)\1\s*:\s*(?:(['"])([^'"]*)\3|(True|False)|\(([\d,\s]*)\)|(\[))\s*/y;
  const found = new Map<string, RegExpExecArray>();
  const body = /^\s*\{(.*)\}\s*$/s.exec(text)?.[1];
  if (body === undefined) throw malformed();
  while (entry.lastIndex < body.length) {
    const at = entry.lastIndex;
    const match = entry.exec(body);
    if (match === null) {
      if (body.slice(at).trim() === "" && at > 0) break;
      throw malformed();
    }
    if (match[7] !== undefined) {
      throw refuse("npy-type", name, "it holds records, which are not supported");
    }
    if (found.has(match[2]!)) throw malformed();
    found.set(match[2]!, match);
    if (body[entry.lastIndex] === ",") entry.lastIndex++;
    else if (entry.lastIndex < body.length) throw malformed();
  }
  const descr = found.get("descr")?.[4];
  const order = found.get("fortran_order")?.[5];
  const sizes = found.get("shape")?.[6];
  if (found.size !== 3 || !descr || !order || sizes === undefined) throw malformed();
  const shape = parseShape(sizes);
  if (shape === undefined) throw malformed();
  return { descr, fortran: order === "True", shape };
}

/** "3, 4" or "3," or "": a Python tuple without its parentheses. */
function parseShape(text: string): readonly number[] | undefined {
  const parts = text.split(",").map((part) => part.trim());
  if (parts.at(-1) === "") parts.pop();
  else if (parts.length === 1) return undefined;
  if (parts.length > RANK_MAX || parts.some((part) => !/^\d{1,15}$/.test(part))) return undefined;
  return parts.map(Number);
}

function typeError(descr: string, name: string): StropError {
  if (/^>/.test(descr)) {
    return refuse(
      "npy-type",
      name,
      `the array is big-endian ('${descr}')`,
      "Save it with x.astype('<f4').",
    );
  }
  const what = /^\|?O/.test(descr) ? "Python objects" : `the type '${descr}'`;
  return refuse(
    "npy-type",
    name,
    `it holds ${what}, which is not supported`,
    "Save float32, uint8, float64, int32 or int64.",
  );
}
