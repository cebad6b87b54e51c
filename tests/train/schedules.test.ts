import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { BAD_CALL, DONE, EPOCH, ROWS } from "../../assembly/abi/status.js";
import type { CompileOptions, ScheduleOptions } from "../../src/compile/options.js";
import { Core, CoreRefusal } from "../../src/runtime/core.js";
import { Session } from "../../src/runtime/session.js";
import { denseModel, trainSmall } from "../helpers/small-models.js";
import { compileSmall, datasetOf } from "../helpers/small-session.js";
import { TOLERANCES } from "../tolerances.js";

// The fixture is made by scripts/fixtures/schedules.py: PyTorch's own rates.
const fixture = JSON.parse(
  readFileSync(new URL("../fixtures/schedules.json", import.meta.url).pathname, "utf8"),
) as {
  readonly lr: number;
  readonly epochs: number;
  readonly epochSteps: number;
  readonly cases: readonly {
    readonly schedule: ScheduleOptions;
    readonly metrics?: readonly number[];
    readonly rates: readonly number[];
  }[];
};

const optimizer = { name: "sgd", lr: fixture.lr } as const;
const rows = datasetOf(denseModel);

/** The rate of every step; `metrics` is told after each epoch. */
function ratesOf(
  options: Partial<CompileOptions>,
  metrics?: readonly number[],
  flavour: "scalar" | "simd" = "simd",
): { rates: number[]; trainLosses: number[]; fingerprint: string } {
  const takesMetric = metrics !== undefined;
  const { bytes } = compileSmall(denseModel, { optimizer, ...options, takesMetric });
  const session = new Session(bytes, flavour);
  const [rates, trainLosses]: [number[], number[]] = [[], []];
  for (const event of session.train(rows, 0)) {
    if (event.kind === "step") rates.push(event.lr);
    if (event.kind !== "epoch") continue;
    trainLosses.push(event.trainLoss);
    if (metrics) session.observe(metrics[event.epoch - 1]!);
  }
  return { rates, trainLosses, fingerprint: session.core.fingerprint() };
}

/** The largest difference, relative to the expected rate. */
function worstRate(found: readonly number[], expected: readonly number[]): number {
  expect(found.length).toBe(expected.length);
  return Math.max(...found.map((rate, i) => Math.abs(rate - expected[i]!) / expected[i]!));
}

const named = fixture.cases.map((one) => ({ name: JSON.stringify(one.schedule), ...one }));

describe.each(["scalar", "simd"] as const)("rates as PyTorch's, %s", (flavour) => {
  test.each(named)("$name", ({ schedule, metrics, rates }) => {
    const found = ratesOf({ epochs: fixture.epochs, schedule }, metrics, flavour);
    expect(found.rates).toHaveLength(fixture.epochs * fixture.epochSteps);
    expect(worstRate(found.rates, rates)).toBeLessThan(TOLERANCES.rate);
  });
});

describe("the length that a schedule has", () => {
  const schedule = { name: "polynomial" } as const;
  const linear = (steps: number) =>
    Array.from({ length: steps }, (_, i) => fixture.lr * (1 - i / steps));

  test.each<[string, Partial<CompileOptions>, number]>([
    ["steps alone", { epochs: 0, steps: 17 }, 17],
    ["epochs, ended by steps", { epochs: 4, steps: 17 }, 17],
    ["steps, ended by epochs", { epochs: 3, steps: 17 }, 15],
    ["whole batches only", { epochs: 3, dropLast: true }, 12],
  ])("%s", (_, options, steps) => {
    const { rates } = ratesOf({ ...options, schedule });
    expect(worstRate(rates, linear(steps))).toBeLessThan(TOLERANCES.rate);
  });

  test("a warm-up longer than the run is all there is", () => {
    const { rates } = ratesOf({ epochs: 1, schedule: { ...schedule, warmup: 10 } });
    expect(
      worstRate(
        rates,
        [1, 2, 3, 4, 5].map((i) => (i * fixture.lr) / 10),
      ),
    ).toBeLessThan(TOLERANCES.rate);
  });
});

