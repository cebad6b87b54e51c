import { afterAll, beforeAll, expect, test } from "vitest";
import { OPTIMIZER_NAMES } from "../../src/autodiff/optimizers/index.js";
import { SCHEDULE_NAMES } from "../../src/autodiff/schedules.js";
import type {
  CompileOptions,
  OptimizerOptions,
  ScheduleName,
  ScheduleOptions,
  StrategyOptions,
} from "../../src/compile/options.js";
import { Session } from "../../src/runtime/session.js";
import { Device, expectOk } from "./device.js";
import { describeEngines, ENGINES } from "./engines.js";
import { type NETWORKS, ROWS, smallProgram, smallRows, TRAIN } from "./workload.js";

// Some of the engines have bugs of their own with f64, which schedules and bias corrections are in.

const runs = ENGINES.flatMap((engine) =>
  engine.flavours.map((flavour) => ({ engine, flavour, name: `${engine.name}, ${flavour}` })),
);

const SHORT: Partial<Record<ScheduleName, object>> = {
  step: { stepSize: 1, gamma: 0.5 },
  polynomial: { power: 1.5 },
  plateau: { patience: 0, threshold: 0.5 },
};

describeEngines("every optimizer, schedule and strategy, the same bits on every engine", () => {
  let device: Device;
  beforeAll(() => {
    device = new Device(smallProgram());
  });
  afterAll(() => device.close());

  const rules = [
    ...OPTIMIZER_NAMES.map((name) => [name, "constant"] as const),
    ...SCHEDULE_NAMES.map((name) => ["sgd", name] as const),
  ];
  test.each(rules)("%s, %s", (optimizer, schedule) =>
    expectSameBits({
      optimizer: { name: optimizer, lr: 0.02 } as OptimizerOptions,
      schedule: { name: schedule, warmup: 2, ...SHORT[schedule] } as ScheduleOptions,
    }),
  );

  test.each<StrategyOptions>([
    { name: "blocks", blockSteps: 3 },
    { name: "blocks", blockOrder: "random", blockSteps: 2 },
    { name: "blocks", blockOrder: "gauss-southwell", blockSteps: 2 },
    { name: "pretrain" },
    { name: "pretrain", method: "denoising", tied: true },
    { name: "unfreeze" },
  ])("%j", (strategy) => expectSameBits({ strategy }));

  test.each<StrategyOptions>([{ name: "bcd", sweeps: 2 }, { name: "last-layer" }])(
    "%j",
    (strategy) => {
      return expectSameBits({ strategy, loss: { name: "mse", targets: "classes" } }, "chain");
    },
  );

  test("an autoencoder of images without labels", () => {
    const method = { method: "autoencoder", fineTuneEpochs: 0 } as const;
    return expectSameBits({ strategy: { name: "pretrain", ...method }, loss: undefined }, "conv");
  });

  async function expectSameBits(
    options: Partial<CompileOptions>,
    network: keyof typeof NETWORKS = "dense",
  ): Promise<void> {
    const program = smallProgram(options, network);
    device.install(program);
    const rows = smallRows();
    const session = new Session(program.bytes, "simd");
    const data = { rows: ROWS, x: rows.x, y: { data: rows.y } } as never;
    for (const _ of session.train(data, 0)) void _;
    for (const { engine, flavour, name } of runs) {
      device.remove("OUT");
      const outcome = await device.run(TRAIN, engine, `strop.${flavour}.wasm`);
      expectOk(outcome);
      expect(outcome.stdout, name).toContain(`fingerprint ${session.core.fingerprint()}\n`);
    }
  }
});
