import { describe, expect, test } from "vitest";
import * as status from "../../assembly/abi/status.js";
import type { StrategyOptions } from "../../src/compile/options.js";
import { Embedder } from "../engines/embedder.js";
import { smallProgram, smallRows } from "../engines/workload.js";

// What a step that solves keeps for the next one is in the checkpoint: moments, triangles, counts.

const STRATEGIES: readonly StrategyOptions[] = [
  { name: "bcd", sweeps: 2 },
  { name: "last-layer", ridge: 0.5 },
];

describe.each(STRATEGIES)("$name, stopped and resumed", (strategy) => {
  const loss = { name: "mse", targets: "classes" } as const;
  const program = smallProgram({ strategy, loss, epochs: 2 }, "chain");
  const rows = smallRows();

  function loaded(flavour: "scalar" | "simd"): Embedder {
    const core = new Embedder(program, flavour);
    expect(core.load()).toBe(status.DONE);
    return core;
  }

  test("before every step, on the other flavour", () => {
    const whole = loaded("simd");
    const records: Uint8Array[] = [];
    expect(whole.call("trainBegin", rows.y.length)).toBe(status.DONE);
    whole.runWhole(rows, () => records.push(whole.record(1)));
    expect(records).toHaveLength(strategy.name === "bcd" ? 8 : 5);
    for (const record of records) {
      const core = loaded("scalar");
      expect(core.restore(record)).toBe(status.DONE);
      expect(core.call("trainResume", rows.y.length)).toBe(status.DONE);
      core.runWhole(rows);
      expect(core.fingerprint()).toBe(whole.fingerprint());
    }
  });
});
