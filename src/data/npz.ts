import { inflateSync } from "fflate";
import { StropError } from "../errors.js";
import { crc32 } from "./crc32.js";
import { type NpyArray, readNpy } from "./npy.js";

/** The most bytes that the arrays of one file may have together, unless the caller says otherwise. */
const BYTES_MAX = 2 ** 31;
/** Deflate packs no byte run tighter than this. */
const RATIO_MAX = 1032;

const END_RECORD = 0x06054b50;
const CENTRAL_ENTRY = 0x02014b50;
const LOCAL_ENTRY = 0x04034b50;
const STORED = 0;
const DEFLATED = 8;

interface Entry {
  readonly name: string;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  readonly offset: number;
}

/**
 * Reads the arrays of a .npz file by name. Sizes are checked against each other and the limit before anything is
 * inflated, so that a small file cannot ask for more memory than it says.
 *
 * @param name of the file, for errors
 */
export function readNpz(
  bytes: Uint8Array,
  name: string,
  bytesMax = BYTES_MAX,
): ReadonlyMap<string, NpyArray> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries = readDirectory(view, name);
  const total = entries.reduce((sum, { size }) => sum + size, 0);
  if (total > bytesMax) {
    throw refuse(name, `its arrays have ${total} bytes together, where ${bytesMax} are the most`);
  }
  const arrays = new Map<string, NpyArray>();
  for (const entry of entries) {
    const key = entry.name.replace(/\.npy$/, "");
    if (arrays.has(key)) throw refuse(name, `the array '${key}' is there twice`);
    arrays.set(key, readNpy(unpack(view, entry, name), `${name} (${key})`));
  }
  return arrays;
}

function refuse(name: string, problem: string): StropError {
  return new StropError(problem, { code: "npz-malformed", where: name });
}

/** The central directory: the list of files at the end, which the last 22 bytes (and a comment) point to. */
function readDirectory(view: DataView, name: string): readonly Entry[] {
  let end = view.byteLength - 22;
  const first = Math.max(0, end - 0xffff);
  while (end >= first && view.getUint32(end, true) !== END_RECORD) end--;
  if (end < first) throw refuse(name, "this is not a .npz file, or it is truncated");
  const count = view.getUint16(end + 10, true);
  let at = view.getUint32(end + 16, true);
  if (count === 0xffff || at === 0xffffffff) throw refuse(name, "zip64 is not supported");
  const entries: Entry[] = [];
  for (let i = 0; i < count; i++) {
    if (at + 46 > end || view.getUint32(at, true) !== CENTRAL_ENTRY) {
      throw refuse(name, "its directory is damaged");
    }
    const nameLength = view.getUint16(at + 28, true);
    const next =
      at + 46 + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
    if (next > end) throw refuse(name, "its directory is damaged");
    entries.push(readEntry(view, at, nameLength, name));
    at = next;
  }
  return entries;
}

function readEntry(view: DataView, at: number, nameLength: number, file: string): Entry {
  const label = new Uint8Array(view.buffer, view.byteOffset + at + 46, nameLength);
  const entry = {
    name: new TextDecoder().decode(label),
    method: view.getUint16(at + 10, true),
    crc: view.getUint32(at + 16, true),
    packed: view.getUint32(at + 20, true),
    size: view.getUint32(at + 24, true),
    offset: view.getUint32(at + 42, true),
  };
  const where = `${file} (${entry.name})`;
  if (view.getUint16(at + 8, true) & 1) throw refuse(where, "it is encrypted");
  if (entry.method !== STORED && entry.method !== DEFLATED) {
    throw refuse(where, `compression method ${entry.method} is not supported`);
  }
  if (entry.size === 0xffffffff || entry.packed === 0xffffffff) {
    throw refuse(where, "zip64 is not supported");
  }
  const possible = entry.method === STORED ? entry.packed : entry.packed * RATIO_MAX;
  if (entry.size > possible || (entry.method === STORED && entry.size !== entry.packed)) {
    throw refuse(where, `${entry.packed} bytes cannot hold the ${entry.size} it declares`);
  }
  return entry;
}

function unpack(view: DataView, entry: Entry, file: string): Uint8Array {
  const where = `${file} (${entry.name})`;
  const { offset, packed, size } = entry;
  if (offset + 30 > view.byteLength || view.getUint32(offset, true) !== LOCAL_ENTRY) {
    throw refuse(where, "it is not where the directory says");
  }
  // The local header repeats name and extra field, with lengths of its own.
  const start = offset + 30 + view.getUint16(offset + 26, true) + view.getUint16(offset + 28, true);
  if (start + packed > view.byteLength) throw refuse(where, "it is truncated");
  const raw = new Uint8Array(view.buffer as ArrayBuffer, view.byteOffset + start, packed);
  const bytes = entry.method === STORED ? raw : inflate(raw, size, where);
  if (crc32(bytes) !== entry.crc) throw refuse(where, "its checksum is wrong: the file is damaged");
  return bytes;
}

function inflate(raw: Uint8Array<ArrayBuffer>, size: number, where: string): Uint8Array {
  let bytes: Uint8Array;
  try {
    // The output never grows beyond the declared size.
    bytes = inflateSync(raw, { out: new Uint8Array(size) });
  } catch {
    throw refuse(where, "its compressed data is damaged");
  }
  if (bytes.length !== size) throw refuse(where, "its compressed data is damaged");
  return bytes;
}
