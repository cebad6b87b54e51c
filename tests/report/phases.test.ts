import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, expect, test } from "vitest";
import type { ChartSpec } from "../../src/report/chart-spec.js";
import type { ReportData } from "../../src/report/data.js";

let reportHtml: (data: ReportData) => string;
beforeAll(async () => {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  ({ reportHtml } = await import(join(root, "dist/src/node.js")));
});

/** Two phases of two epochs of three steps each; rows are held out in the second one. */
const PHASES = ["layer 1", "joint"];
const steps = Array.from({ length: 12 }, (_, i) => {
  const place = {
    step: i + 1,
    phase: PHASES[Math.floor(i / 6)]!,
    epoch: 1 + (Math.floor(i / 3) % 2),
  };
  return { ...place, loss: 12 - i, lr: 0.1 };
});
const epochs = [
  { phase: "layer 1", epoch: 1, trainLoss: 8 },
  { phase: "layer 1", epoch: 2, trainLoss: 7, endsPhase: true },
  { phase: "joint", epoch: 1, trainLoss: 3, validation: { rows: 2, loss: 0.5, accuracy: 0.5 } },
  { phase: "joint", epoch: 2, trainLoss: 2, validation: { rows: 2, loss: 0.75, accuracy: 0.25 } },
  { phase: "statistics", epoch: 1, trainLoss: 9 },
];
const phases = PHASES.map((name) => ({ name, steps: 6, epochs: 2, loss: 1 }));

test("a run of several phases: epochs stand at their last steps, words tell the phase", () => {
  const page = reportHtml({ title: "m", steps, epochs, result: { phases } });
  const [, json] = /<script type="application\/json" id="charts">(.*?)<\/script>/s.exec(page)!;
  const charts = JSON.parse(json!) as ChartSpec[];
  const of = (id: string) => charts.find((chart) => chart.id === id)!;
  const line = (id: string, label: string) => of(id).lines.find((one) => one.label === label)!;
  expect(line("loss", "mean of the epoch")).toMatchObject({ x: [3, 6, 9, 12], y: [8, 7, 3, 2] });
  expect(line("loss", "validation")).toMatchObject({ x: [9, 12], y: [0.5, 0.75] });
  expect(line("accuracy", "validation")).toMatchObject({ x: [3, 4] });
  expect(of("loss").marks).toEqual([
    { x: 0, label: "layer 1" },
    { x: 6, label: "joint" },
  ]);
  expect(page).toContain("In the last phase, joint, the mean of an epoch went from 3 to 2.");
  expect(page).toContain("On held-out rows it was smallest after epoch 1 of joint, 0.5");
  expect(page).toContain("best after epoch 1 of joint, 50.0 %");
  expect(page).toMatch(/<td[^>]*>layer 1<\/td>\s*<td[^>]*>1<\/td>\s*<td[^>]*>8<\/td>/);
});
