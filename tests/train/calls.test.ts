import { describe, expect, test } from "vitest";
import * as abi from "../../assembly/abi/program.js";
import { SESSION_BATCH, SESSION_WANTED } from "../../assembly/abi/session.js";
import * as status from "../../assembly/abi/status.js";
import { readProgram } from "../../src/compile/program-reader.js";
import { Embedder } from "../engines/embedder.js";
import { BATCH, ROWS, smallProgram, smallRows } from "../engines/workload.js";
import { forged, residentSections } from "../helpers/forged.js";

const program = smallProgram();
const rows = smallRows();

function loaded(file = program.bytes): Embedder {
  const core = new Embedder(program, "scalar", file);
  expect(core.load()).toBe(status.DONE);
  return core;
}

describe("calls that the state of the session does not allow", () => {
  test("run before anything is begun", () => {
    expect(loaded().call("run", 0)).toBe(status.BAD_CALL);
  });

  test.each([0, 1, ROWS])("trainResume on %i rows before anything is begun", (count) => {
    const core = loaded();
    expect(core.call("trainResume", count)).toBe(status.BAD_ROWS);
    expect(core.call("run", 0)).toBe(status.BAD_CALL);
  });

  test.each([0, ROWS + 1, 1_000_000, 0xffffffff])(
    "trainBegin on %i rows ends the training before it",
    (count) => {
      const core = loaded();
      expect(core.call("trainBegin", ROWS)).toBe(status.DONE);
      expect(core.call("trainBegin", count)).toBe(status.BAD_ROWS);
      expect(core.call("run", 0)).toBe(status.BAD_CALL);
      expect(core.call("trainResume", count)).toBe(status.BAD_ROWS);
      expect(core.call("run", 0)).toBe(status.BAD_CALL);
      expect(core.call("trainBegin", ROWS)).toBe(status.DONE);
      expect(core.call("run", 0)).toBe(status.ROWS);
    },
  );

  test("procedureBegin: a procedure that is not there, no rows, too many rows", () => {
    const core = loaded();
    const { procedures } = readProgram(program.bytes);
    for (const [index, { batch }] of procedures.entries()) {
      expect(core.call("procedureBegin", index, 0)).toBe(status.BAD_ROWS);
      expect(core.call("procedureBegin", index, batch + 1)).toBe(status.BAD_ROWS);
      expect(core.call("procedureBegin", index, 0xffffffff)).toBe(status.BAD_ROWS);
    }
    expect(core.call("procedureBegin", procedures.length, 1)).toBe(status.BAD_CALL);
    expect(core.call("procedureBegin", 0xffffffff, 1)).toBe(status.BAD_CALL);
  });

  test("procedureBegin in mid-step; the step goes on", () => {
    const core = loaded();
    core.call("trainBegin", ROWS);
    expect(core.call("run", 0)).toBe(status.ROWS);
    core.fill(rows);
    expect(core.call("run", 1)).toBe(status.PAUSED);
    expect(core.call("procedureBegin", 0, 1)).toBe(status.BAD_CALL);
    expect(core.call("run", 0)).toBe(status.ROWS);
  });

  test("trainResume in mid-step; the step goes on", () => {
    const core = loaded();
    core.call("trainBegin", ROWS);
    core.call("run", 0);
    core.fill(rows);
    expect(core.call("run", 1)).toBe(status.PAUSED);
    expect(core.call("trainResume", ROWS)).toBe(status.BAD_CALL);
    expect(core.call("run", 0)).toBe(status.ROWS);
  });

  test("rows that leave a last batch of one, where batch-norm needs two", () => {
    const core = loaded();
    expect(core.call("trainBegin", 2 * BATCH + 1)).toBe(status.SMALL_BATCH);
    expect(core.call("run", 0)).toBe(status.BAD_CALL);
    expect(core.call("trainBegin", 2 * BATCH + 2)).toBe(status.DONE);
    const frozen = smallProgram({ bn: "frozen" });
    const other = new Embedder(frozen, "scalar", frozen.bytes);
    other.load();
    expect(other.call("trainBegin", 2 * BATCH + 1)).toBe(status.DONE);
  });

  test("after a refused program there is nothing to run", () => {
    const core = loaded();
    core.bytes[core.call("arenaStart") + abi.SECTION_TABLE]! ^= 1;
    expect(core.load()).toBe(status.BAD_HASH);
    expect(core.call("trainBegin", ROWS)).toBe(status.BAD_CALL);
    expect(core.call("trainResume", ROWS)).toBe(status.BAD_CALL);
    expect(core.call("procedureBegin", 0, 1)).toBe(status.BAD_CALL);
    expect(core.call("run", 0)).toBe(status.BAD_CALL);
  });
});

