import { afterEach, expect, test, vi } from "vitest";
import { reportError } from "../../src/cli/errors.js";
import { Output } from "../../src/cli/output.js";
import { StropError } from "../../src/node.js";

afterEach(() => vi.restoreAllMocks());

/** What an error says, on stderr and on stdout. */
function report(error: unknown, place?: string, voice: Partial<Output["voice"]> = {}) {
  const said = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    vi.spyOn(process[name], "write").mockImplementation((text) => {
      said[name] += text;
      return true;
    });
  }
  const plain = { json: false, quiet: false, debug: false, color: false, terminal: false };
  const code = reportError(error, place, new Output({ ...plain, ...voice }));
  vi.restoreAllMocks();
  return { code, ...said };
}

test("our bug: exit 70, says so and where to report it, no stack", () => {
  const { code, stderr } = report(new Error("offset 7\n  is odd."), "m.onnx");
  expect(code).toBe(70);
  expect(stderr).toBe(
    "strop: internal error: offset 7 is odd. This is a bug in Strop: please report it, " +
      "as CONTRIBUTING.md says, with what --debug prints.\n",
  );
});

test("our bug with --debug and --json: the stack on stderr, the object on stdout", () => {
  const { code, stderr, stdout } = report(new Error("odd"), "m.onnx", { debug: true, json: true });
  expect(code).toBe(70);
  expect(stderr).toMatch(/\n {4}at /);
  expect(JSON.parse(stdout).error).toMatchObject({ code: "bug", where: "m.onnx" });
});

test("an error without a place is about the command's model", () => {
  const error = new StropError("it is too deep", { code: "deep", hint: "Dig less." });
  const { code, stderr } = report(error, "m.onnx");
  expect([code, stderr]).toEqual([1, "strop: m.onnx: it is too deep. Dig less.\n"]);
});

test("what does not fit into memory is no bug", () => {
  const { code, stderr } = report(new RangeError("Array buffer allocation failed"), "m.onnx");
  expect(code).toBe(1);
  expect(stderr).toBe("strop: m.onnx: there is not enough memory for this run. See strop plan.\n");
});

test("notes wait until the run gets going, and an error comes alone", () => {
  const said: string[] = [];
  vi.spyOn(process.stderr, "write").mockImplementation((text) => said.push(String(text)) > 0);
  const output = new Output({
    json: false,
    quiet: false,
    debug: false,
    color: false,
    terminal: false,
  });
  output.note("converted");
  expect(said).toEqual([]);
  output.progress("epoch 1");
  expect(said).toEqual(["note: converted\n", "epoch 1\n"]);
});

test("colour only where it is wanted", () => {
  const { stderr } = report(new StropError("bad", { code: "x", where: "y" }), "m", { color: true });
  expect(stderr).toBe("\u001b[31mstrop:\u001b[0m y: bad.\n");
});
