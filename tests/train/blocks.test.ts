import { describe, expect, test } from "vitest";
import { ROLE_PARAMETER } from "../../assembly/abi/program.js";
import { SESSION_BLOCK, SESSION_POSITION } from "../../assembly/abi/session.js";
import * as status from "../../assembly/abi/status.js";
import { type BlockOrder, parameterBlocks } from "../../src/autodiff/strategies/blocks.js";
import { bytesAt } from "../../src/autodiff/training-graph.js";
import type { CompiledProgram } from "../../src/compile/compile.js";
import { hashCounters } from "../../src/compile/hash.js";
import { listParameters } from "../../src/graph/parameters.js";
import { ReferenceVm } from "../../src/reference/vm.js";
import type { Session } from "../../src/runtime/session.js";
import { Embedder } from "../engines/embedder.js";
import { smallProgram, smallRows } from "../engines/workload.js";
import { GraphSketch } from "../helpers/graphs.js";
import { smallModels } from "../helpers/small-models.js";
import { compileSmall, datasetOf, runSession } from "../helpers/small-session.js";

const ORDERS: readonly BlockOrder[] = ["cyclic", "random", "gauss-southwell"];
const TURN = 3;
const blocks = (blockOrder: BlockOrder, blockSteps = TURN) =>
  ({ strategy: { name: "blocks", blockOrder, blockSteps } }) as const;

test("a frozen product takes no block away from its bias", () => {
  const net = new GraphSketch(["N", 4]);
  const first = net.gemm("x", "one", 4, 3);
  const product = net.node("MatMul", [first, net.weight("two.weight", [3, 2])], {});
  const graph = net.end(net.node("Add", [product, net.weight("two.bias", [2])], {}));
  const trained = new Set(["one.weight", "one.bias", "two.bias"]);
  expect(parameterBlocks(graph, trained).map(({ trains }) => [...trains])).toEqual([
    ["one.weight", "one.bias"],
    ["two.bias"],
  ]);
});

/** The names of the parameters of each block, as the strategy cuts the model. */
function blocksOf(graph: Parameters<typeof parameterBlocks>[0]): ReadonlySet<string>[] {
  const trained = listParameters(graph).filter(({ role }) => role === "parameter");
  return parameterBlocks(graph, new Set(trained.map(({ name }) => name))).map(
    ({ trains }) => trains,
  );
}

function parametersIn(session: Session, program: CompiledProgram): Map<string, Float32Array> {
  return new Map(
    program.parameters
      .filter(({ role }) => role === ROLE_PARAMETER)
      .map(({ name, offset, elements }) => [name, session.core.floats(offset, elements).slice()]),
  );
}

describe.each(smallModels)("$name", (small) => {
  const parts = blocksOf(small.make().graph);

  test.each(ORDERS)("%s: a step moves its block, and no byte of another", (order) => {
    const options = { ...blocks(order), optimizer: { name: "adam", lr: 0.01 } } as const;
    const program = compileSmall(small, options);
    let before: Map<string, Float32Array> | undefined;
    const turns: number[] = [];
    runSession(small, options, {
      onStep: (session) => {
        const block = session.core.session(SESSION_BLOCK);
        turns.push(block);
        const after = parametersIn(session, program);
        for (const [name, values] of before ?? []) {
          if (parts[block]!.has(name)) expect(after.get(name), name).not.toEqual(values);
          else expect(after.get(name), name).toEqual(values);
        }
        before = after;
      },
    });
    const inTurns = turns.map((_, step) => turns[step - (step % TURN)]);
    expect(turns).toEqual(inTurns);
    const chosen = turns.filter((_, step) => step % TURN === 0);
    const drawn = hashCounters([5, 0, 0, 0, 0]);
    if (order === "cyclic") expect(chosen).toEqual(chosen.map((_, turn) => turn % parts.length));
    if (order === "random") {
      expect(chosen).toEqual(chosen.map((_, t) => hashCounters([t], drawn) % parts.length));
    }
  });

  test("every parameter is in one block", () => {
    const names = parts.flatMap((part) => [...part]);
    expect(new Set(names).size).toBe(names.length);
    const program = compileSmall(small, {});
    const trained = program.parameters.filter(({ role }) => role === ROLE_PARAMETER);
    expect(names.sort()).toEqual(trained.map(({ name }) => name).sort());
  });

  test("only one block's optimizer state is in memory, the largest one's", () => {
    const program = compileSmall(small, { ...blocks("cyclic"), optimizer: { name: "adam" } });
    const bytesOf = new Map(
      program.parameters.map(({ name, elements }) => [name, bytesAt({ c0: elements, c1: 0 }, 1)]),
    );
    const moments = parts.map((names) =>
      [...names].reduce((sum, name) => sum + 2 * bytesOf.get(name)!, 0),
    );
    const [rate, corrections] = [16, 32];
    const states = program.tensors.filter(({ category }) => category === "optimizer");
    const from = Math.min(
      ...states.filter(({ name }) => name !== "lr").map(({ offset }) => offset),
    );
    const to = Math.max(...states.map(({ offset, c0 }) => offset + bytesAt({ c0, c1: 0 }, 1)));
    expect(to - from).toBe(Math.max(...moments) + corrections);
    expect(program.plan.bytes.optimizer).toBeLessThanOrEqual(
      Math.max(...moments) + corrections + rate,
    );
    const joint = compileSmall(small, { optimizer: { name: "adam" } }).plan;
    expect(program.plan.bytes.optimizer).toBeLessThan(joint.bytes.optimizer);
  });

  test.each(ORDERS)("%s: same bits paused everywhere, scalar, and with rows looked at", (order) => {
    const whole = runSession(small, blocks(order));
    const rows = datasetOf(small);
    const onStep = (session: Session) => {
      session.evaluate(rows);
      session.predict(rows);
    };
    for (const how of [{ budget: 1 }, { flavour: "scalar" }, { onStep }] as const) {
      const other = runSession(small, blocks(order), how);
      expect(other.losses).toEqual(whole.losses);
      expect(other.fingerprint).toBe(whole.fingerprint);
    }
  });
});

