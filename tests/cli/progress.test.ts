import { afterEach, describe, expect, test, vi } from "vitest";
import { Output } from "../../src/cli/output.js";
import { barLine, durationText, progressOf } from "../../src/cli/progress.js";

const plain = { json: false, quiet: false, debug: false, color: false, terminal: false };
const length = { phases: [{ epochs: 2, steps: 0 }], stepsPerEpoch: 3 };
const step = (number: number) => {
  return { step: number, epoch: Math.ceil(number / 3), loss: 1 / number, lr: 1 };
};
const epoch = {
  epoch: 1,
  trainLoss: 0.123456789,
  validation: { rows: 4, loss: 0.5, accuracy: 0.75 },
};

let said = "";
/** What a run of six steps says. */
function run(voice: Partial<Output["voice"]>, msPerStep: number): string {
  said = "";
  vi.useFakeTimers();
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    said += text;
    return true;
  });
  const output = new Output({ ...plain, ...voice });
  output.note("converted");
  const progress = progressOf(output, length);
  for (let i = 1; i <= 6; i++) {
    vi.advanceTimersByTime(msPerStep);
    progress.step(step(i));
    if (i === 3) progress.epoch(epoch);
  }
  progress.stop();
  return said;
}
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe("not on a terminal", () => {
  test("short epochs: a line each, after the notes", () => {
    expect(run({}, 10)).toBe(
      "note: converted\nepoch 1/2  loss 0.123457  validation loss 0.5, accuracy 75.0 %\n",
    );
  });

  test("long epochs: a line every ten seconds, too", () => {
    expect(run({}, 6000).split("\n")).toEqual([
      "note: converted",
      "epoch 1/2  step 2  loss 0.5",
      "epoch 1/2  loss 0.123457  validation loss 0.5, accuracy 75.0 %",
      "epoch 2/2  step 5  loss 0.2",
      "",
    ]);
  });

  test.each([[false], [true]])("--quiet, terminal %s: nothing", (terminal) => {
    expect(run({ quiet: true, terminal }, 6000)).toBe("");
  });
});

describe("bars", () => {
  const params = { eta: 0, startTime: 0, stopTime: null };
  const words = { name: "steps", said: "loss 0.3448  1,490 steps/s  0:12 left" };

  test("a line of bar, place and words", () => {
    const line = barLine(
      {},
      { ...params, progress: 0.5, value: 1500, total: 3000, maxWidth: 80 },
      words,
    );
    expect(line).toBe("steps   ██████░░░░░░    1,500/3,000  loss 0.3448  1,490 steps/s  0:12 left");
  });

  test.each([[1], [20], [60], [79], [200]])(
    "never wider than the terminal: %i columns",
    (maxWidth) => {
      const line = barLine({}, { ...params, progress: 1, value: 7, total: 7, maxWidth }, words);
      expect(line.length).toBeLessThan(maxWidth);
    },
  );

  test("the time left", () => {
    const cases = {
      0: "0 s",
      12.4: "12 s",
      59.6: "1:00",
      187: "3:07",
      8100: "2:15:00",
      3600: "1:00:00",
    };
    for (const [seconds, text] of Object.entries(cases)) {
      expect(durationText(Number(seconds))).toBe(text);
    }
    expect(durationText(-1)).toBe("0 s");
  });
});
