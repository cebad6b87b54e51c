import { compileProgram } from "../../src/compile/compile.js";
import { completeOptions } from "../../src/compile/options.js";
import type { Graph } from "../../src/graph/graph.js";
import { ReferenceVm } from "../../src/reference/vm.js";
import { evaluateNaively } from "./naive-onnx.js";
import { TestRandom } from "./random.js";
import { largestDifference } from "./training.js";

/** How far a compiled graph's prediction, run by the reference VM, is from the naive evaluation in ONNX's order. */
export function predictionError(graph: Graph, rows = 3): number {
  const options = { rows, batch: rows, loss: undefined, training: false, trainable: () => false };
  const { bytes } = compileProgram(graph, completeOptions(options));
  const vm = new ReferenceVm(bytes);
  const { x, output } = vm.program.procedures[0]!;
  vm.tensor(x!).set(new TestRandom(21).array(vm.tensor(x!).length));
  vm.execute(0);
  return largestDifference(vm.tensor(output!), evaluateNaively(graph, rows, vm.tensor(x!)));
}
