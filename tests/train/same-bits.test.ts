import { describe, expect, test } from "vitest";
import { readProgram } from "../../src/compile/program-reader.js";
import { smallModels, trainSmall } from "../helpers/small-models.js";
import { compileSmall, datasetOf, runSession } from "../helpers/small-session.js";

describe.each(smallModels)("the same bits: $name", (small) => {
  const whole = runSession(small);

  test("run(1) pauses before every instruction but a step's first", () => {
    const paused = runSession(small, {}, { budget: 1 });
    const step = readProgram(compileSmall(small).bytes).procedures.at(-1)!;
    expect(paused.pauses).toBe(paused.batches.length * (step.instructions.length - 1));
    expect(paused.losses).toEqual(whole.losses);
    expect(paused.fingerprint).toBe(whole.fingerprint);
  });

  test.each([100, 1000, 5000])("a budget of %i", (budget) => {
    expect(runSession(small, {}, { budget }).fingerprint).toBe(whole.fingerprint);
  });

  test("scalar as simd", () => {
    const scalar = runSession(small, {}, { flavour: "scalar" });
    expect(scalar.losses).toEqual(whole.losses);
    expect(scalar.fingerprint).toBe(whole.fingerprint);
  });

  test("other rows evaluated and predicted after every step do not disturb it", () => {
    const rows = datasetOf(small);
    const watched = runSession(
      small,
      {},
      {
        onStep: (session) => {
          session.evaluate(rows);
          session.predict(rows);
        },
      },
    );
    expect(watched.batches).toEqual(whole.batches);
    expect(watched.losses).toEqual(whole.losses);
    expect(watched.fingerprint).toBe(whole.fingerprint);
  });

  test("fit twice", async () => {
    const first = await trainSmall(small.make(), small, { seed: 5 });
    expect((await trainSmall(small.make(), small, { seed: 5 })).fingerprint).toBe(
      first.fingerprint,
    );
  });

  test("fit with another seed, and without shuffle, is another run", async () => {
    const options = [{ seed: 5 }, { seed: 6 }, { shuffle: false }];
    const prints = new Set<string>();
    for (const one of options) prints.add((await trainSmall(small.make(), small, one)).fingerprint);
    expect(prints.size).toBe(options.length);
  });

  test("fit with and without validation data", async () => {
    const plain = await trainSmall(small.make(), small);
    const watched = await trainSmall(small.make(), small, { validationData: [small.x, small.y] });
    expect(watched.validation!.rows).toBe(small.y.length);
    expect(watched.fingerprint).toBe(plain.fingerprint);
  });
});
