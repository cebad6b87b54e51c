import { describe, expect, test } from "vitest";
import {
  batchNorm,
  conv2d,
  dense,
  type EpochResult,
  type FitOptions,
  flatten,
  input,
  loadOnnx,
  Model,
  type ModelOptions,
  relu,
  sequential,
  tanh,
} from "../../src/index.js";
import { GraphSketch } from "../helpers/graphs.js";
import { BATCH, CLASSES, convModel, denseModel, ROWS, weightsOf } from "../helpers/small-models.js";
import { largestDifference } from "../helpers/training.js";
import { TOLERANCES } from "../tolerances.js";

/** Five dense layers, one of them with batch-norm. */
function deep(): Model {
  const hidden = [dense({ units: 7 }), batchNorm(), relu(), dense({ units: 6 }), tanh()];
  return sequential([
    ...[input({ shape: [6] }), dense({ units: 9 }), relu(), ...hidden],
    ...[dense({ units: 5 }), relu(), dense({ units: CLASSES })],
  ]);
}

/** Two convolutions and a dense end. */
function images(): Model {
  return sequential([
    ...[input({ shape: [2, 7, 5] }), conv2d({ filters: 5, kernelSize: 3, padding: 1 }), relu()],
    ...[conv2d({ filters: 4, kernelSize: 3, strides: 2 }), tanh(), flatten()],
    dense({ units: CLASSES }),
  ]);
}

/** Two dense layers of the same weights below the last one. */
function twice(): Model {
  const net = new GraphSketch(["N", 6]);
  const first = net.node("Tanh", [net.gemm("x", "own", 6, 6)], {});
  const inputs = [first, "own.weight", "own.bias"];
  const second = net.node("Gemm", inputs, { alpha: 1, beta: 1, transB: true });
  return Model.fromGraph(net.end(net.gemm(second, "last", 6, CLASSES)));
}

interface Watched {
  readonly model: Model;
  readonly epochs: readonly EpochResult[];
  /** Names of the initializers that each epoch changed. */
  readonly changed: readonly (readonly string[])[];
  readonly notes: readonly string[];
  readonly steps: readonly number[];
}

async function train(
  model: Model,
  options: ModelOptions,
  fit: FitOptions = {},
  { x, y }: Partial<typeof denseModel> = denseModel,
): Promise<Watched> {
  const [epochs, changed, notes, steps]: [EpochResult[], string[][], string[], number[]] = [
    ...([[], [], []] as [EpochResult[], string[][], string[]]),
    [],
  ];
  model.compile(options);
  let before = weightsOf(model);
  const told = { onNote: (note: string) => notes.push(note), onStep: noted(steps) };
  for await (const epoch of model.fit(x!, y, { batchSize: BATCH, epochs: 2, ...told, ...fit })) {
    epochs.push(epoch);
    const after = weightsOf(model);
    changed.push(
      [...after].filter(([name, v]) => `${v}` !== `${before.get(name)}`).map(([n]) => n),
    );
    before = after;
  }
  return { model, epochs, changed, notes, steps };
}

const noted =
  (steps: number[]) =>
  ({ step }: { step: number }) =>
    steps.push(step);

const pretrain = (more: object = {}) => ({ strategy: { name: "pretrain", ...more } }) as const;

