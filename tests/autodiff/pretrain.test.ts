import { describe, expect, test } from "vitest";
import type { CompiledProgram } from "../../src/compile/compile.js";
import type { CompileOptions } from "../../src/compile/options.js";
import type { Graph } from "../../src/graph/graph.js";
import { centralDifferences } from "../../src/reference/finite-difference.js";
import type { ReferenceVm } from "../../src/reference/vm.js";
import { pooling } from "../graph/graphs.js";
import { denseNet, GraphSketch } from "../helpers/graphs.js";
import { compileForTest, largestDifference, vmWithRows } from "../helpers/training.js";
import { TOLERANCES } from "../tolerances.js";

type Pretrain = Omit<Extract<CompileOptions["strategy"], { name: "pretrain" }>, "name">;

const compilePretrain = (graph: Graph, given: Pretrain, more: Partial<CompileOptions> = {}) =>
  compileForTest(graph, { strategy: { name: "pretrain", ...given }, ...more });

/** The program with a VM in which a phase has just begun. */
function phaseOf(graph: Graph, given: Pretrain, name: string, more?: Partial<CompileOptions>) {
  const compiled = compilePretrain(graph, given, more);
  const vm = vmWithRows(compiled);
  vm.execute(compiled.procedures[`step ${name}: begin`]!);
  const step = compiled.procedures[`step ${name}`]!;
  const loss = () => {
    vm.tensor(compiled.lrTensor!)[0] = 0;
    vm.execute(step);
    return vm.tensor(vm.program.procedures[step]!.loss!)[0]!;
  };
  return { compiled, vm, step, loss };
}

/** The tensors that a step of gradient descent at rate 1 changes, with what it takes from them. */
function movedBy({ compiled, vm, step }: ReturnType<typeof phaseOf>): Map<number, Float64Array> {
  const ids = weightIds(vm, compiled.tensors);
  const before = ids.map((id) => vm.tensor(id).slice());
  vm.tensor(compiled.lrTensor!)[0] = 1;
  vm.execute(step);
  const moved = new Map<number, Float64Array>();
  ids.forEach((id, i) => {
    const taken = before[i]!.map((value, k) => value - vm.tensor(id)[k]!);
    if (taken.some((value) => value !== 0)) moved.set(id, taken);
    vm.tensor(id).set(before[i]!);
  });
  return moved;
}

/** All weights but running statistics, which move without a gradient. */
const weightIds = (vm: ReferenceVm, tensors: CompiledProgram["tensors"]) =>
  vm.program.tensors.flatMap((_, id) => {
    const { category, name } = tensors[id]!;
    return category === "weights" && !name.includes("running_") ? [id] : [];
  });

const names = (graph: Graph, given: Pretrain, name: string) => {
  const phase = phaseOf(graph, given, name);
  return [...movedBy(phase).keys()].map((id) => phase.compiled.tensors[id]!.name).sort();
};

describe("the phases", () => {
  const phases = (graph: Graph, given: Pretrain, more?: Partial<CompileOptions>) =>
    compilePretrain(graph, given, more).phases.map(({ name }) => name);

  test("supervised: the last one before the whole has the model's own end", () => {
    expect(phases(denseNet(), {})).toEqual(["layer 1", "layers 2-3", "joint"]);
    expect(phases(deepNet(), { blockLayers: 2 })).toEqual(["layers 1-2", "layers 3-5", "joint"]);
  });
  test("autoencoder: the model's last layer learns in the end alone", () => {
    expect(phases(denseNet(), { method: "autoencoder" })).toEqual(["layer 1", "layer 2", "joint"]);
  });
  test("without fine-tuning", () => {
    expect(phases(denseNet(), { fineTuneEpochs: 0 })).toEqual(["layer 1", "layers 2-3"]);
  });
  test("a frozen block has none", () => {
    const trainable = (name: string) => !/^(fc|bn)1/.test(name);
    expect(phases(denseNet(), {}, { trainable })).toEqual(["layers 2-3", "joint"]);
  });
  test("an autoencoder without fine-tuning needs no loss", () => {
    const given = { method: "autoencoder", fineTuneEpochs: 0 } as const;
    const { procedures } = compilePretrain(denseNet(), given, { loss: undefined });
    expect(procedures.evaluate).toBeUndefined();
  });
});

