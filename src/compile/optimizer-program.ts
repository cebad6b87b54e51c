import { KIND_STEP } from "../../assembly/abi/program.js";
import { makeOptimizer, type OptimizerOptions } from "../autodiff/optimizers/index.js";
import type { Emitter } from "../autodiff/optimizers/rule.js";
import type { Instruction, Procedure, Tensor } from "../autodiff/training-graph.js";
import { workOf } from "../autodiff/work.js";
import { checkOptimizer } from "./check-options.js";
import { assemble } from "./compile.js";
import { placeTensors } from "./placement.js";
import type { Plan } from "./plan.js";

export interface OptimizerProgram {
  readonly bytes: Uint8Array;
  readonly plan: Plan;
  /** Index of the procedure that makes one step. */
  readonly procedure: number;
  /** Where each parameter and its gradient lie in the arena; the host writes both. */
  readonly parameters: readonly { tensor: number; offset: number; elements: number }[];
  readonly gradients: readonly { tensor: number; offset: number; elements: number }[];
  /** The optimizer's own memory by name: "m:parameter 0". */
  readonly states: ReadonlyMap<string, { tensor: number; offset: number; elements: number }>;
  /** One element; it holds the options' rate from the start. */
  readonly lr: { readonly tensor: number; readonly offset: number };
}

/** A program that is only an optimizer's step, for parameters and gradients of the caller's own. */
export function compileOptimizer(
  options: OptimizerOptions,
  sizes: readonly number[],
): OptimizerProgram {
  checkOptimizer(options);
  const make = (category: "weights" | "rows") => (c0: number, index: number) => {
    const name = `${category === "weights" ? "parameter" : "gradient"} ${index}`;
    return { name, type: "f32", c0, c1: 0, category, lifetime: "run" } as const;
  };
  const parameters: Tensor[] = sizes.map(make("weights"));
  const gradients: Tensor[] = sizes.map(make("rows"));
  const instructions: Instruction[] = [];
  const emitter: Emitter = {
    emit(opcode: number, operands: readonly Tensor[], attributes: readonly number[] = []) {
      const work = workOf(opcode, operands, attributes, 1);
      instructions.push({ opcode, operands, attributes, work });
    },
    temporary: (name, category, { c0, c1 }) => {
      return { name, type: "f32", c0, c1, category, lifetime: "procedure" };
    },
  };
  const optimizer = makeOptimizer(options);
  const rates = { lr: optimizer.begin(emitter), weightDecay: optimizer.weightDecay };
  parameters.forEach((w, i) => {
    optimizer.update(emitter, w, gradients[i]!, rates);
  });
  optimizer.end(emitter);
  const step: Procedure = { name: "step", kind: KIND_STEP, batch: 1, instructions };
  const graph = { procedures: [step], phases: [], states: optimizer.states, rowsMax: 0 };
  const placement = placeTensors(graph);
  const { bytes, plan } = assemble(graph, placement);
  const locate = (tensor: Tensor) => ({
    tensor: placement.tensors.indexOf(tensor),
    offset: placement.offsets.get(tensor)!,
    elements: tensor.c0,
  });
  return {
    bytes,
    plan,
    procedure: 0,
    parameters: parameters.map(locate),
    gradients: gradients.map(locate),
    states: new Map(optimizer.states.map((state) => [state.name, locate(state)])),
    lr: locate(optimizer.lrTensor),
  };
}
