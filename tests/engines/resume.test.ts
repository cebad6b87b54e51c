import { afterAll, beforeAll, expect, test } from "vitest";
import { readCheckpoint } from "../../src/runtime/checkpoint.js";
import { TestRandom } from "../helpers/random.js";
import { Device, expectOk, expectRefusal } from "./device.js";
import { type Training, train } from "./embedder.js";
import { describeEngines, ENGINES, engine, type Killer, type Outcome } from "./engines.js";
import { smallProgram, smallRows, TRAIN } from "./workload.js";

const EVERY_STEP = [...TRAIN, "--every", "1"];

describeEngines("a training that is cut off goes on with the same bits", () => {
  const program = smallProgram();
  const rows = smallRows();
  let expected: Training;
  let device: Device;

  beforeAll(() => {
    device = new Device(program, rows);
    expected = train(program, rows, { flavour: "scalar", everyStep: true });
    expect(expected.files.length).toBe(12);
  });
  afterAll(() => device.close());

  /** Goes on from a given OUT, to the end. */
  async function resume(file: Uint8Array, on = engine("wasm3")): Promise<Outcome> {
    device.put("OUT", file);
    return device.run(EVERY_STEP, on);
  }

  function expectSameEnd(outcome: Outcome) {
    expectOk(outcome);
    expect(outcome.stdout).toContain(`fingerprint ${expected.fingerprint}\n`);
    expect(Buffer.compare(device.read("OUT"), expected.files.at(-1)!)).toBe(0);
  }

  test.each(ENGINES)("$name: from the OUT of every step", async (on) => {
    for (const [step, file] of expected.files.entries()) {
      const outcome = await resume(file, on);
      expectSameEnd(outcome);
      const said =
        step + 1 === 12 ? "the training is finished" : `goes on after step ${step + 1}\n`;
      expect(outcome.stderr).toContain(said);
    }
  });

  // The record that is being written is cut off, or spoilt, at bytes all over it; the one before holds.
  test.each([1, 2, 6, 11])("wasm3: the save of step %i torn at many bytes", async (saved) => {
    const before = expected.files[saved - 2] ?? new Uint8Array();
    const after = expected.files[saved - 1]!;
    const start = saved % 2 ? 0 : length();
    for (const cut of places(new TestRandom(saved))) {
      const torn = after.slice();
      torn.set(before.subarray(start + cut, start + length()), start + cut);
      const grown = Math.max(before.length, start + cut);
      expectSameEnd(await resume(torn.subarray(0, grown)));
    }
  });

  test("wasm3: one byte of the newest record spoilt, at many places", async () => {
    for (const place of places(new TestRandom(4)).filter((each) => each < length())) {
      const spoilt = expected.files[6]!.slice();
      spoilt[place] = spoilt[place]! ^ 0x10;
      const outcome = await resume(spoilt);
      expect(outcome.stderr).toContain("goes on after step 6\n");
      expectSameEnd(outcome);
    }
  });

  test("wasm3: the OUT is truncated to any length", async () => {
    const file = expected.files[5]!;
    for (const place of places(new TestRandom(8)))
      expectSameEnd(await resume(file.subarray(0, place)));
    for (const place of places(new TestRandom(9))) {
      const outcome = await resume(file.subarray(0, length() + place));
      expect(outcome.stderr).toContain(`goes on after step ${place < length() ? 5 : 6}\n`);
      expectSameEnd(outcome);
    }
  });

  test("wasm3: both records spoilt is refused, and --fresh begins anew", async () => {
    const spoilt = expected.files[5]!.slice();
    spoilt[200] = spoilt[200]! ^ 1;
    spoilt[length() + 200] = spoilt[length() + 200]! ^ 1;
    expectRefusal(await resume(spoilt), 1, /OUT is a damaged checkpoint/);
    expect(device.read("OUT")).toEqual(spoilt);
    expectSameEnd(await device.run([...EVERY_STEP, "--fresh"]));
  });

  test("--every 5: saves at each fifth step and each epoch's end, none twice", async () => {
    device.remove("OUT");
    expectOk(await device.run([...TRAIN, "--every", "5"]));
    const { sequence, steps } = readCheckpoint(device.read("OUT"), "OUT");
    expect([sequence, steps]).toEqual([5, 12]); // 4, 5, 8, 10, 12
  });

  test("--fresh begins anew, also over a longer OUT", async () => {
    device.put("OUT", expected.files.at(-1)!);
    expectSameEnd(await device.run([...EVERY_STEP, "--fresh"]));
  });

  /** Bytes of one record. */
  function length(): number {
    return expected.files[0]!.length;
  }

  /** Every kind of place in a record: the header's edges, the STATE section, the tensors, the end. */
  function places(random: TestRandom): number[] {
    const some = Array.from({ length: 12 }, () => Math.floor(((random.next() + 1) / 2) * length()));
    return [0, 1, 3, 4, 11, 12, 16, 23, 24, 95, 96, 97, ...some, length() - 1, length()];
  }
});

describeEngines("kill -9 at any moment, again and again", () => {
  const program = smallProgram({ epochs: 250 });
  const rows = smallRows();
  let expected: Uint8Array;
  let device: Device;

  beforeAll(() => {
    device = new Device(program, rows);
    expected = train(program, rows, { flavour: "simd", everyStep: true }).files.at(-1)!;
  });
  afterAll(() => device.close());

  test.each(ENGINES)("$name", { timeout: 120_000 }, async (each) => {
    const random = new TestRandom(ENGINES.indexOf(each) + 1);
    const module = `strop.${each.flavours.at(-1)}.wasm`;
    const stops = new Set<number>();
    device.remove("OUT");
    for (let kills = 0, finished = false; !finished; ++kills) {
      const killer = kills < 25 ? afterProgress((random.next() + 1) * 5) : undefined;
      const outcome = await device.run(EVERY_STEP, each, module, killer);
      finished = outcome.code !== null;
      if (finished) expectOk(outcome);
      else stops.add(steps());
    }
    expect(stops.size).toBeGreaterThan(1);
    expect(Buffer.compare(device.read("OUT"), expected)).toBe(0);
  });

  /** Kills so many ms after a save was seen. */
  function afterProgress(ms: number): Killer {
    return (kill) => {
      const before = steps();
      let timer: NodeJS.Timeout | undefined;
      const watch = setInterval(() => {
        if (timer || steps() === before) return;
        timer = setTimeout(kill, ms);
      }, 1);
      return () => {
        clearInterval(watch);
        clearTimeout(timer);
      };
    };
  }

  /** Steps of the newest sound record in OUT. */
  function steps(): number {
    try {
      return readCheckpoint(device.read("OUT"), "OUT").steps;
    } catch {
      return 0;
    }
  }
});
