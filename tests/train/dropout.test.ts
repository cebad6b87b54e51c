import { describe, expect, test } from "vitest";
import { DROPOUT } from "../../assembly/abi/opcodes.js";
import { buildTraining } from "../../src/autodiff/build.js";
import { completeOptions } from "../../src/compile/options.js";
import {
  batchNorm,
  dense,
  dropout,
  input,
  Model,
  relu,
  sequential,
  softmax,
} from "../../src/index.js";
import { ReferenceVm } from "../../src/reference/vm.js";
import { CLASSES, denseModel, trainSmall } from "../helpers/small-models.js";
import { compileSmall, datasetOf, runSession } from "../helpers/small-session.js";
import { largestDifference } from "../helpers/training.js";
import { TOLERANCES } from "../tolerances.js";

const FEATURES = 6;

function dropoutModel(rate = 0.5): Model {
  return sequential([
    input({ shape: [FEATURES] }),
    dense({ units: 9 }),
    batchNorm(),
    relu(),
    dropout({ rate }),
    dense({ units: CLASSES }),
    softmax(),
  ]);
}

const STEADY = { shuffle: false, optimizer: { name: "sgd" } } as const;
const small = { ...denseModel, make: () => dropoutModel() };

test("active in the step, forward and backward with one number; nothing in predict and evaluate", () => {
  const options = { rows: 20, loss: "cross-entropy", trainable: () => true } as const;
  const { procedures } = buildTraining(dropoutModel().graph, completeOptions(options)).graph;
  const drops = procedures.map(({ name, instructions }) => ({
    name,
    attributes: instructions.filter(({ opcode }) => opcode === DROPOUT).map((i) => i.attributes),
  }));
  const [predict, evaluate, step] = drops;
  expect(predict).toEqual({ name: "predict", attributes: [] });
  expect(evaluate).toEqual({ name: "evaluate", attributes: [] });
  expect(step!.attributes).toHaveLength(2);
  expect(step!.attributes[0]).toEqual(step!.attributes[1]);
});

test("the reference VM, told the position, makes the core's steps", () => {
  const program = compileSmall(small, STEADY);
  const vm = new ReferenceVm(program.bytes);
  const rows = datasetOf(small);
  const { x, y } = vm.program.procedures[program.procedures.step!]!;
  const losses: number[] = [];
  for (const [step, first] of [0, 8, 16, 24, 32].entries()) {
    const batch = Math.min(8, rows.rows - first);
    vm.tensor(x!).set(rows.x.subarray(first * FEATURES, (first + batch) * FEATURES));
    vm.tensor(y!).set((rows.y!.data as Int32Array).subarray(first, first + batch));
    vm.position = { step, row: first };
    vm.execute(program.procedures.step!, batch);
    losses.push(vm.tensor(vm.program.procedures[program.procedures.step!]!.loss!)[0]!);
  }
  const core = runSession(small, { ...STEADY, epochs: 1 });
  expect(largestDifference(core.losses, losses)).toBeLessThan(TOLERANCES.f32Reduction);
});

describe("masks", () => {
  /** The loss of each step of a run that learns nothing: only the masks change. */
  function lossesOf(seed: number, flavour: "scalar" | "simd" = "simd"): readonly number[] {
    const still = { optimizer: { name: "sgd", lr: 0 }, shuffle: false, bn: "frozen" } as const;
    return runSession(small, { ...still, seed }, { flavour }).losses;
  }

  test("each step has its own, and each epoch; the seed decides; both flavours agree", () => {
    const losses = lossesOf(3);
    expect(losses).toHaveLength(10);
    expect(losses.slice(0, 5)).not.toEqual(losses.slice(5));
    expect(lossesOf(3)).toEqual(losses);
    expect(lossesOf(3, "scalar")).toEqual(losses);
    expect(lossesOf(4)).not.toEqual(losses);
  });

  test("without a dropout both epochs of a run that learns nothing are alike", () => {
    const still = { optimizer: { name: "sgd", lr: 0 }, shuffle: false, bn: "frozen" } as const;
    const { losses } = runSession({ ...small, make: () => dropoutModel(0) }, still);
    expect(losses.slice(0, 5)).toEqual(losses.slice(5));
  });

  test("a pause in mid-step does not change them", () => {
    expect(runSession(small, {}, { budget: 1 }).fingerprint).toBe(runSession(small).fingerprint);
  });
});

test("predict is without dropout, and the file has it as the user built it", async () => {
  const model = dropoutModel();
  const plain = dropoutModel(0);
  expect(model.predict(small.x)).toEqual(plain.predict(small.x));
  await trainSmall(model, small);
  const again = Model.fromOnnx(model.toOnnx());
  expect(again.notes).toEqual(["Dropout 'dropout1' (0.5) is active in training"]);
  expect(again.predict(small.x)).toEqual(model.predict(small.x));
});
