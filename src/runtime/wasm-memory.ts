/** A WASM page. */
export const PAGE_BYTES = 65536;

const SECTION_MEMORY = 5;

/** How many pages hold `bytes`. */
export function pagesFor(bytes: number): number {
  return Math.ceil(bytes / PAGE_BYTES);
}

/**
 * The module with its own memory set to exactly `pages`, minimum and maximum, so that it can neither
 * lack memory nor grow. Everything else stays as it is.
 */
export function setMemoryPages(module: Uint8Array, pages: number): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [module.subarray(0, 8)];
  for (const { id, start, end } of sections(module)) {
    if (id !== SECTION_MEMORY) {
      parts.push(module.subarray(start, end));
      continue;
    }
    const body = [1, 1, ...leb128(pages), ...leb128(pages)]; // one memory, with a maximum
    parts.push(Uint8Array.from([SECTION_MEMORY, ...leb128(body.length), ...body]));
  }
  return concatenate(parts);
}

/** The sections of a module: id and the bytes from id to end. */
export function* sections(
  module: Uint8Array,
): Generator<{ id: number; start: number; body: number; end: number }> {
  let at = 8;
  while (at < module.length) {
    const start = at;
    const id = module[at++] as number;
    let length = 0;
    for (let shift = 0, byte = 0x80; byte & 0x80; shift += 7) {
      byte = module[at++] as number;
      length |= (byte & 0x7f) << shift;
    }
    const body = at;
    at += length;
    yield { id, start, body, end: at };
  }
}

function leb128(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest & 0x7f;
    rest >>>= 7;
    bytes.push(rest ? low | 0x80 : low);
  } while (rest);
  return bytes;
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
