import { afterEach, expect, test, vi } from "vitest";
import { Output } from "../../src/cli/output.js";
import { SolveLines } from "../../src/cli/solve-lines.js";

const said: string[] = [];
vi.spyOn(process.stderr, "write").mockImplementation((text) => {
  said.push(String(text));
  return true;
});

afterEach(() => {
  said.length = 0;
  vi.useRealTimers();
});

const voice = { json: false, quiet: false, debug: false, color: false, terminal: false };
const first = { point: 3, points: 100, iteration: 7, gap: 0.0012345 };
const alone = { point: 1, points: 1, iteration: 9, gap: Number.POSITIVE_INFINITY };

function linesOf(change: Partial<typeof voice>): SolveLines {
  return new SolveLines(new Output({ ...voice, ...change }));
}

test("a terminal has one line that is drawn again, and taken off in the end", () => {
  const lines = linesOf({ terminal: true });
  lines.tell(first);
  lines.tell(alone);
  lines.stop();
  lines.stop();
  expect(said).toEqual([
    "\ralpha 3/100  iteration 7  gap 0.00123\u001b[K",
    "\riteration 9\u001b[K",
    "\r\u001b[K",
  ]);
});

test("elsewhere there is a line every ten seconds", () => {
  vi.useFakeTimers();
  const lines = linesOf({});
  for (let second = 0; second < 25; second++) {
    vi.advanceTimersByTime(1000);
    lines.tell(first);
  }
  lines.stop();
  expect(said).toEqual(Array(2).fill("alpha 3/100  iteration 7  gap 0.00123\n"));
});

test("--quiet says nothing", () => {
  const lines = linesOf({ quiet: true, terminal: true });
  lines.tell(first);
  lines.stop();
  expect(said).toEqual([]);
});
