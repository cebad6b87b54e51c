import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { readCheckpoint } from "../../src/runtime/checkpoint.js";
import { Session } from "../../src/runtime/session.js";
import { type Training, train } from "./embedder.js";
import { describeEngines, ENGINES, lastLine, pythonPath, run, runCommand } from "./engines.js";
import { deviceDirectory, FEATURES, ROWS, smallProgram, smallRows, TRAIN } from "./workload.js";

describeEngines("one training, the same bits on every engine", () => {
  const program = smallProgram();
  const rows = smallRows();
  let expected: Training;

  beforeAll(() => {
    expected = train(program, rows, { flavour: "scalar" });
  });

  test("core, simd: the checkpoint and the fingerprint of scalar", () => {
    const simd = train(program, rows, { flavour: "simd" });
    expect(simd.fingerprint).toBe(expected.fingerprint);
    expect(simd.files).toEqual(expected.files);
  });

  test.each([1, 1000, 20000])("core, run(%i): a budget changes nothing", (budget) => {
    const sliced = train(program, rows, { flavour: "simd", budget });
    expect(sliced.fingerprint).toBe(expected.fingerprint);
    expect(sliced.files).toEqual(expected.files);
  });

  test.each(["scalar", "simd"] as const)("the host's session in Node, %s", (flavour) => {
    const session = new Session(program.bytes, flavour);
    const data = { rows: ROWS, x: rows.x, y: { data: rows.y } };
    for (const _ of session.train(data as never, 0)) void _;
    expect(session.core.fingerprint()).toBe(expected.fingerprint);
  });

  const runs = ENGINES.flatMap((engine) =>
    engine.flavours.map((flavour) => ({ engine, flavour, name: `${engine.name}, ${flavour}` })),
  );
  test.each(runs)("$name", async ({ engine, flavour }) => {
    const directory = deviceDirectory(program, rows);
    const outcome = await runCommand(engine, directory, `strop.${flavour}.wasm`, TRAIN);
    expect(lastLine(outcome.stderr)).toBe("strop: ok");
    expect(outcome.code).toBe(0);
    const epochs = outcome.stderr.split("\n").filter((line) => line.startsWith("epoch "));
    expect(epochs.length).toBe(3);
    const [fingerprint, loss, steps] = outcome.stdout.split("\n");
    expect(fingerprint).toBe(`fingerprint ${expected.fingerprint}`);
    expect(loss).toBe(epochs.at(-1)!.replace("epoch 3 ", ""));
    expect(steps).toBe("steps 12");
    const out = new Uint8Array(readFileSync(join(directory, "OUT")));
    expect(out).toEqual(expected.files.at(-1));
    expect(readCheckpoint(out, "OUT").steps).toBe(12);
  });

  test("pywasm3, the scalar library, in slices", async () => {
    const directory = deviceDirectory(program, rows);
    const script = new URL("pywasm3.py", import.meta.url).pathname;
    const files = ["core.scalar.wasm", "program.strop", "X.npy", "Y.npy", "RECORD"];
    const outcome = await run("python3", [script, ...files, "5000"], directory, {
      PYTHONPATH: pythonPath,
    });
    expect(outcome.stderr).toBe("");
    expect(outcome.stdout.trim()).toBe(`fingerprint ${expected.fingerprint}`);
    const record = new Uint8Array(readFileSync(join(directory, "RECORD")));
    expect(record).toEqual(expected.files.at(-1)!.subarray(0, record.length));
  });

  test.each(runs)("eval and predict, $name", async ({ engine, flavour }) => {
    const directory = deviceDirectory(program, rows);
    const module = `strop.${flavour}.wasm`;
    await runCommand(engine, directory, module, TRAIN);
    const files = ["program.strop", "X.npy"];
    const learned = ["--checkpoint", "OUT"];
    const session = new Session(program.bytes, "scalar");
    const data = { rows: ROWS, x: rows.x, y: { data: rows.y } } as never;
    const fresh = session.evaluate(data);
    for (const _ of session.train(data, 0)) void _;
    const trained = session.evaluate(data);
    const evaluate = (...more: string[]) =>
      runCommand(engine, directory, module, ["eval", ...files, "Y.npy", ...more]);
    expect(numbers((await evaluate()).stdout)).toEqual(rounded(fresh));
    expect(numbers((await evaluate(...learned)).stdout)).toEqual(rounded(trained));
    expect(trained.loss).toBeLessThan(fresh.loss);
    const predict = ["predict", ...files, "P.npy", ...learned];
    const outcome = await runCommand(engine, directory, module, predict);
    expect(lastLine(outcome.stderr)).toBe("strop: ok");
    const { readNpy } = await import("../../src/data/npy.js");
    const predicted = readNpy(new Uint8Array(readFileSync(join(directory, "P.npy"))), "P.npy");
    expect(predicted.shape).toEqual([ROWS, 5]);
    expect(predicted.data).toEqual(session.predict(data));
    expect(rows.x.length).toBe(ROWS * FEATURES);
  });
});

/** "rows 53\nloss 1.6\naccuracy 0.2" as numbers. */
function numbers(stdout: string): Record<string, number> {
  const lines = stdout.trim().split("\n");
  return Object.fromEntries(lines.map((line) => [line.split(" ")[0]!, Number(line.split(" ")[1])]));
}

/** To the six digits that the command prints. */
function rounded(result: object): Record<string, number> {
  const entries = Object.entries(result) as [string, number][];
  return Object.fromEntries(entries.map(([key, value]) => [key, Number(value.toPrecision(6))]));
}