/** Every schedule with what makes its shortest parts. */
const edges: readonly ScheduleOptions[] = [
  { name: "constant" },
  { name: "step", stepSize: 1 },
  { name: "exponential", gamma: 1 },
  { name: "polynomial", power: 0.3 },
  { name: "polynomial", power: 2.5, minLr: 0.01 },
  { name: "cosine" },
  { name: "one-cycle", pctStart: 0 },
  { name: "one-cycle", pctStart: 0.5 },
  { name: "one-cycle", pctStart: 1 - 2 ** -53 },
  { name: "plateau", patience: 0, threshold: 0, minLr: 0.01 },
];

test.each(edges)(
  "a run of any few steps, behind any warm-up, has rates from 0 to lr: %j",
  (edge) => {
    for (let steps = 1; steps <= 7; steps++) {
      for (const warmup of [0, 1, steps - 1, steps, 9]) {
        const { rates } = ratesOf({ epochs: 0, steps, schedule: { ...edge, warmup } });
        expect(rates).toHaveLength(steps);
        const bad = rates.filter((rate) => !(rate >= 0 && rate <= Math.fround(fixture.lr)));
        expect(bad, `${steps} steps, warmup ${warmup}: ${rates}`).toEqual([]);
      }
    }
  },
);

describe("a plateau", () => {
  const schedule = { name: "plateau", factor: 0.5, patience: 0, threshold: 0.02 } as const;

  test("is seen by the epoch's own loss if the host tells nothing", () => {
    const own = ratesOf({ epochs: 12, schedule });
    expect(new Set(own.rates).size).toBeGreaterThan(1);
    const told = ratesOf({ epochs: 12, schedule }, own.trainLosses);
    expect(told).toEqual(own);
  });

  test("is seen by the validation's loss if there is a validation", async () => {
    const losses: number[] = [];
    const rates = new Map<number, number>();
    const model = denseModel.make().compile({ optimizer, schedule });
    const run = model.fit(denseModel.x, denseModel.y, {
      batchSize: 8,
      epochs: 12,
      validationSplit: 0.3,
      onStep: ({ epoch, lr }) => rates.set(epoch, lr),
    });
    for await (const { validation } of run) losses.push(validation!.loss);
    let [best, rate]: [number, number] = [Number.POSITIVE_INFINITY, fixture.lr];
    const expected = losses.map((loss) => {
      const used = rate;
      if (loss < best * (1 - schedule.threshold)) best = loss;
      else rate /= 2;
      return used;
    });
    expect(rate).toBeLessThan(fixture.lr);
    expect(worstRate([...rates.values()], expected)).toBeLessThan(TOLERANCES.rate);
  });

  test("the metric is refused at any other time, and if it is not wanted", () => {
    const options = { optimizer, epochs: 3, schedule };
    const cores = [true, false].map((takesMetric) =>
      Core.load(compileSmall(denseModel, { ...options, takesMetric }).bytes, "scalar"),
    );
    for (const [i, core] of cores.entries()) {
      const tell = () => core.plateauMetric(1);
      expect(tell).toThrow(CoreRefusal);
      core.trainBegin(rows.rows);
      expect(tell).toThrow(CoreRefusal);
      let status = core.run();
      for (; status !== EPOCH; status = core.run()) {
        expect(status).toBe(ROWS);
        expect(tell).toThrow(`"status":${BAD_CALL}`);
      }
      if (i === 0) expect(tell).not.toThrow();
      else expect(tell).toThrow(CoreRefusal);
      while (status !== DONE) status = core.run();
      expect(tell).toThrow(CoreRefusal);
    }
  });
});

test("the rate that is reported is the one of fewest digits", async () => {
  const rates: number[] = [];
  const model = denseModel.make().compile({ schedule: { name: "exponential", gamma: 0.5 } });
  await trainSmall(model, denseModel, { onStep: ({ lr }) => rates.push(lr) });
  expect([...new Set(rates)]).toEqual([1e-3, 5e-4]);
});
