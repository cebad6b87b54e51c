import { expect, test } from "vitest";
import { compileProgram } from "../../src/compile/compile.js";
import { lossOptions } from "../../src/compile/options.js";
import { readNpy } from "../../src/data/npy.js";
import { readNpz } from "../../src/data/npz.js";
import { unview } from "../../src/graph/view.js";
import { importOnnx } from "../../src/onnx/import.js";
import { ReferenceVm } from "../../src/reference/vm.js";
import { compileOptions } from "../../src/train/compile-options.js";
import { prepareData } from "../../src/train/input.js";
import {
  optimizerOf,
  parityCase,
  parityCases,
  parityFile,
  parityGiven,
} from "../helpers/parity-case.js";
import { largestDifference } from "../helpers/training.js";
import { TOLERANCES } from "../tolerances.js";

/** Those of a single step procedure: choosing among several is the trainer's part (tests/parity). */
const cases = parityCases.filter((name) => parityCase(name).options.strategy === undefined);

/** The importer, autodiff and the f64 VM together against PyTorch's run in double precision. */
test.each(cases)("%s: fifty steps as PyTorch's in f64", (name) => {
  const { options, rows } = parityCase(name);
  const { graph } = importOnnx(parityGiven(name, "model.onnx"));
  const { batch, steps } = options;
  const [xArray, yArray] = [
    readNpy(parityGiven(name, "x.npy"), "x"),
    readNpy(parityGiven(name, "y.npy"), "y"),
  ];
  const { loss, rows: dataset } = prepareData(graph, lossOptions(options.loss), xArray, yArray);
  const model = { ...options, optimizer: optimizerOf(options) };
  const fit = { batchSize: batch, steps, shuffle: false };
  const compiled = compileProgram(graph, compileOptions(graph, model, fit, rows, loss));
  const vm = new ReferenceVm(compiled.bytes);
  vm.tensor(compiled.lrTensor!)[0] = options.lr;
  const [x, y] = [Array.from(dataset.x), Array.from(dataset.y!.data)];
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
  const expected = readNpz(parityFile(name, "expected.npz"), "expected");
  const wanted = (key: string) => Array.from(expected.get(`f64/${key}`)!.data, Number);
  expect(largestDifference(losses, wanted("loss"))).toBeLessThan(TOLERANCES.pytorchF64);
  expect(compiled.parameters.length).toBeGreaterThan(0);
  for (const { name: parameter, tensor, initializer } of compiled.parameters) {
    const values = unview(initializer, Float32Array.from(vm.tensor(tensor)));
    expect(largestDifference(values, wanted(parameter))).toBeLessThan(TOLERANCES.pytorchF64);
  }
});