describe("a phase leaves all bytes but those of its block as they are", () => {
  const bn = ["bn1.weight", "bn1.bias", "bn1.running_mean", "bn1.running_var"];
  const blocks = {
    "layer 1": ["dense1.weight", "dense1.bias"],
    "layer 2": ["dense2.weight", ...bn],
    "layer 3": ["dense3.weight", "dense3.bias"],
    "layers 4-5": ["dense4.weight", "dense4.bias", "dense5.weight", "dense5.bias"],
    "layer 4": ["dense4.weight", "dense4.bias"],
  } as Readonly<Record<string, readonly string[]>>;

  test.each([
    ["supervised", ["layer 1", "layer 2", "layer 3", "layers 4-5", "joint"]],
    ["autoencoder", ["layer 1", "layer 2", "layer 3", "layer 4", "joint"]],
    ["denoising", ["layer 1", "layer 2", "layer 3", "layer 4", "joint"]],
  ] as const)("%s", async (method, names) => {
    const { epochs, changed, model } = await train(deep(), pretrain({ method }));
    expect(epochs.map(({ phase }) => phase)).toEqual(names.flatMap((name) => [name, name]));
    expect(epochs.map(({ epoch }) => epoch)).toEqual(names.flatMap(() => [1, 2]));
    expect(epochs.map(({ endsPhase }) => endsPhase)).toEqual(names.flatMap(() => [false, true]));
    epochs.forEach(({ phase }, i) => {
      const own = phase === "joint" ? Object.values(blocks).flat() : blocks[phase!]!;
      expect([...changed[i]!].sort()).toEqual([...new Set(own)].sort());
    });
    expect(model.lastFit!.phases.map(({ name }) => name)).toEqual(names);
    expect(model.lastFit).toMatchObject({ steps: names.length * 10, epochs: names.length * 2 });
  });

  test("frozen parameters stay in every phase, and a block of nothing else has none", async () => {
    const { epochs, changed } = await train(deep(), {
      ...pretrain(),
      freeze: ["dense1.*", "dense3.weight"],
    });
    expect(new Set(epochs.map(({ phase }) => phase))).toEqual(
      new Set(["layer 2", "layer 3", "layers 4-5", "joint"]),
    );
    for (const name of changed.flat()) expect(name).not.toMatch(/^dense1|^dense3\.weight/);
  });
});

test("the model's last layer learns without fine-tuning, even above a frozen block", async () => {
  const { epochs, changed } = await train(deep(), {
    ...pretrain({ fineTuneEpochs: 0 }),
    freeze: ["dense4.*"],
  });
  expect(epochs.at(-1)!.phase).toBe("layers 4-5");
  expect([...changed.at(-1)!].sort()).toEqual(["dense5.bias", "dense5.weight"]);
});

test("decoders of convolutions have weights of their own, and are not in what is exported", async () => {
  for (const method of ["autoencoder", "denoising"] as const) {
    const { model, epochs } = await train(images(), pretrain({ method }), {}, convModel);
    const found = new Set(epochs.map(({ phase }) => phase));
    expect([...found]).toEqual(["layer 1", "layer 2", "joint"]);
    const exported = await loadOnnx(model.toOnnx());
    expect([...weightsOf(exported).keys()]).toEqual([...weightsOf(images()).keys()]);
  }
});

test("heads and decoders are not in what is exported", async () => {
  const nets = [
    [deep, denseModel],
    [images, convModel],
  ] as const;
  for (const [make, data] of nets) {
    for (const method of ["supervised", "autoencoder", "denoising"] as const) {
      const { model } = await train(make(), pretrain({ method }), {}, data);
      const exported = await loadOnnx(model.toOnnx());
      expect([...weightsOf(exported).keys()]).toEqual([...weightsOf(make()).keys()]);
      expect(exported.graph.nodes).toHaveLength(make().graph.nodes.length);
      expect(model.predict(data.x).data).toEqual(exported.predict(data.x).data);
    }
  }
});

test("the loss of each phase falls", async () => {
  for (const method of ["supervised", "autoencoder", "denoising"] as const) {
    const options = { optimizer: { name: "adam", lr: 0.01 }, ...pretrain({ method }) } as const;
    const { epochs } = await train(deep(), options, { epochs: 10 });
    for (const name of new Set(epochs.map(({ phase }) => phase))) {
      const losses = epochs.filter(({ phase }) => phase === name).map((one) => one.trainLoss);
      expect(losses.at(-1)).toBeLessThan(losses[0]!);
    }
  }
});

