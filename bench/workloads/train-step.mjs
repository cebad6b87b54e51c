import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { SESSION_LOSS } from "../../dist/assembly/abi/session.js";
import { DONE, ROWS } from "../../dist/assembly/abi/status.js";
import { dense, input, optimizers, relu, sequential, writeNpy } from "../../dist/src/node.js";
import { Session } from "../../dist/src/runtime/session.js";
import { normalArray } from "../lib/random.mjs";
import { median } from "../lib/statistics.mjs";

export const title = "training step 784-128-64-10, Adam, batch 32";
export const unit = "a step";
export const settings = {
  batch: 32,
  widths: [784, 128, 64, 10],
  lr: 1e-5,
  steps: 400,
  warmUp: 800,
};
export const quickSettings = { steps: 10, warmUp: 10 };

/** The same weights for both: those of a fresh model. */
const modelOf = ([features, ...widths]) =>
  sequential(
    [
      input({ shape: [features] }),
      ...widths.flatMap((units, i) => (i ? [relu()] : []).concat(dense({ units }))),
    ],
    { seed: 1 },
  );

const rowsOf = ({ batch, widths }) => ({
  x: normalArray(batch * widths[0], 1),
  y: Int32Array.from({ length: batch }, (_, i) => i % widths.at(-1)),
});

export function prepare(settings, folder) {
  const { batch, widths } = settings;
  const write = (name, shape, data) =>
    writeFileSync(join(folder, `${name}.npy`), writeNpy({ shape, data }));
  const { x } = rowsOf(settings);
  write("x", [batch, widths[0]], x);
  for (const [i, { shape, data }] of [...modelOf(widths).graph.initializers.values()].entries()) {
    write(`w${i}`, shape, data);
  }
}

/** The program's run alone: the rows are in their place before the clock starts. */
export function measure({ batch, widths, lr, steps, warmUp }) {
  const model = modelOf(widths).compile({
    optimizer: optimizers.adam({ lr }),
    loss: "cross-entropy",
  });
  const options = { batchSize: batch, steps: warmUp + steps, shuffle: false };
  const program = model.build({ ...options, rows: batch, loss: { name: "cross-entropy" } });
  const { core, program: record } = new Session(program.bytes, "simd");
  const { x, y } = record.procedures[record.phases[0].step];
  const rows = rowsOf({ batch, widths });
  const times = [];
  core.trainBegin(batch);
  for (let status = core.run(); status !== DONE; ) {
    if (status !== ROWS) {
      status = core.run();
      continue;
    }
    core.floats(record.tensors[x].offset, rows.x.length).set(rows.x);
    core.ints(record.tensors[y].offset, rows.y.length).set(rows.y);
    const start = performance.now();
    status = core.run();
    times.push(performance.now() - start);
  }
  return { ms: median(times.slice(warmUp)), result: core.sessionF32(SESSION_LOSS) };
}
