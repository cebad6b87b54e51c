// The little that scripts need to know of a WASM binary's outer form.

/** Reads an unsigned LEB128 number: its value, and where the next byte lies. */
export function leb128(bytes, start) {
  let value = 0;
  let at = start;
  for (let shift = 0, byte = 0x80; byte & 0x80; shift += 7) {
    byte = bytes[at++];
    value |= (byte & 0x7f) << shift;
  }
  return { value: value >>> 0, next: at };
}

/** The sections of a module: id, whole extent, and the body's. */
export function* sections(module) {
  for (let start = 8; start < module.length; ) {
    const { value: length, next: body } = leb128(module, start + 1);
    yield { id: module[start], start, body, end: body + length };
    start = body + length;
  }
}

/** The module without names, producers and the like. */
export function stripCustomSections(module) {
  const kept = [...sections(module)].filter(({ id }) => id !== 0);
  const parts = kept.map(({ start, end }) => module.subarray(start, end));
  return Buffer.concat([module.subarray(0, 8), ...parts]);
}