describe("length", () => {
  const phases = (options: ModelOptions, fit: FitOptions) => deep().compile(options).phases(fit);
  test("fineTuneEpochs, and none", () => {
    expect(phases(pretrain({ fineTuneEpochs: 7 }), { epochs: 3 }).at(-1)).toEqual({
      ...{ name: "joint", epochs: 7, steps: 0 },
    });
    expect(phases(pretrain({ fineTuneEpochs: 0 }), { epochs: 3 }).at(-1)).toEqual({
      ...{ name: "layers 4-5", epochs: 3, steps: 0 },
    });
  });
  test("steps, of each phase", async () => {
    const { model, steps } = await train(deep(), pretrain(), {
      epochs: undefined as never,
      steps: 3,
    });
    expect(model.lastFit!.phases.map((phase) => phase.steps)).toEqual([3, 3, 3, 3, 3]);
    expect(steps).toEqual(Array.from({ length: 15 }, (_, i) => i + 1));
  });
});

describe("without labels", () => {
  const unlabelled = { x: denseModel.x };
  const given = { method: "denoising", fineTuneEpochs: 0 };

  test("autoencoders learn as with them", async () => {
    const without = await train(deep(), pretrain(given), {}, unlabelled);
    const withThem = await train(deep(), pretrain(given));
    expect(without.model.lastFit!.fingerprint).toBe(withThem.model.lastFit!.fingerprint);
    expect(without.model.lastFit!.lossName).toBe("mse");
    expect(without.model.lastFit!.plannedBytes).toBe(
      deep().compile(pretrain(given)).plan({ batchSize: BATCH, rows: ROWS }).arenaBytes,
    );
  });

  test.each([
    ["supervised", pretrain({ fineTuneEpochs: 0 }), {}],
    ["fine-tuning", pretrain({ method: "autoencoder" }), {}],
    ["all at once", {}, {}],
    ["batch-norm's statistics", pretrain(given), { reestimate: "after" }],
  ] as const)("refused: %s", async (_, options, fit) => {
    await expect(train(deep(), options, fit, unlabelled)).rejects.toThrow("there are no labels");
  });

  test("refused: held-out rows", async () => {
    const run = train(deep(), pretrain(given), { validationSplit: 0.2 }, unlabelled);
    await expect(run).rejects.toThrow("held-out rows are judged by their labels");
  });
});

describe("memory", () => {
  const program = (options: ModelOptions) => deep().compile(options).build({ rows: ROWS });

  test("of the optimizer's state, one phase's at a time", () => {
    const { tensors, plan } = program({ optimizer: { name: "adam" }, ...pretrain() });
    const optimizer = plan.steps.map(({ bytes }) => bytes.optimizer);
    const own = tensors.filter(({ category }) => category === "optimizer");
    const all = own.reduce((sum, { c0 }) => sum + 4 * c0, 0);
    expect(Math.max(...optimizer)).toBeLessThan(all / 2);
    // Each phase's state begins where those of the others do.
    const starts = own.filter(({ name }) => name.includes("dense") && name.includes("weight"));
    expect(new Set(starts.map(({ offset }) => offset)).size).toBeLessThan(starts.length);
    expect(plan.bytes.optimizer).toBeLessThanOrEqual(Math.max(...optimizer));
  });

  test("of the whole run, no more than its largest phase; each is told beside training at once", () => {
    const plan = deep().compile(pretrain()).plan({ rows: ROWS });
    expect(plan.steps.map(({ name }) => name)).toEqual([
      ...["step layer 1", "step layer 2", "step layer 3", "step layers 4-5", "step joint"],
    ]);
    expect(Math.max(...plan.steps.map(({ arenaBytes }) => arenaBytes))).toBe(plan.arenaBytes);
    const { program: alone, ...bytes } = plan.joint!.bytes;
    expect(alone).toBeLessThan(plan.bytes.program);
    expect(bytes.optimizer).toBe(plan.steps.at(-1)!.bytes.optimizer);
    expect(deep().compile({}).plan({ rows: ROWS }).joint).toBeUndefined();
  });

  test("as planned", async () => {
    const { model } = await train(deep(), pretrain({ method: "autoencoder" }));
    expect(model.lastFit!.usedBytes).toBeLessThanOrEqual(model.lastFit!.plannedBytes);
  });
});

