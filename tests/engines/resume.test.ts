import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { TestRandom } from "../helpers/random.js";
import { readCheckpoint } from "../../src/runtime/checkpoint.js";
import { type Training, train } from "./embedder.js";
import {
  describeEngines,
  type Engine,
  ENGINES,
  engine,
  type Killer,
  lastLine,
  type Outcome,
  runCommand,
} from "./engines.js";
import { deviceDirectory, smallProgram, smallRows, TRAIN } from "./workload.js";

const EVERY_STEP = [...TRAIN, "--every", "1"];

describeEngines("a training that is cut off goes on with the same bits", () => {
  const program = smallProgram();
  const rows = smallRows();
  const directory = deviceDirectory(program, rows);
  const out = join(directory, "OUT");
  let expected: Training;

  beforeAll(() => {
    expected = train(program, rows, { flavour: "scalar", everyStep: true });
    expect(expected.files.length).toBe(12);
  });

  /** Goes on from a given OUT, to the end. */
  async function resume(file: Uint8Array, name = "wasm3"): Promise<Outcome & { out: Uint8Array }> {
    writeFileSync(out, file);
    const outcome = await runCommand(engine(name), directory, "strop.scalar.wasm", EVERY_STEP);
    return { ...outcome, out: new Uint8Array(readFileSync(out)) };
  }

  function expectSameEnd({ out, stdout, stderr }: Outcome & { out: Uint8Array }) {
    expect(lastLine(stderr)).toBe("strop: ok");
    expect(stdout).toContain(`fingerprint ${expected.fingerprint}\n`);
    expect(Buffer.compare(out, expected.files.at(-1)!)).toBe(0);
  }

  test.each(ENGINES)("$name: from the OUT of every step", async ({ name }) => {
    for (const [step, file] of expected.files.entries()) {
      const outcome = await resume(file, name);
      expectSameEnd(outcome);
      const said = step + 1 === 12 ? "the training is finished" : `goes on after step ${step + 1}\n`;
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
    for (const place of places(new TestRandom(8))) expectSameEnd(await resume(file.subarray(0, place)));
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
    const refused = await resume(spoilt);
    expect(refused.code).toBe(1);
    expect(lastLine(refused.stderr)).toMatch(/^strop: error: OUT is a damaged checkpoint/);
    expect(Buffer.compare(refused.out, spoilt)).toBe(0);
    const fresh = [...EVERY_STEP, "--fresh"];
    await runCommand(engine("wasm3"), directory, "strop.scalar.wasm", fresh);
    expect(Buffer.compare(readFileSync(out), expected.files.at(-1)!)).toBe(0);
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
  const directory = deviceDirectory(program, rows);
  const out = join(directory, "OUT");
  let expected: Uint8Array;

  beforeAll(() => {
    expected = train(program, rows, { flavour: "simd", everyStep: true }).files.at(-1)!;
  });

  test.each(ENGINES)("$name", { timeout: 120_000 }, async (each) => {
    const random = new TestRandom(ENGINES.indexOf(each) + 1);
    const module = `strop.${each.flavours.at(-1)}.wasm`;
    const stops = new Set<number>();
    rmSync(out, { force: true });
    for (let kills = 0, finished = false; !finished; ++kills) {
      const killer = kills < 25 ? afterProgress((random.next() + 1) * 5) : undefined;
      const outcome = await runCommand(each, directory, module, EVERY_STEP, killer);
      finished = outcome.code !== null;
      if (finished) expect(lastLine(outcome.stderr)).toBe("strop: ok");
      else stops.add(steps());
    }
    expect(stops.size).toBeGreaterThan(1);
    expect(Buffer.compare(readFileSync(out), expected)).toBe(0);
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
    const file = existsSync(out) ? new Uint8Array(readFileSync(out)) : new Uint8Array();
    try {
      return readCheckpoint(file, "OUT").steps;
    } catch {
      return 0;
    }
  }
});
