import type { DescField, DescMessage } from "@bufbuild/protobuf";
import { StropError } from "../errors.js";

/** How many strings, messages and unknown fields a file may hold: each becomes an object in memory. */
const OBJECTS_MAX = 2 ** 20;
/** How many whole numbers: a byte of the file may become a bigint. */
const INTEGERS_MAX = 2 ** 22;
/** How deep messages may lie in each other. A TypeProto of nested sequences is the only one that needs more than six. */
const DEPTH_MAX = 64;

const VARINT = 0;
const BIT64 = 1;
const BYTES = 2;
const BIT32 = 5;

interface Frame {
  readonly fields: ReadonlyMap<number, DescField>;
  readonly end: number;
}

/** The error for bytes that are no protobuf, or none of ONNX's. */
export function notOnnx(name: string, problem: string): StropError {
  return new StropError(`this is not an ONNX model (${problem})`, {
    code: "not-onnx",
    where: name,
    hint: "The file may be truncated or damaged.",
  });
}

/**
 * Walks a protobuf message without building anything: every length lies inside the message around it, every
 * known field has its wire type, and the number of objects to come is bounded. So what the decoder makes of the
 * bytes is bounded too: about 300 MB beside the bytes themselves.
 */
export function checkWire(schema: DescMessage, bytes: Uint8Array, name: string): void {
  const cursor = new Cursor(bytes, name);
  const stack: Frame[] = [{ fields: fieldsOf(schema), end: bytes.length }];
  let objects = 0;
  let integers = 0;
  while (stack.length > 0) {
    const { fields, end } = stack[stack.length - 1]!;
    if (cursor.at === end) {
      stack.pop();
      continue;
    }
    const tag = cursor.varint(end);
    const field = fields.get(Math.floor(tag / 8));
    const wireType = tag % 8;
    if (tag < 8 || tag >= 2 ** 32 || !fits(field, wireType)) cursor.fail("a bad field");
    if (field === undefined || wireType === BYTES) objects++;
    if (wireType === BYTES) {
      const length = cursor.varint(end);
      if (length > end - cursor.at) cursor.fail("it ends too early");
      if (field?.message !== undefined) {
        stack.push({ fields: fieldsOf(field.message), end: cursor.at + length });
        if (stack.length > DEPTH_MAX) cursor.fail("messages nested too deep");
      } else if (isPackedIntegers(field)) {
        integers += cursor.packed(cursor.at + length);
      } else {
        if (field?.fieldKind === "list" && length % fixedBytes(field) !== 0) {
          cursor.fail("a list cut short");
        }
        cursor.skip(length, end);
      }
    } else if (wireType === VARINT) {
      cursor.varint(end);
      integers++;
    } else {
      cursor.skip(wireType === BIT64 ? 8 : 4, end);
    }
    if (objects > OBJECTS_MAX || integers > INTEGERS_MAX) cursor.fail("too many small parts");
  }
}

class Cursor {
  at = 0;
  readonly #bytes: Uint8Array;
  readonly #name: string;

  constructor(bytes: Uint8Array, name: string) {
    this.#bytes = bytes;
    this.#name = name;
  }

  fail(problem: string): never {
    throw notOnnx(this.#name, `${problem}, byte ${this.at}`);
  }

  skip(length: number, end: number): void {
    if (length > end - this.at) this.fail("it ends too early");
    this.at += length;
  }

  /** A number of up to ten bytes; only its size matters where it is above 2⁵³. */
  varint(end: number): number {
    let value = 0;
    for (let i = 0; i < 10; i++) {
      if (this.at >= end) this.fail("it ends too early");
      const byte = this.#bytes[this.at++]!;
      value += (byte & 0x7f) * 2 ** (7 * i);
      if (byte < 0x80) return value;
    }
    return this.fail("a number too long");
  }

  /** Steps over packed numbers up to `end`, and counts them. */
  packed(end: number): number {
    let count = 0;
    for (; this.at < end; count++) this.varint(end);
    return count;
  }
}

const known = new WeakMap<DescMessage, ReadonlyMap<number, DescField>>();

function fieldsOf(schema: DescMessage): ReadonlyMap<number, DescField> {
  const fields = known.get(schema) ?? new Map(schema.fields.map((field) => [field.number, field]));
  known.set(schema, fields);
  return fields;
}

/** protobuf's FLOAT, DOUBLE, STRING and BYTES; every other scalar in ONNX is a varint. */
const wireTypes = new Map<number | undefined, number>([
  [1, BIT64],
  [2, BIT32],
  [9, BYTES],
  [12, BYTES],
]);

function fits(field: DescField | undefined, wireType: number): boolean {
  if (field === undefined) return [VARINT, BIT64, BYTES, BIT32].includes(wireType);
  if (field.message !== undefined) return wireType === BYTES;
  const own = wireTypes.get(field.scalar) ?? VARINT;
  return wireType === own || (field.fieldKind === "list" && wireType === BYTES);
}

function isPackedIntegers(field: DescField | undefined): boolean {
  return field?.fieldKind === "list" && !field.message && !wireTypes.has(field.scalar);
}

/** The size of an element of a packed list, 1 where elements have no fixed size. */
function fixedBytes(field: DescField): number {
  const wireType = wireTypes.get(field.scalar);
  return wireType === BIT64 ? 8 : wireType === BIT32 ? 4 : 1;
}