describe("cache", () => {
  const both = async (
    make: () => Model,
    options: ModelOptions,
    fit: FitOptions,
    data = denseModel,
  ) => {
    const whole = await train(make(), options, fit, data);
    return [whole, await train(make(), options, { ...fit, cache: true }, data)] as const;
  };

  test.each([
    ["supervised", pretrain(), {}],
    ["supervised, without fine-tuning", pretrain({ fineTuneEpochs: 0 }), {}],
    ["autoencoder", pretrain({ method: "autoencoder", tied: true }), {}],
    ["denoising", pretrain({ method: "denoising" }), {}],
    ["unfreezing", { strategy: "unfreeze" }, { epochs: 7 }],
    ["held-out rows, plateau", { ...pretrain(), schedule: "plateau" }, { validationSplit: 0.3 }],
    [
      "held-out rows that no phase looks at",
      pretrain({ method: "autoencoder", fineTuneEpochs: 0 }),
      { validationSplit: 0.3 },
    ],
    ["patience", { ...pretrain() }, { validationSplit: 0.3, epochs: 6, patience: 1 }],
    ["batch-norm's statistics", pretrain({ fineTuneEpochs: 0 }), { reestimate: "after" }],
  ] as const)("gives the same numbers: %s", async (_, options, fit) => {
    const [whole, cached] = await both(deep, options as ModelOptions, fit);
    expect(cached.epochs).toEqual(whole.epochs);
    expect(cached.changed).toEqual(whole.changed);
    expect(cached.steps).toEqual(whole.steps);
    const { stepMs: _1, plannedBytes: _2, usedBytes: _3, ...told } = whole.model.lastFit!;
    expect(cached.model.lastFit).toMatchObject(told);
  });

  test("of images: where they are flattened, sums are in another order", async () => {
    const [whole, cached] = await both(images, pretrain(), {}, convModel);
    const [expected, found] = [whole, cached].map(({ model }) => model.predict(convModel.x).data);
    const ofManySteps = 100 * TOLERANCES.f32Reduction;
    expect(largestDifference(found as Float32Array, expected as Float32Array)).toBeLessThan(
      ofManySteps,
    );
    expect(cached.model.lastFit!.fingerprint).not.toBe("");
  });

  test("of a weight that layers share, which learns with the first of them", async () => {
    const [whole, cached] = await both(twice, pretrain(), {});
    expect(cached.epochs).toEqual(whole.epochs);
    expect(cached.model.lastFit!.fingerprint).toBe(whole.model.lastFit!.fingerprint);
  });

  test("a note tells what it takes", async () => {
    const [, cached] = await both(deep, pretrain(), {});
    // The widest value between two phases has nine elements a row.
    expect(cached.notes).toContain(
      `the cache holds ${ROWS} rows behind the layers below: ${4 * 9 * ROWS} bytes`,
    );
  });

  test("needs less memory in the core", async () => {
    const [whole, cached] = await both(deep, pretrain({ fineTuneEpochs: 0 }), {});
    expect(cached.model.lastFit!.plannedBytes).toBeLessThan(whole.model.lastFit!.plannedBytes);
  });

  test("ends with the signal, between two phases too", async () => {
    const controller = new AbortController();
    const model = deep().compile(pretrain());
    const options = { batchSize: BATCH, epochs: 1, cache: true, signal: controller.signal };
    for await (const { phase } of model.fit(denseModel.x, denseModel.y, options)) {
      if (phase === "layer 2") controller.abort();
    }
    expect(model.lastFit!.interrupted).toBe(true);
    expect(model.lastFit!.phases.map(({ name }) => name)).toEqual(["layer 1", "layer 2"]);
  });
});

