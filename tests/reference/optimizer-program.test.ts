import { describe, expect, test } from "vitest";
import { OPTIMIZER_NAMES, type OptimizerOptions } from "../../src/autodiff/optimizers/index.js";
import { compileOptimizer } from "../../src/compile/optimizer-program.js";
import { optimizers } from "../../src/index.js";
import { ReferenceVm } from "../../src/reference/vm.js";
import { TestRandom } from "../helpers/random.js";
import { largestDifference } from "../helpers/training.js";
import { TOLERANCES } from "../tolerances.js";

/** Three steps by the program, and three by the textbook; the same gradients. */
function error(
  options: OptimizerOptions,
  textbook: (g: number, state: number[], t: number) => number,
) {
  const program = compileOptimizer(options, [3, 1]);
  const vm = new ReferenceVm(program.bytes);
  const random = new TestRandom(4);
  const [w, g] = [program.parameters[0]!, program.gradients[0]!];
  vm.tensor(w.tensor).set(random.array(3));
  const expected = Array.from(vm.tensor(w.tensor));
  const states = expected.map(() => [0, 0]);
  for (let t = 1; t <= 3; t++) {
    vm.tensor(g.tensor).set(random.array(3));
    expected.forEach((_, i) => {
      expected[i]! += textbook(vm.tensor(g.tensor)[i]!, states[i]!, t);
    });
    vm.execute(program.procedure);
  }
  return largestDifference(vm.tensor(w.tensor), expected);
}

describe("a program that is only an optimizer", () => {
  test.each(OPTIMIZER_NAMES)("%s: five steps in the core as in the VM", (name) => {
    const sizes = [7, 1, 20];
    const program = compileOptimizer({ name, lr: 0.05, weightDecay: 0.1 }, sizes);
    const vm = new ReferenceVm(program.bytes);
    const random = new TestRandom(8);
    const optimizer = optimizers[name]({ lr: 0.05, weightDecay: 0.1 });
    const parameters = sizes.map((size) => random.array(size));
    for (const [i, { tensor }] of program.parameters.entries()) {
      vm.tensor(tensor).set(parameters[i]!);
    }
    for (let step = 0; step < 5; step++) {
      const gradients = sizes.map((size) => random.array(size));
      for (const [i, { tensor }] of program.gradients.entries()) {
        vm.tensor(tensor).set(gradients[i]!);
      }
      optimizer.step(parameters, gradients);
      vm.execute(program.procedure);
    }
    for (const [i, { tensor }] of program.parameters.entries()) {
      expect(largestDifference(parameters[i]!, vm.tensor(tensor))).toBeLessThan(
        TOLERANCES.f32Reduction,
      );
    }
  });

  test("sgd", () => {
    expect(error({ name: "sgd", lr: 0.5 }, (g) => -0.5 * g)).toBeLessThan(TOLERANCES.f32Rounding);
  });

  test("momentum and Nesterov", () => {
    for (const nesterov of [false, true]) {
      const options = { name: "sgd", lr: 0.5, momentum: 0.75, nesterov } as const;
      const update = (g: number, s: number[]) => {
        s[0] = 0.75 * s[0]! + g;
        return -0.5 * (nesterov ? g + 0.75 * s[0]! : s[0]!);
      };
      expect(error(options, update)).toBeLessThan(TOLERANCES.f32Rounding);
    }
  });

  test("adam, epsilon outside and inside", () => {
    for (const epsInside of [false, true]) {
      const options = { name: "adam", lr: 0.125, eps: 0.25, epsInside } as const;
      const update = (g: number, s: number[], t: number) => {
        s[0] = 0.9 * s[0]! + 0.1 * g;
        s[1] = 0.999 * s[1]! + 0.001 * g * g;
        const [m, v] = [s[0] / (1 - 0.9 ** t), s[1] / (1 - 0.999 ** t)];
        return (-0.125 * m) / (epsInside ? Math.sqrt(v + 0.25) : Math.sqrt(v) + 0.25);
      };
      expect(error(options, update)).toBeLessThan(TOLERANCES.f32Rounding);
    }
  });
});