describe("a step moves the block's weights and its own, and no others", () => {
  test("supervised", () => {
    const given = { headLayers: 2, headWidth: 3 };
    expect(names(smooth(), given, "layer 1")).toEqual([
      ...["fc1.bias", "fc1.weight", "layer 1/head.bias", "layer 1/head.weight"],
      ...["layer 1/head1.bias", "layer 1/head1.weight"],
      ...["layer 1/head2.bias", "layer 1/head2.weight"],
    ]);
  });
  test("supervised, the model's own end", () => {
    expect(names(smooth(), {}, "layers 2-3")).toEqual(["fc2.weight", "fc3.bias", "fc3.weight"]);
  });
  test("autoencoder, with weights of its own and with those of the block", () => {
    const decoder = "layer 1/decoder of gemm0";
    const method = "autoencoder";
    expect(names(smooth(), { method }, "layer 1")).toEqual([
      ...["fc1.bias", "fc1.weight", `${decoder}.bias`, `${decoder}.weight`],
    ]);
    expect(names(smooth(), { method, tied: true }, "layer 1")).toEqual([
      ...["fc1.bias", "fc1.weight", `${decoder}.bias`],
    ]);
  });
  test("all together", () => {
    const all = ["fc1.bias", "fc1.weight", "fc2.weight", "fc3.bias", "fc3.weight"];
    expect(names(smooth(), {}, "joint")).toEqual(all);
  });
});

describe("gradients equal central differences", () => {
  const supervised = { method: "supervised" } as const;
  const methods: readonly (readonly [string, Pretrain])[] = [
    ["supervised", { ...supervised, headLayers: 0 }],
    ["supervised, two hidden layers", { ...supervised, headLayers: 2, headWidth: 4 }],
    ["autoencoder", { method: "autoencoder" }],
    ["autoencoder, tied", { method: "autoencoder", tied: true }],
    ["denoising", { method: "denoising", corruption: 0.4 }],
    ["denoising, tied", { method: "denoising", tied: true }],
  ];
  const graphs = { dense: smooth(), images: smoothImages() };
  for (const [method, given] of methods) {
    for (const [kind, graph] of Object.entries(graphs)) {
      for (const blockLayers of [1, 2]) {
        const compiled = compilePretrain(graph, { ...given, blockLayers });
        test.each(compiled.phases.slice(0, -1).map(({ name }) => name))(
          `${method}, ${kind}, ${blockLayers}: %s`,
          (name) => {
            const phase = phaseOf(graph, { ...given, blockLayers }, name);
            for (const [id, gradient] of movedBy(phase)) {
              const numeric = centralDifferences(phase.loss, phase.vm.tensor(id));
              expect(largestDifference(gradient, numeric)).toBeLessThan(TOLERANCES.gradient);
            }
          },
        );
      }
    }
  }
});

describe("what lies below the block runs as in inference", () => {
  test("its running statistics stay, those of the block move", () => {
    const phase = phaseOf(denseNet(), {}, "layers 2-3");
    const statistic = (name: string) => phase.vm.tensor(phase.vm.idOf(name)).slice();
    const before = ["bn1.running_mean", "bn2.running_mean"].map(statistic);
    phase.vm.execute(phase.step);
    const after = ["bn1.running_mean", "bn2.running_mean"].map(statistic);
    expect(after[0]).toEqual(before[0]);
    expect(after[1]).not.toEqual(before[1]);
  });
});

describe("denoising", () => {
  test("what the block sees is its input, or 0; what it is to give back is the input", () => {
    const { vm, step } = phaseOf(smooth(), { method: "denoising" }, "layer 1");
    const seen = vm.idOf("layer 1/corrupted");
    vm.execute(step);
    const { x } = vm.program.procedures[step]!;
    const shares = [...vm.tensor(seen)].map((value, i) => value / vm.tensor(x!)[i]!);
    const kept = shares.filter((share) => share !== 0);
    expect(kept.length).toBeGreaterThan(0);
    expect(kept.length).toBeLessThan(shares.length);
    for (const share of kept) expect(Math.abs(share - 1)).toBeLessThan(TOLERANCES.f32Rounding);
  });

  test("in each step of others", () => {
    const { vm, step } = phaseOf(smooth(), { method: "denoising" }, "layer 1");
    const seen = vm.idOf("layer 1/corrupted");
    vm.execute(step);
    const first = vm.tensor(seen).slice();
    vm.position = { ...vm.position, step: 1 };
    vm.execute(step);
    expect(vm.tensor(seen)).not.toEqual(first);
  });
});

