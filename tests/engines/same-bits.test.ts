import { afterAll, beforeAll, expect, test } from "vitest";
import { readNpy } from "../../src/data/npy.js";
import { readCheckpoint } from "../../src/runtime/checkpoint.js";
import { Session } from "../../src/runtime/session.js";
import { Device, expectOk } from "./device.js";
import { type Training, train } from "./embedder.js";
import { describeEngines, ENGINES, pythonPath, run } from "./engines.js";
import { EVAL, NETWORKS, PREDICT, ROWS, smallProgram, smallRows, TRAIN } from "./workload.js";

const networks = Object.keys(NETWORKS) as (keyof typeof NETWORKS)[];

for (const network of networks)
  describeEngines(`${network}, the same bits on every engine`, () => {
    const program = smallProgram({}, network);
    const rows = smallRows();
    const data = { rows: ROWS, x: rows.x, y: { data: rows.y } } as never;
    let expected: Training;
    let device: Device;

    beforeAll(() => {
      expected = train(program, rows, { flavour: "scalar" });
      device = new Device(program, rows);
    });
    afterAll(() => device.close());

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
      for (const _ of session.train(data, 0)) void _;
      expect(session.core.fingerprint()).toBe(expected.fingerprint);
    });

    const runs = ENGINES.flatMap((engine) =>
      engine.flavours.map((flavour) => ({ engine, flavour, name: `${engine.name}, ${flavour}` })),
    );
    test.each(runs)("$name", async ({ engine, flavour }) => {
      device.remove("OUT");
      const outcome = await device.run(TRAIN, engine, `strop.${flavour}.wasm`);
      expectOk(outcome);
      const epochs = outcome.stderr.split("\n").filter((line) => line.startsWith("epoch "));
      expect(epochs.length).toBe(3);
      const loss = epochs.at(-1)!.replace("epoch 3 ", "");
      expect(outcome.stdout).toBe(`fingerprint ${expected.fingerprint}\n${loss}\nsteps 12\n`);
      expect(device.read("OUT")).toEqual(expected.files.at(-1));
      expect(readCheckpoint(device.read("OUT"), "OUT").steps).toBe(12);
    });

    test("pywasm3, the scalar library, in slices", async () => {
      const script = new URL("pywasm3.py", import.meta.url).pathname;
      const files = ["core.scalar.wasm", "program.strop", "X.npy", "Y.npy", "RECORD"];
      const environment = { PYTHONPATH: pythonPath };
      const outcome = await run(
        "python3",
        [script, ...files, "5000"],
        device.directory,
        environment,
      );
      expect(outcome.stderr).toBe("");
      expect(outcome.stdout).toBe(`fingerprint ${expected.fingerprint}\n`);
      const record = device.read("RECORD");
      expect(record).toEqual(expected.files.at(-1)!.subarray(0, record.length));
    });

    test.each(runs)("eval and predict, $name", async ({ engine, flavour }) => {
      device.put("OUT", expected.files.at(-1)!);
      const run = (...args: string[]) => device.run(args, engine, `strop.${flavour}.wasm`);
      const learned = ["--checkpoint", "OUT"];
      const session = new Session(program.bytes, "scalar");
      expect(numbers((await run(...EVAL)).stdout)).toEqual(rounded(session.evaluate(data)));
      for (const _ of session.train(data, 0)) void _;
      expect(numbers((await run(...EVAL, ...learned)).stdout)).toEqual(
        rounded(session.evaluate(data)),
      );
      device.remove("P.npy");
      expectOk(await run(...PREDICT, ...learned));
      const predicted = readNpy(device.read("P.npy"), "P.npy");
      expect(predicted.shape).toEqual([ROWS, 5]);
      expect(predicted.data).toEqual(session.predict(data));
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