describe("gauss-southwell", () => {
  test("takes the block whose gradient is the largest in f64", () => {
    const small = smallModels[0]!;
    const options = { ...blocks("gauss-southwell", 1), clipNorm: undefined } as const;
    const program = compileSmall(small, options);
    const vm = new ReferenceVm(program.bytes);
    const { scores: scoring } = program.procedures;
    const procedure = vm.program.procedures[scoring!]!;
    const scores = program.tensors.flatMap(({ name }, id) => (name.startsWith("score ") ? id : []));
    const { rowElements, x, y } = datasetOf(small);
    let weights = program.parameters.map(({ tensor }) => vm.tensor(tensor).slice());
    const chosen = new Set<number>();
    runSession(small, options, {
      onStep: (session) => {
        program.parameters.forEach(({ tensor }, i) => void vm.tensor(tensor).set(weights[i]!));
        vm.position = { step: session.steps - 1, row: 0 };
        session.batchRows.forEach((row, i) => {
          const cells = x.subarray(row * rowElements, (row + 1) * rowElements);
          vm.tensor(procedure.x!).set(cells, i * rowElements);
          vm.tensor(procedure.y!)[i] = y!.data[row]!;
        });
        vm.execute(scoring!, session.batchRows.length);
        const values = scores.map((id) => vm.tensor(id)[0]!);
        const block = session.core.session(SESSION_BLOCK);
        expect(values[block]).toBeGreaterThanOrEqual(Math.max(...values) * (1 - 1e-5));
        chosen.add(block);
        weights = program.parameters.map(({ offset, elements }) =>
          Float64Array.from(session.core.floats(offset, elements)),
        );
      },
    });
    expect(chosen.size).toBeGreaterThan(1);
  });
});

describe.each(ORDERS)("%s, stopped and resumed", (order) => {
  const program = smallProgram(blocks(order));
  const rows = smallRows();

  function begun(): Embedder {
    const core = new Embedder(program, "simd");
    expect(core.load()).toBe(status.DONE);
    expect(core.call("trainBegin", rows.y.length)).toBe(status.DONE);
    return core;
  }

  test("after every step", () => {
    const whole = begun();
    whole.runUntil(rows);
    for (let k = 0; k < 12; k++) {
      const cut = begun();
      cut.runUntil(rows, k);
      const core = new Embedder(program, "scalar");
      expect(core.load()).toBe(status.DONE);
      expect(core.restore(cut.record(1))).toBe(status.DONE);
      expect(core.call("trainResume", rows.y.length)).toBe(status.DONE);
      core.runUntil(rows);
      expect(core.fingerprint()).toBe(whole.fingerprint());
    }
  });

  test("a record holds what one block has for itself, and not what all have", () => {
    const bytes = (of: CompiledProgram) => {
      const core = new Embedder(of, "simd");
      expect(core.load()).toBe(status.DONE);
      return core.call("checkpointBytes");
    };
    expect(bytes(program)).toBeLessThan(bytes(smallProgram()));
  });

  test("a block that there is not is refused", () => {
    const core = begun();
    core.runUntil(rows, 2);
    const record = core.record(1);
    new DataView(record.buffer).setUint32(32 + SESSION_BLOCK - SESSION_POSITION, 99, true);
    expect(core.restore(record)).toBe(status.CHECKPOINT_STATE);
  });
});
