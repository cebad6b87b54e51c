import { describe, expect, test } from "vitest";
import { AUGMENT } from "../../assembly/abi/opcodes.js";
import { KIND_STEP } from "../../assembly/abi/program.js";
import { buildTraining } from "../../src/autodiff/build.js";
import { augmentationOf, completeOptions } from "../../src/compile/options.js";
import { channelOrder } from "../../src/graph/channel-order.js";
import { type AugmentOptions, conv2d, input, sequential } from "../../src/index.js";
import { ReferenceVm } from "../../src/reference/vm.js";
import {
  convModel,
  denseModel,
  ROWS,
  type SmallModel,
  trainSmall,
} from "../helpers/small-models.js";
import { compileSmall, datasetOf, runSession } from "../helpers/small-session.js";
import { largestDifference } from "../helpers/training.js";
import { TOLERANCES } from "../tolerances.js";

const IMAGE = [2, 7, 5];
const ALL: AugmentOptions = { shift: 2, flip: true, crop: 0.5, noise: 0.1, fill: 0.3 };
const augment = augmentationOf(ALL, IMAGE, undefined);

/** Nothing is learned, and rows come in their order: what changes from epoch to epoch are the rows. */
const STILL = { optimizer: { name: "sgd", lr: 0 }, shuffle: false, bn: "frozen" } as const;

test("the first instruction of every step, and of nothing else", () => {
  const fixed = { rows: 20, loss: "cross-entropy", trainable: () => true } as const;
  const options = completeOptions({
    ...fixed,
    augment: augmentationOf({ shift: 2, noise: 0.1 }, [6], undefined),
    ...{ strategy: { name: "blocks", blockOrder: "gauss-southwell" }, reestimate: "after" },
  });
  const { procedures } = buildTraining(denseModel.make().graph, options).graph;
  const places = procedures.map(({ name, kind, instructions }) => {
    const at = instructions.flatMap(({ opcode }, i) => (opcode === AUGMENT ? [i] : []));
    // The gradients that blocks are chosen by are those of the step that follows.
    const isStep = (kind === KIND_STEP && name !== "statistics") || name === "scores";
    expect(at, name).toEqual(isStep ? [0] : []);
    return name;
  });
  expect(places).toEqual(expect.arrayContaining(["predict", "evaluate", "statistics", "scores"]));
});

test("the reference VM, told the position, makes the core's steps", () => {
  const options = { optimizer: { name: "sgd" }, shuffle: false, augment } as const;
  const program = compileSmall(convModel, options);
  const vm = new ReferenceVm(program.bytes);
  const rows = datasetOf(convModel);
  const { x, y, loss } = vm.program.procedures[program.procedures.step!]!;
  const n = rows.rowElements;
  const losses = [0, 8, 16, 24, 32].map((first, step) => {
    const batch = Math.min(8, ROWS - first);
    vm.tensor(x!).set(rows.x.subarray(first * n, (first + batch) * n));
    vm.tensor(y!).set((rows.y!.data as Int32Array).subarray(first, first + batch));
    vm.position = { step, row: first };
    vm.execute(program.procedures.step!, batch);
    return vm.tensor(loss!)[0]!;
  });
  const core = runSession(convModel, { ...options, epochs: 1 });
  expect(largestDifference(core.losses, losses)).toBeLessThan(TOLERANCES.f32Reduction);
});

describe("what a row becomes", () => {
  const lossesOf = (given: object, flavour: "scalar" | "simd" = "simd") =>
    runSession(convModel, { ...STILL, augment, ...given }, { flavour }).losses;

  test("another in each epoch; the seed decides; both flavours agree", () => {
    const losses = lossesOf({});
    expect(losses).toHaveLength(10);
    expect(losses.slice(0, 5)).not.toEqual(losses.slice(5));
    expect(lossesOf({})).toEqual(losses);
    expect(lossesOf({}, "scalar")).toEqual(losses);
    expect(lossesOf({ seed: 6 })).not.toEqual(losses);
  });

  test("without it both epochs of a run that learns nothing are alike", () => {
    const losses = lossesOf({ augment: undefined });
    expect(losses.slice(0, 5)).toEqual(losses.slice(5));
  });

  test("a pause in mid-step does not change it", () => {
    const [whole, sliced] = [{}, { budget: 1 }].map((run) =>
      runSession(convModel, { augment }, run),
    );
    expect(sliced!.fingerprint).toBe(whole!.fingerprint);
  });
});

