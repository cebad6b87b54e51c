import { expect, test } from "vitest";
import { KIND_STEP } from "../../assembly/abi/program.js";
import { buildTraining } from "../../src/autodiff/build.js";
import type { TrainingGraph } from "../../src/autodiff/training-graph.js";
import { completeOptions } from "../../src/compile/options.js";
import { placeTensors } from "../../src/compile/placement.js";
import { writeProgram } from "../../src/compile/writer.js";
import { Session } from "../../src/runtime/session.js";
import { GraphSketch } from "../helpers/graphs.js";
import { TestRandom } from "../helpers/random.js";

const [ROWS, BATCH, FEATURES] = [4, 4, 3];

/** A linear model whose tensors are its own. */
function regression(name: string): TrainingGraph {
  const g = new GraphSketch(["N", FEATURES]);
  const graph = g.end(g.gemm("x", name, FEATURES, 1));
  const run = { rows: ROWS, batch: BATCH, epochs: 1, shuffle: false, loss: "mse" } as const;
  const optimizer = { name: "sgd", lr: 0 } as const;
  return buildTraining(graph, completeOptions({ ...run, optimizer, trainable: () => true })).graph;
}

test("each phase's rows go where its own step reads them", () => {
  const [first, second] = [regression("first"), regression("second")];
  const steps = [first, second].map(({ procedures }) => procedures.at(-1)!);
  const graph: TrainingGraph = {
    ...first,
    procedures: steps,
    phases: [first, second].map(({ phases }, step) => ({ ...phases[0]!, step })),
    states: [...first.states, ...second.states],
  };
  const session = new Session(writeProgram(graph, placeTensors(graph)), "scalar");
  const random = new TestRandom(7);
  const x = random.array(ROWS * FEATURES);
  const data = random.array(ROWS);
  const rows = {
    rows: ROWS,
    rowElements: FEATURES,
    x,
    y: { kind: "values", elements: 1, data },
    notes: [],
  } as const;
  const losses = [...session.train(rows, 0)].flatMap((event) =>
    event.kind === "step" ? [event.loss] : [],
  );
  // The same weights, the same rows and a rate of 0.
  expect(losses).toHaveLength(2);
  expect(losses[1]).toBe(losses[0]);
  const { procedures, tensors } = session.program;
  const places = procedures
    .filter(({ kind }) => kind === KIND_STEP)
    .map((step) => [tensors[step.x!]!.offset, tensors[step.y!]!.offset]);
  expect(places[0]).not.toEqual(places[1]);
  for (const [xAt, yAt] of places) {
    expect(session.core.floats(xAt!, x.length)).toEqual(x);
    expect(session.core.floats(yAt!, data.length)).toEqual(data);
  }
});