test("what begins with a phase is drawn within its bound, whatever its layout; biases are 0", () => {
  const { vm, compiled } = phaseOf(smoothImages(), { method: "autoencoder" }, "layer 2");
  const of = (part: string) => [...vm.tensor(vm.idOf(`layer 2/decoder of conv3.${part}`))];
  // Six channels in two groups go in, four come out, by a kernel of nine.
  const bound = Math.sqrt(6 / (3 * 9 + 2 * 9));
  const weights = of("weight").map(Math.abs);
  expect(Math.max(...weights)).toBeLessThanOrEqual(bound);
  expect(Math.max(...weights)).toBeGreaterThan(0.9 * bound);
  expect(new Set(weights).size).toBeGreaterThan(weights.length / 2);
  expect(of("bias").map(Math.abs)).toEqual([0, 0, 0, 0]);
  for (const { name } of compiled.parameters) expect(name).not.toContain("decoder");
});

describe("refused", () => {
  const refusal = (graph: Graph, given: Pretrain, more?: Partial<CompileOptions>) => {
    try {
      compilePretrain(graph, given, more);
    } catch (error) {
      return (error as Error).message;
    }
    return "";
  };
  test("a single layer", () => {
    const g = new GraphSketch(["N", 4]);
    expect(refusal(g.end(g.gemm("x", "fc", 4, 2)), {})).toContain("a single layer");
  });
  test("all that would learn frozen", () => {
    const trainable = (name: string) => name.startsWith("fc3");
    const given = { method: "autoencoder", fineTuneEpochs: 0 } as const;
    expect(refusal(denseNet(), given, { trainable })).toContain("nothing below the last layer");
  });
  test("an option of another method", () => {
    expect(refusal(denseNet(), { tied: true })).toContain(
      "does not belong to the method supervised",
    );
    expect(refusal(denseNet(), { corruption: 0.1, method: "autoencoder" })).toContain("denoising");
    expect(refusal(denseNet(), { headLayers: 0, method: "denoising" })).toContain("supervised");
  });
  test("the decoder of a block that branches, or of what has no mirror image", () => {
    const g = new GraphSketch(["N", 4]);
    const x = g.unary("Tanh", g.gemm("x", "a", 4, 4));
    const graph = g.end(g.gemm(g.add(g.gemm(x, "b", 4, 4), x), "c", 4, 2));
    expect(refusal(graph, { method: "autoencoder" })).toContain("layer 2 branches");
    const h = new GraphSketch(["N", 2, 4, 4]);
    const pooled = h.node("ReduceMean", [h.conv("x", "conv", 2, 3)], {
      ...{ axes: [2, 3], keepDims: false },
    });
    const image = h.end(h.gemm(pooled, "fc", 3, 2));
    expect(refusal(image, { method: "autoencoder" })).toContain("no decoder is known");
    for (const op of ["AveragePool", "MaxPool"] as const) {
      const k = new GraphSketch(["N", 2, 4, 4]);
      const x = k.node(op, [k.conv("x", "conv", 2, 3)], pooling);
      const graph = k.end(k.gemm(k.flatten(x), "fc", 3, 2));
      expect(refusal(graph, { method: "autoencoder" })).toBe(
        `node '${x}' (${op}): no decoder is known for a ${op}. Give --method supervised.`,
      );
    }
  });
});

/** Three dense layers; their functions have no kinks. */
function smooth(): Graph {
  const g = new GraphSketch(["N", 5], 4);
  const x = g.unary("Tanh", g.gemm("x", "fc1", 5, 6));
  const y = g.unary("Sigmoid", g.node("MatMul", [x, g.weight("fc2.weight", [6, 4])], {}));
  return g.end(g.gemm(y, "fc3", 4, 3));
}

/** Two convolutions, the second one in groups and with a stride, and a dense end. */
function smoothImages(): Graph {
  const g = new GraphSketch(["N", 2, 6, 5], 6);
  const x = g.batchNorm(g.conv("x", "conv1", 2, 4, { pads: [1, 1, 1, 1] }), "bn1", 4);
  const options = { strides: [2, 1], group: 2, bias: true } as const;
  const y = g.conv(g.unary("Tanh", x), "conv2", 4, 6, options);
  return g.end(g.gemm(g.flatten(g.unary("Tanh", y)), "fc", 36, 3));
}

function deepNet(): Graph {
  const g = new GraphSketch(["N", 4]);
  let x = g.gemm("x", "fc1", 4, 4);
  for (let i = 2; i <= 5; i++) x = g.gemm(g.unary("Relu", x), `fc${i}`, 4, 4);
  return g.end(x);
}