test("held-out rows are judged as they are", async () => {
  const { x, y } = convModel;
  const told = { validationData: [x, y], batchSize: 8, epochs: 1 } as const;
  const model = convModel.make().compile({ augment: ALL });
  const { validation, loss } = await trainSmall(model, convModel, told);
  const judged = model.compile({}).evaluate(x, y, { batchSize: 8 });
  expect(validation?.loss).toBe(judged.loss);
  expect(loss).not.toBe(judged.loss);
});

test("the plan has one batch more of rows, as long as they are needed", () => {
  const plan = (given: object) => denseModel.make().compile(given).plan({ rows: ROWS }).bytes.rows;
  const batch = 4 * 32 * 6;
  expect(plan({ augment: { noise: 1 } }) - plan({})).toBe(batch);
});

describe("where the channels lie", () => {
  const form = (row: number[], given: AugmentOptions = {}, order?: "first" | "last") =>
    augmentationOf(given, row, order).form;

  test("as the network tells, as the option says, or by the sizes", () => {
    expect(channelOrder(convModel.make().graph)).toBe("first");
    expect(channelOrder(denseModel.make().graph)).toBeUndefined();
    const odd = sequential([input({ shape: [4, 6, 3] }), conv2d({ filters: 2, kernelSize: 2 })]);
    expect(form([4, 6, 3], {}, channelOrder(odd.graph))).toMatchObject({ height: 6, channels: 4 });
    expect(form([32, 32, 3])).toMatchObject({ height: 32, width: 32, channels: 3 });
    expect(form([32, 32, 3], { channels: "first" })).toMatchObject({ width: 3, channels: 32 });
    expect(form([49, 10, 1])).toMatchObject({ height: 49, width: 10, channels: 1 });
  });

  test("a series is shifted in time alone", () => {
    expect(augmentationOf({ shift: 5 }, [49, 10], undefined)).toMatchObject({
      shiftH: 5,
      shiftW: 0,
      form: { height: 49, width: 1, channels: 10 },
    });
  });
});

describe("refused", () => {
  test.each<[string, SmallModel, object, string]>([
    [
      "a name that there is not",
      convModel,
      { spin: 1 },
      "spin: 1 is given, but augment has no such",
    ],
    ["a part of nothing", convModel, { crop: 0 }, "crop: 0 is not a number above 0 to 1"],
    ["half a pixel", convModel, { shift: 1.5 }, "shift: 1.5 is not a whole number from 0 to 32767"],
    ["noise of NaN", convModel, { noise: Number.NaN }, "noise: NaN is not a number from 0 up"],
    ["flip as a text", convModel, { flip: "yes" }, "flip: 'yes' is not true or false"],
    [
      "a shift beyond the image",
      convModel,
      { shiftH: 7 },
      "a shift leaves nothing: rows of [2, 7, 5]",
    ],
    [
      "what nothing brings in",
      convModel,
      { fill: 1, flip: true },
      "fill is what a shift brings in: give shift, shift-h or shift-w too",
    ],
    [
      "flipping a series",
      denseModel,
      { flip: true },
      "there is nothing to flip: rows of [6] are 6",
    ],
  ])("%s", (_, small, given, problem) => {
    expect(() => {
      small.make().compile({ augment: given }).plan();
    }).toThrow(problem);
  });

  test("a cache of what layers make of rows that change", async () => {
    const model = convModel.make().compile({ augment: ALL, strategy: "pretrain" });
    await expect(trainSmall(model, convModel, { cache: true })).rejects.toThrow("--cache: ");
  });
});
