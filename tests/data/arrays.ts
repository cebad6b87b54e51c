import type { NpyArray } from "../../src/data/npy.js";

/** The bytes of a .npy file with this header and this much data. */
export function npyBytes(header: string, dataBytes: number, version = 1): Uint8Array {
  const text = new TextEncoder().encode(`${header}\n`);
  const start = version === 1 ? 10 : 12;
  const bytes = new Uint8Array(start + text.length + dataBytes);
  bytes.set([0x93, ...new TextEncoder().encode("NUMPY"), version, 0]);
  const view = new DataView(bytes.buffer);
  if (version === 1) view.setUint16(8, text.length, true);
  else view.setUint32(8, text.length, true);
  bytes.set(text, start);
  for (let i = 0; i < dataBytes; i++) bytes[start + text.length + i] = i;
  return bytes;
}

export function npyHeader(descr: string, shape: string, fortran = "False"): string {
  return `{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': ${shape}, }`;
}

export function floats(shape: readonly number[], values: readonly number[]): NpyArray {
  return { type: "float32", shape, data: Float32Array.from(values) };
}

export function labels(...values: number[]): NpyArray {
  return { type: "int32", shape: [values.length], data: Int32Array.from(values) };
}
