import { expect, test } from "vitest";
import * as op from "../../assembly/abi/opcodes.js";
import * as abi from "../../assembly/abi/program.js";
import { attributeCount, operandCount } from "../../src/autodiff/signature.js";
import { ProgramMemory } from "../../src/compile/program-memory.js";
import { readProgram } from "../../src/compile/program-reader.js";
import { GraphSketch } from "../helpers/graphs.js";
import { compileForTest } from "../helpers/training.js";

const [features, hidden, classes, batch, rows] = [6, 5, 3, 7, 20];

/** Everything starts on 16 bytes. */
const padded = (bytes: number) => Math.ceil(bytes / 16) * 16;
const tensors = (...elements: number[]) => elements.reduce((sum, n) => sum + padded(4 * n), 0);

const sketch = new GraphSketch(["N", features]);
const tanh = sketch.unary("Tanh", sketch.gemm("x", "fc1", features, hidden));
const graph = sketch.end(sketch.gemm(tanh, "fc2", hidden, classes));
const options = { optimizer: { name: "adam" }, batch, rows } as const;
const { plan } = compileForTest(graph, options);

/** Weights and biases of the two layers. */
const parameters = [features * hidden, hidden, hidden * classes, classes];

const forward = [op.GEMM_NT_BIAS, op.TANH, op.GEMM_NT_BIAS];
const loss = [op.SOFTMAX_CROSS_ENTROPY, op.WEIGHTED_MEAN];
const code = {
  predict: forward,
  evaluate: [...forward, ...loss, op.CORRECT_COUNT],
  step: [
    ...[...forward, ...loss, op.CHECK_FINITE, op.ADAM_BEGIN, op.SOFTMAX_CROSS_ENTROPY_BACKWARD],
    ...[op.GEMM_TN, op.COLUMN_SUM, op.GEMM_NN, op.ADAM, op.ADAM, op.TANH_BACKWARD],
    ...[op.GEMM_TN, op.COLUMN_SUM, op.ADAM, op.ADAM],
  ],
};

/** Header, table and sections, the weights' section left out. */
function programBytes(): number {
  const states = 3 * parameters.length + 1; // w, m and v, and Adam's corrections
  const lasting = states + "lr x y order weights".split(" ").length;
  const outputs = forward.length;
  const losses = "row loss, row weight, loss, loss weight".split(",").length;
  const gradients = "logits w2 b2 tanh w1 b1 fc1".split(" ").length;
  const passing = 3 * outputs + 2 * losses + 1 /* correct */ + gradients;
  const words = Object.values(code)
    .flat()
    .reduce((sum, opcode) => sum + 2 + operandCount(opcode) + attributeCount(opcode), 0);
  const sections = [
    (lasting + passing) * abi.TENSOR_BYTES,
    4 * words,
    Object.keys(code).length * abi.PROCEDURE_BYTES,
    abi.PHASE_BYTES,
    states * abi.STATE_BYTES,
  ];
  const table = abi.HEADER_BYTES + abi.SECTION_NAMES * abi.SECTION_BYTES;
  return sections.reduce((sum, bytes) => sum + padded(bytes), table);
}

test("bytes by category, where dx of the second layer joins its other gradients", () => {
  expect(plan.peakInstruction).toEqual({
    procedure: "step",
    index: code.step.indexOf(op.GEMM_NN),
    op: "GEMM_NN",
    tensor: `d ${tanh}`,
  });
  expect(plan.bytes).toEqual({
    weights: tensors(...parameters, classes), // and a weight for each class
    optimizer: tensors(...parameters, ...parameters, 1, 6), // m and v, the rate, three f64
    rows: tensors(batch * features, batch, rows), // x, y, the order of the rows
    activations: tensors(batch * hidden), // tanh, which lies over its own input
    gradients: tensors(batch * classes, hidden * classes, classes, batch * hidden),
    scratch: tensors(1, 1), // the loss and its weight
    program: programBytes(),
  });
});

test("nothing is lost: the arena is their sum", () => {
  const sum = Object.values(plan.bytes).reduce((total, bytes) => total + bytes, 0);
  expect(plan.arenaBytes).toBe(sum);
  expect(plan.lowerBoundBytes).toBe(sum);
  expect(plan.unusedBytes).toBe(0);
});

test.each([
  "joint",
  "blocks",
  { name: "blocks", blockOrder: "gauss-southwell" },
  "pretrain",
  "unfreeze",
] as const)("what the file tells of its memory is what was planned: %j", (rule) => {
  const strategy = typeof rule === "string" ? { name: rule } : rule;
  const compiled = compileForTest(graph, { ...options, strategy });
  const program = readProgram(compiled.bytes);
  const memory = new ProgramMemory(program);
  const live = program.procedures.flatMap((procedure) => memory.liveBytes(procedure));
  expect(Math.max(...live)).toBe(compiled.plan.lowerBoundBytes);
});
