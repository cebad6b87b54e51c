import { gunzipSync } from "fflate";
import { StropError } from "../errors.js";
import { crc32 } from "./crc32.js";
import type { NpyArray } from "./npy.js";

/** The most bytes that one array may have. */
const BYTES_MAX = 2 ** 31;
/** Deflate packs no byte run tighter than this. */
const RATIO_MAX = 1032;
const RANK_MAX = 32;

type Read = (view: DataView, at: number) => number;

/** Element types by their code, the third byte of a file. The bytes are big-endian. */
const TYPES: Readonly<
  Record<number, { type: NpyArray["type"]; bytes: number; make: Make; read: Read }>
> = {
  8: { type: "uint8", bytes: 1, make: (n) => new Uint8Array(n), read: (v, at) => v.getUint8(at) },
  9: { type: "int32", bytes: 1, make: (n) => new Int32Array(n), read: (v, at) => v.getInt8(at) },
  11: { type: "int32", bytes: 2, make: (n) => new Int32Array(n), read: (v, at) => v.getInt16(at) },
  12: { type: "int32", bytes: 4, make: (n) => new Int32Array(n), read: (v, at) => v.getInt32(at) },
  13: {
    type: "float32",
    bytes: 4,
    make: (n) => new Float32Array(n),
    read: (v, at) => v.getFloat32(at),
  },
  14: {
    type: "float64",
    bytes: 8,
    make: (n) => new Float64Array(n),
    read: (v, at) => v.getFloat64(at),
  },
};
type Make = (length: number) => Uint8Array | Int32Array | Float32Array | Float64Array;

/**
 * Reads an IDX file, MNIST's format, plain or packed by gzip: two zero bytes, the type, the rank, the sizes as
 * big-endian uint32, the elements. byte and short become int32.
 *
 * Source: Y. LeCun, C. Cortes, C. Burges, The MNIST database, http://yann.lecun.com/exdb/mnist.
 *
 * @param name of the file, for errors
 */
export function readIdx(bytes: Uint8Array, name: string): NpyArray {
  const plain = isGzip(bytes) ? gunzip(bytes, name) : bytes;
  const type = TYPES[plain[2] ?? 0];
  const rank = plain[3] ?? 0;
  if (plain.length < 4 || plain[0] !== 0 || plain[1] !== 0 || type === undefined) {
    throw refuse(name, "this is not an IDX file");
  }
  if (rank < 1 || rank > RANK_MAX) throw refuse(name, `it has ${rank} axes`);
  const start = 4 + 4 * rank;
  if (plain.length < start) throw refuse(name, "the file is truncated");
  const view = new DataView(plain.buffer, plain.byteOffset, plain.byteLength);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const elements = shape.reduce((a, b) => a * b, 1);
  const [found, expected] = [plain.length - start, elements * type.bytes];
  if (found !== expected) {
    const problem = found < expected ? "the file is truncated" : "the file is too long";
    const sizes = `it has ${found} bytes of data where the shape [${shape.join(", ")}] needs ${expected}`;
    throw refuse(name, `${problem}: ${sizes}`);
  }
  const data = type.make(elements);
  for (let i = 0; i < elements; i++) data[i] = type.read(view, start + i * type.bytes);
  return { type: type.type, shape, data } as NpyArray;
}

/** Whether a file is IDX by its first four bytes. A packed one is told when it is unpacked. */
export function isIdx(bytes: Uint8Array): boolean {
  const [zero, zeroToo, type = 0, rank = 0] = bytes;
  return zero === 0 && zeroToo === 0 && TYPES[type] !== undefined && rank > 0;
}

/** Whether a file is packed by gzip. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/** The last eight bytes are the checksum and the size of what was packed, no more than the others can hold. */
function gunzip(bytes: Uint8Array, name: string): Uint8Array {
  const { byteOffset, byteLength } = bytes;
  if (byteLength < 18) throw refuse(name, "the file is truncated");
  const trailer = new DataView(bytes.buffer, byteOffset + byteLength - 8, 8);
  const size = trailer.getUint32(4, true);
  if (size > BYTES_MAX || size > byteLength * RATIO_MAX) {
    throw refuse(name, `${byteLength} bytes cannot hold the ${size} it declares`);
  }
  let plain: Uint8Array;
  try {
    // The output never grows beyond the declared size.
    plain = gunzipSync(bytes as Uint8Array<ArrayBuffer>, { out: new Uint8Array(size) });
  } catch {
    throw refuse(name, "its compressed data is damaged");
  }
  if (plain.length !== size || crc32(plain) !== trailer.getUint32(0, true)) {
    throw refuse(name, "its checksum is wrong: the file is damaged");
  }
  return plain;
}

function refuse(name: string, problem: string): StropError {
  return new StropError(problem, { code: "idx-malformed", where: name });
}