test("the same bits in the scalar flavour", async () => {
  for (const method of ["supervised", "denoising"] as const) {
    const [simd, scalar] = await Promise.all(
      (["simd", "scalar"] as const).map(async (flavour) => {
        const { model } = await train(
          images(),
          pretrain({ method, tied: method === "denoising" }),
          { flavour },
          convModel,
        );
        return model.lastFit!.fingerprint;
      }),
    );
    expect(scalar).toBe(simd);
  }
});

describe("unfreeze", () => {
  test("the last layer first, then one more at a time, then all", async () => {
    const { epochs, changed } = await train(deep(), { strategy: "unfreeze" }, { epochs: 6 });
    expect(epochs.map(({ phase }) => phase)).toEqual([
      ...["layer 5", "layer 4", "layer 3", "layer 2", "all", "all"],
    ]);
    const layers = changed.map((names) => new Set(names.map((name) => name.split(".")[0])));
    expect(layers.map((set) => [...set].sort().join(" "))).toEqual([
      "dense5",
      "dense4 dense5",
      "dense3 dense4 dense5",
      "bn1 dense2 dense3 dense4 dense5",
      "bn1 dense1 dense2 dense3 dense4 dense5",
      "bn1 dense1 dense2 dense3 dense4 dense5",
    ]);
  });

  test("refused: too few epochs, and steps", async () => {
    const run = (fit: FitOptions) => train(deep(), { strategy: "unfreeze" }, fit);
    await expect(run({ epochs: 4 })).rejects.toThrow("4 phases of 1 leave none in which all");
    await expect(run({ epochs: undefined as never, steps: 9 })).rejects.toThrow("counts in epochs");
  });
});

describe("layerLrDecay", () => {
  const sgd = { optimizer: { name: "sgd", lr: 0.1 } } as const;
  test("is a rate for each layer", async () => {
    const byLayer = await train(deep(), { ...sgd, layerLrDecay: 0.5 });
    const groups = [
      { match: "dense1.*", lr: 0.1 / 16 },
      { match: ["dense2.*", "bn1.*"], lr: 0.1 / 8 },
      { match: "dense3.*", lr: 0.1 / 4 },
      { match: "dense4.*", lr: 0.1 / 2 },
    ];
    const byGroup = await train(deep(), { ...sgd, groups });
    expect(byLayer.model.lastFit!.fingerprint).toBe(byGroup.model.lastFit!.fingerprint);
    const plain = await train(deep(), sgd);
    expect(byLayer.model.lastFit!.fingerprint).not.toBe(plain.model.lastFit!.fingerprint);
  });
  test("a group's own rate counts more, and its weight decay goes with the layer's", async () => {
    const own = [
      { match: "dense1.*", lr: 0.3 },
      { match: "dense4.*", weightDecay: 0.1 },
    ];
    const byLayer = await train(deep(), { ...sgd, layerLrDecay: 0.5, groups: own });
    const groups = [
      { match: "dense1.*", lr: 0.3 },
      { match: ["dense2.*", "bn1.*"], lr: 0.1 / 8 },
      { match: "dense3.*", lr: 0.1 / 4 },
      { match: "dense4.*", lr: 0.1 / 2, weightDecay: 0.1 },
    ];
    const byGroup = await train(deep(), { ...sgd, groups });
    expect(byLayer.model.lastFit!.fingerprint).toBe(byGroup.model.lastFit!.fingerprint);
  });
  test.each([0, 1.5, Number.NaN])("refused: %d", (layerLrDecay) => {
    expect(() => deep().compile({ layerLrDecay })).toThrow("layerLrDecay");
  });
});
