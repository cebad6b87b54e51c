import { describe, expect, test } from "vitest";
import type { ModelOptions } from "../../src/index.js";
import { Session } from "../../src/runtime/session.js";
import { BATCH, ROWS, smallModels, trainSmall, weightsOf } from "../helpers/small-models.js";

/** How much of the plan a run must really touch. */
const USED_AT_LEAST = 0.9;

describe.each(smallModels)("fit: $name", (small) => {
  test("memory: no more used than planned, and hardly less; the pages are the plan's", async () => {
    for (const options of [
      {},
      { clipNorm: 1 },
      { freeze: ["*1.weight"] },
    ] satisfies ModelOptions[]) {
      const model = small.make().compile(options);
      const { plannedBytes, usedBytes } = await trainSmall(model, small);
      expect(usedBytes).toBeLessThanOrEqual(plannedBytes);
      expect(usedBytes).toBeGreaterThanOrEqual(USED_AT_LEAST * plannedBytes);
      const plan = model.plan({ rows: ROWS, batchSize: BATCH });
      expect(plannedBytes).toBe(plan.arenaBytes);
      for (const flavour of ["scalar", "simd"] as const) {
        const { pageBytes } = model.plan({ rows: ROWS, batchSize: BATCH, flavour });
        const { bytes } = model.build({ rows: ROWS, batchSize: BATCH });
        expect(new Session(bytes, flavour).core.memoryBytes).toBe(pageBytes);
      }
    }
  });

  test("many steps use no more memory than a few", async () => {
    const few = await trainSmall(small.make(), small, { epochs: 1 });
    const many = await trainSmall(small.make(), small, { epochs: 40 });
    expect(many.usedBytes).toBe(few.usedBytes);
  });

  test("a signal ends the run after a whole step; what was learned stays", async () => {
    const [model, twin] = [small.make(), small.make()];
    const stop = new AbortController();
    const onStep = ({ step }: { step: number }) => step === 3 && stop.abort();
    const stopped = await trainSmall(model, small, { signal: stop.signal, onStep });
    const limited = await trainSmall(twin, small, { steps: 3 });
    expect(stopped).toMatchObject({ interrupted: true, steps: 3 });
    expect(limited.interrupted).toBe(false);
    expect(stopped.fingerprint).toBe(limited.fingerprint);
    expect(stopped.loss).toBe(limited.loss);
    expect(weightsOf(model)).toEqual(weightsOf(twin));
    expect(weightsOf(model)).not.toEqual(weightsOf(small.make()));
  });

  test("leaving the loop keeps what the epochs so far taught", async () => {
    const [model, twin] = [small.make(), small.make()];
    for await (const { epoch } of model.fit(small.x, small.y, { batchSize: BATCH, epochs: 5 })) {
      if (epoch === 2) break;
    }
    await trainSmall(twin, small, { epochs: 2 });
    expect(weightsOf(model)).toEqual(weightsOf(twin));
  });

  test.each(["sgd", "adam"] as const)(
    "%s with a learning rate of 0 moves only statistics",
    async (name) => {
      const model = small.make().compile({ optimizer: { name, lr: 0 } });
      const before = weightsOf(model);
      await trainSmall(model, small);
      const after = weightsOf(model);
      for (const { name, role } of model.parameters()) {
        const check = expect(after.get(name), name);
        if (role === "statistic") check.not.toEqual(before.get(name));
        else check.toEqual(before.get(name));
      }
    },
  );

  test("what is frozen keeps every bit, all else moves", async () => {
    const model = small.make().compile({ freeze: ["*1.weight"], bn: "frozen" });
    const before = weightsOf(model);
    await trainSmall(model, small);
    const after = weightsOf(model);
    const rows = model.parameters();
    expect(new Set(rows.map(({ trainable }) => trainable))).toEqual(new Set([true, false]));
    for (const { name, trainable } of rows) {
      const check = expect(after.get(name), name);
      if (trainable) check.not.toEqual(before.get(name));
      else check.toEqual(before.get(name));
    }
  });
});
