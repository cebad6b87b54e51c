import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { bar, optimizers, picture, sideBySide, sparkline, writeFileWhole } from "../../node.js";
import { classesOf, type Digits, type LabelledRows, loadDigits, SIDE } from "./digits.js";

/** What the demo leaves in summary.json. */
export interface DemoSummary {
  readonly accuracyBefore: number;
  readonly accuracyAfter: number;
  readonly plannedBytes: number;
  readonly usedBytes: number;
  readonly stepMs: number;
  /** hash64 of the trained weights: the same on every machine. */
  readonly fingerprint: string;
}

const EPOCHS = 10;
const BAR_WIDTH = 40;
/** A digit is drawn without its empty rim, so that three fit into 80 columns. */
const RIM = 2;

/**
 * The main job on built-in data: a digit classifier as it left the factory, the digits as a device sees
 * them (turned, pale, noisy), and the same model fine-tuned on 500 of them.
 *
 * @param print takes the report, piece by piece
 * @param folder where tuned.onnx and summary.json go
 */
export async function runDemo(print: (text: string) => void, folder = "out"): Promise<DemoSummary> {
  const digits = await loadDigits();
  const { model, training, drifted, clean } = digits;
  model.compile({ optimizer: optimizers.adam({ lr: 1e-3 }), loss: "cross-entropy" });
  const atFactory = accuracy(digits, clean);
  const accuracyBefore = accuracy(digits, drifted);
  const before = classesOf(model.predict(drifted.x));
  print("A digit classifier, trained by PyTorch, meets a turned, pale and noisy camera.\n\n");
  print(accuracyLine("the factory's digits", atFactory));
  print(accuracyLine("this device's digits", accuracyBefore));
  const rows = training.y.shape[0];
  print(`\nFine-tuning on ${rows} digits of the device: Adam, batch 32, ${EPOCHS} epochs.\n`);

  const losses: number[] = [];
  const run = model.fit(training.x, training.y, {
    epochs: EPOCHS,
    onStep: ({ loss }) => losses.push(loss),
  });
  for await (const _ of run);
  const result = model.lastFit;
  if (!result) throw new Error("the run ended without a result");
  const accuracyAfter = accuracy(digits, drifted);
  const [first, last] = [losses[0] as number, losses.at(-1) as number];
  print(`\n  loss ${first.toFixed(2)} ${sparkline(losses, BAR_WIDTH)} ${last.toFixed(2)}\n\n`);
  print(accuracyLine("this device's, before", accuracyBefore));
  print(accuracyLine("this device's, after", accuracyAfter));
  print(`\n${repaired(drifted, before, classesOf(model.predict(drifted.x)))}\n`);

  const { plannedBytes, usedBytes, stepMs, fingerprint } = result;
  const summary = { accuracyBefore, accuracyAfter, plannedBytes, usedBytes, stepMs, fingerprint };
  print(`  memory       ${number(usedBytes)} bytes used of ${number(plannedBytes)} planned\n`);
  print(`  step         ${stepMs.toFixed(2)} ms, ${result.steps} steps\n`);
  print(`  fingerprint  ${fingerprint}, the same on every machine\n`);
  await mkdir(folder, { recursive: true });
  await writeFileWhole(join(folder, "tuned.onnx"), model.toOnnx());
  await writeFileWhole(join(folder, "summary.json"), `${JSON.stringify(summary, null, 2)}\n`);
  print(`\n  ${join(folder, "tuned.onnx")} and ${join(folder, "summary.json")} are written.\n`);
  return summary;
}

function accuracy({ model }: Digits, { x, y }: LabelledRows): number {
  return model.evaluate(x, y).accuracy as number;
}

function accuracyLine(label: string, share: number): string {
  return `  ${label.padEnd(22)} ${bar(share, BAR_WIDTH)} ${(100 * share).toFixed(1)} %\n`;
}

/** Three digits that were wrong and are right now. */
function repaired(
  { x, y }: LabelledRows,
  before: readonly number[],
  after: readonly number[],
): string {
  const labels = Array.from(y.data as Uint8Array);
  const rows = labels.flatMap((label, row) =>
    before[row] !== label && after[row] === label ? [row] : [],
  );
  // One of each kind, as long as there are kinds.
  const kinds = new Map([...rows].reverse().map((row) => [labels[row], row]));
  const shown = [...kinds.values()].reverse().slice(0, 3);
  const pictures = shown.map((row) => [
    ...picture(
      cropped(x.data.subarray(row * SIDE * SIDE) as Float32Array),
      SIDE - 2 * RIM,
      SIDE - 2 * RIM,
    ),
    `was read as ${before[row]}, now as ${after[row]}`,
  ]);
  const lines = sideBySide(pictures, "  ").flatMap((line) => (line ? [`  ${line}\n`] : []));
  return `  ${rows.length} digits that were read wrong are read right now. Three of them:\n\n${lines.join("")}`;
}

function cropped(digit: Float32Array): Float32Array {
  const side = SIDE - 2 * RIM;
  const pixels = new Float32Array(side * side);
  for (let row = 0; row < side; ++row) {
    const from = (row + RIM) * SIDE + RIM;
    pixels.set(digit.subarray(from, from + side), row * side);
  }
  return pixels;
}

function number(value: number): string {
  return value.toLocaleString("en-US");
}
