import { expect, test } from "vitest";
import { Session } from "../../src/runtime/session.js";
import { denseModel, trainSmall } from "../helpers/small-models.js";
import { compileSmall, datasetOf } from "../helpers/small-session.js";

const program = compileSmall(denseModel);

test("only a session that measures paints its arena; both train to the same bits", () => {
  const { residentBytes, arenaBytes } = new Session(program.bytes).program;
  const fingerprints = [false, true].map((measure) => {
    const session = new Session(program.bytes, "scalar", { measure });
    const free = session.core.bytes(residentBytes, arenaBytes - residentBytes);
    expect(free.includes(0xa5)).toBe(measure);
    for (const _ of session.train(datasetOf(denseModel), 0));
    return session.core.fingerprint();
  });
  expect(fingerprints[0]).toBe(fingerprints[1]);
});

test("usedBytes: the loaded part at first, then what a count granule by granule finds", () => {
  const session = new Session(program.bytes, "scalar", { measure: true });
  const { residentBytes, arenaBytes } = session.program;
  const byGranule = () => {
    const bytes = session.core.bytes(0, arenaBytes);
    let used = 0;
    for (let at = 0; at < arenaBytes; at += 16) {
      const untouched = bytes.subarray(at, at + 16).every((byte) => byte === 0xa5);
      if (at < residentBytes || !untouched) used += 16;
    }
    return used;
  };
  expect(session.usedBytes()).toBe(byGranule());
  for (const _ of session.train(datasetOf(denseModel), 0));
  expect(session.usedBytes()).toBe(byGranule());
  expect(() => new Session(program.bytes).usedBytes()).toThrow("does not measure");
});

test("counting a large arena copies nothing and takes no closure per granule", () => {
  const session = new Session(program.bytes, "scalar", { measure: true });
  const { core } = session;
  const bytes = core.bytes.bind(core);
  // Whatever usedBytes reads, it reads in place.
  core.bytes = (offset, length) => {
    const view = bytes(offset, length);
    view.slice = () => expect.unreachable();
    return view;
  };
  expect(session.usedBytes()).toBeGreaterThan(0);
});

test("fit tells by which loss it trained", async () => {
  expect((await trainSmall(denseModel.make(), denseModel)).lossName).toBe("cross-entropy");
});
