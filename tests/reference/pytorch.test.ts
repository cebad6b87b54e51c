import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { compileProgram } from "../../src/compile/compile.js";
import { completeOptions } from "../../src/compile/options.js";
import { readNpy } from "../../src/data/npy.js";
import { readNpz } from "../../src/data/npz.js";
import { selectTrained } from "../../src/graph/parameters.js";
import { unview } from "../../src/graph/view.js";
import { importOnnx } from "../../src/onnx/import.js";
import { ReferenceVm } from "../../src/reference/vm.js";
import { optimizerOf } from "../helpers/parity-case.js";
import { largestDifference } from "../helpers/training.js";
import { TOLERANCES } from "../tolerances.js";

const parity = new URL("../fixtures/parity", import.meta.url).pathname;
const cases = readdirSync(parity).filter((name) => name !== "adam-eps-inside");

interface CaseOptions {
  readonly loss: "cross-entropy" | "mse";
  readonly optimizer: "sgd" | "momentum" | "adam";
  readonly lr: number;
  readonly batch: number;
  readonly steps: number;
  readonly freeze?: string[];
  readonly bn?: "batch" | "frozen";
  readonly clipValue?: number;
  readonly clipNorm?: number;
}

/** The importer, autodiff and the f64 VM together against PyTorch's run in double precision. */
test.each(cases)("%s: fifty steps as PyTorch's in f64", (name) => {
  const file = (part: string) => new Uint8Array(readFileSync(join(parity, name, part)));
  const { options, rows } = JSON.parse(new TextDecoder().decode(file("case.json"))) as {
    options: CaseOptions;
    rows: number;
  };
  const { graph } = importOnnx(file("model.onnx"));
  const trained = selectTrained(graph, options.freeze ? { freeze: options.freeze } : {});
  const { loss, batch, steps, bn = "batch", clipValue, clipNorm } = options;
  const compiled = compileProgram(
    graph,
    completeOptions({
      ...{ loss, batch, rows, steps, bn, shuffle: false },
      ...(clipValue !== undefined && { clipValue }),
      ...(clipNorm !== undefined && { clipNorm }),
      optimizer: optimizerOf(options),
      trainable: (parameter) => trained.has(parameter),
    }),
  );
  const vm = new ReferenceVm(compiled.bytes);
  vm.tensor(compiled.lrTensor!)[0] = options.lr;
  const x = Array.from(readNpy(file("x.npy"), "x").data, Number);
  const y = Array.from(readNpy(file("y.npy"), "y").data as ArrayLike<number | bigint>, Number);
  const step = vm.program.procedures[compiled.procedures.step!]!;
  const losses: number[] = [];
  for (let done = 0, row = 0; done < steps; done++) {
    const count = Math.min(batch, rows - row);
    const [xRow, yRow] = [x.length / rows, y.length / rows];
    vm.tensor(step.x!).set(x.slice(row * xRow, (row + count) * xRow));
    vm.tensor(step.y!).set(y.slice(row * yRow, (row + count) * yRow));
    vm.execute(compiled.procedures.step!, count);
    losses.push(vm.tensor(step.loss!)[0]!);
    row = row + count === rows ? 0 : row + count;
  }
  const expected = readNpz(file("expected.npz"), "expected");
  const wanted = (key: string) => Array.from(expected.get(`f64/${key}`)!.data, Number);
  expect(largestDifference(losses, wanted("loss"))).toBeLessThan(TOLERANCES.pytorchF64);
  expect(compiled.parameters.length).toBeGreaterThan(0);
  for (const { name: parameter, tensor, initializer } of compiled.parameters) {
    const values = unview(initializer, Float32Array.from(vm.tensor(tensor)));
    expect(largestDifference(values, wanted(parameter))).toBeLessThan(TOLERANCES.pytorchF64);
  }
});
