import { expect, test } from "vitest";
import * as layout from "../../assembly/abi/checkpoint.js";
import * as abi from "../../assembly/abi/program.js";
import { SESSION_PHASE, SESSION_POSITION, SESSION_STEP } from "../../assembly/abi/session.js";
import { crc32, fnv1a32 } from "../../src/compile/hash.js";
import { dense, input, mergeCheckpoint, sequential } from "../../src/node.js";

const model = () => sequential([input({ shape: [2] }), dense({ units: 3 })]);
const [weight] = [...model().graph.initializers.values()].filter(({ shape }) => shape.length === 2);
const { name, data } = weight!;
const trained = Float32Array.from(data, (_, i) => i + 1);

/** A device's checkpoint that holds one tensor, under a role. */
function checkpoint(role: number): Uint8Array {
  const start = layout.CHECKPOINT_HEADER_BYTES;
  const dataStart = start + abi.STATE_BYTES;
  const view = new DataView(new ArrayBuffer(dataStart + 4 * trained.length));
  const word = (at: number, value: number) => view.setUint32(at, value, true);
  word(layout.CHECKPOINT_OF_MAGIC, layout.CHECKPOINT_MAGIC);
  word(layout.CHECKPOINT_OF_VERSION, layout.CHECKPOINT_VERSION);
  word(layout.CHECKPOINT_OF_BYTES, view.byteLength);
  word(layout.CHECKPOINT_OF_TENSOR_COUNT, 1);
  const position = layout.CHECKPOINT_OF_POSITION - SESSION_POSITION;
  word(position + SESSION_PHASE, 2);
  word(position + SESSION_STEP, 4);
  word(start + abi.STATE_NAME_HASH, fnv1a32(name));
  word(start + abi.STATE_ROLE, role);
  word(start + abi.STATE_ELEMENTS, trained.length);
  trained.forEach((value, i) => {
    view.setFloat32(dataStart + 4 * i, value, true);
  });
  const bytes = new Uint8Array(view.buffer);
  word(layout.CHECKPOINT_OF_CRC, crc32(bytes.subarray(layout.CHECKPOINT_OF_CRC + 4)));
  return bytes;
}

test("a tensor under its own role is merged", () => {
  const into = model();
  expect(mergeCheckpoint(into, checkpoint(abi.ROLE_PARAMETER)).merged).toEqual([name]);
  expect(mergeCheckpoint(into, checkpoint(abi.ROLE_PARAMETER))).toMatchObject({
    phase: 3,
    steps: 4,
  });
  expect([...into.graph.initializers.get(name)!.data].sort()).toEqual([...trained].sort());
});

test("a parameter that the checkpoint calls a statistic is refused, and nothing is merged", () => {
  const into = model();
  const before = into.graph.initializers.get(name)!.data.slice();
  expect(() => mergeCheckpoint(into, checkpoint(abi.ROLE_STATISTIC))).toThrow(/another model/);
  expect(into.graph.initializers.get(name)!.data).toEqual(before);
});