test("rows asked for are still wanted after a procedure ran in between", () => {
  const core = loaded();
  core.call("trainBegin", ROWS);
  core.call("run", 0);
  const wanted = core.session(SESSION_WANTED);
  expect(core.session(SESSION_BATCH)).toBe(BATCH);
  for (const [index] of readProgram(program.bytes).procedures.entries()) {
    expect(core.call("procedureBegin", index, 1)).toBe(status.DONE);
    core.call("run", 0);
    expect(core.session(SESSION_BATCH)).toBe(BATCH);
    expect(core.session(SESSION_WANTED)).toBe(wanted);
  }
});

test("a row order that lies on another tensor is refused", () => {
  const { rowOrder, procedures, tensors } = readProgram(program.bytes);
  const at = residentSections(program.bytes).find(({ kind }) => kind === abi.SECTION_TENSORS)!;
  const file = forged(program.bytes, (view) => {
    const record = at.offset + rowOrder! * abi.TENSOR_BYTES;
    view.setUint32(record + abi.TENSOR_OFFSET, tensors[procedures[0]!.x!]!.offset, true);
  });
  expect(new Embedder(program, "scalar", file).load()).toBe(status.BAD_TENSOR);
});

describe("tensors of one-byte elements where four bytes are meant", () => {
  const sections = residentSections(program.bytes);
  const section = (kind: number) => sections.find((one) => one.kind === kind)!;
  const { tensors, states, procedures } = readProgram(program.bytes);

  /** No instruction is left; the tensor has bytes, at the very end of the arena. */
  function withBytes(id: number): Uint8Array {
    return forged(program.bytes, (view) => {
      const { offset, bytes } = section(abi.SECTION_PROCEDURES);
      for (let at = offset; at < offset + bytes; at += abi.PROCEDURE_BYTES) {
        view.setUint32(at + abi.PROCEDURE_CODE_BYTES, 0, true);
      }
      const record = section(abi.SECTION_TENSORS).offset + id * abi.TENSOR_BYTES;
      const { c0, c1 } = tensors[id]!;
      const length = Math.ceil((c0 + c1 * BATCH) / 16) * 16;
      view.setUint32(record + abi.TENSOR_TYPE, abi.TYPE_U8, true);
      view.setUint32(record + abi.TENSOR_OFFSET, program.plan.arenaBytes - length, true);
    });
  }

  test("state", () => {
    for (const { tensor } of states) {
      const core = new Embedder(program, "scalar", withBytes(tensor));
      expect(core.load()).toBe(status.BAD_STATE);
    }
  });

  test("rows, labels and outputs", () => {
    const { x, y, output } = procedures.find(({ kind }) => kind === abi.KIND_PREDICT)!;
    const step = procedures.find(({ kind }) => kind === abi.KIND_STEP)!;
    const ids = new Set([x, y, output, step.x, step.y].filter((id) => id !== undefined));
    expect(ids.size).toBeGreaterThan(2);
    for (const id of ids) {
      expect(new Embedder(program, "scalar", withBytes(id)).load()).toBe(status.BAD_PROCEDURE);
    }
  });
});
