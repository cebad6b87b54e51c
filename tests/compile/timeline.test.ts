import { describe, expect, test } from "vitest";
import type { CompiledProgram } from "../../src/compile/compile.js";
import { memoryTimelines } from "../../src/compile/timeline.js";
import { randomNet } from "../fuzz/random-net.js";
import { convNet, denseNet } from "../helpers/graphs.js";
import { compileForTest } from "../helpers/training.js";

const adam = { name: "adam" } as const;
const random = (seed: number) => {
  const { graph, loss } = randomNet(seed, { smooth: false });
  return compileForTest(graph, { loss, optimizer: adam });
};

const programs: readonly (readonly [name: string, program: CompiledProgram])[] = [
  ["dense", compileForTest(denseNet())],
  ["conv, clipped", compileForTest(convNet(), { optimizer: adam, clipNorm: 1 })],
  ...Array.from({ length: 20 }, (_, seed) => [`random ${seed}`, random(seed)] as const),
];

describe.each(programs)("%s", (_, compiled) => {
  const timelines = memoryTimelines(compiled);
  const [timeline] = timelines;

  test("the step, instruction by instruction", () => {
    expect(timelines.map(({ procedure }) => procedure)).toEqual(["step"]);
    for (const series of Object.values(timeline!.bytes)) {
      expect(series).toHaveLength(timeline!.instructions.length);
    }
  });

  test("at the plan's peak the bytes are the plan's, by category", () => {
    const { plan } = compiled;
    const { index, op, tensor, procedure } = plan.peakInstruction;
    if (procedure !== "step") {
      expect(timeline!.peakBytes).toBeLessThanOrEqual(plan.lowerBoundBytes);
      return;
    }
    expect(timeline).toMatchObject({ peak: index, peakBytes: plan.lowerBoundBytes });
    expect(timeline!.instructions[index]).toEqual({ op, tensor });
    const bytes = Object.entries(timeline!.bytes).map(([kind, series]) => [kind, series[index]]);
    expect(Object.fromEntries(bytes)).toEqual(plan.bytes);
  });
});

test("a program that trains nothing has no step", () => {
  expect(memoryTimelines(compileForTest(denseNet(), { training: false }))).toEqual([]);
});
