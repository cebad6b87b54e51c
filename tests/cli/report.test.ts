import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { dense, input, sequential } from "../../src/index.js";
import { parityCase, refuses, strop, stropJson, stropProcess, Workspace } from "./strop.js";

const workspace = new Workspace();
afterAll(() => workspace.remove());

const { model, data, x, y } = parityCase("dense-bn-adam");
const BASE = ["--epochs", "3", "--batch", "16"];
const args = (name: string, ...more: string[]) => {
  const files = ["--out", workspace.at(`${name}.onnx`), "--report", workspace.at(`${name}.html`)];
  return ["train", model, ...data, ...files, ...BASE, ...more];
};
const page = (name: string) => readFileSync(workspace.at(`${name}.html`), "utf8");

/** What stands in the element with the id, as text. */
function textOf(html: string, id: string): string {
  const [, text = ""] = new RegExp(`id="${id}"[^>]*>(.*?)</`, "s").exec(html) ?? [];
  return text
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&");
}

test("the page has the run's numbers, notes and options; the options run again", async () => {
  const first = await stropJson(args("first", "--validation", "0.2", "--clip-norm", "0.5"));
  const html = page("first");
  for (const text of ["model.onnx", first.fingerprint, "y.npy: int64 converted to int32"]) {
    expect(html).toContain(text);
  }
  expect(html).toContain("a column for what they were taken for");
  expect(html).toContain("of the validation rows");
  const ids = JSON.parse(textOf(html, "charts")).map(({ id }: { id: string }) => id);
  expect(ids).toEqual(["loss", "accuracy", "norm", "memory-0"]);

  const options = JSON.parse(textOf(html, "options"));
  expect(options).toEqual(first.options);
  const config = workspace.write("again.json", JSON.stringify(options));
  const second = await stropJson(["train", model, "--config", config]);
  expect(second).toEqual({ ...first, stepMs: expect.any(Number) });
});

test("without held-out rows the matrix is that of the training rows", async () => {
  await stropJson(args("training"));
  expect(page("training")).toContain("of the training rows");
});

test("a regression has no confusion matrix", async () => {
  const { model: regression, data: rows } = parityCase("dense-residual-mse");
  const out = ["--out", workspace.at("r.onnx"), "--report", workspace.at("r.html")];
  await stropJson(["train", regression, ...rows, ...out, "--epochs", "2"]);
  expect(page("r")).not.toContain("Confusion matrix");
  expect(JSON.parse(textOf(page("r"), "charts"))[0].id).toBe("loss");
});

test("a run that diverges leaves a page that says so, and no model", async () => {
  const { code, stderr } = await strop(args("diverged", "--optimizer", "sgd", "--lr", "1e30"));
  expect([code, stderr]).toEqual([1, expect.stringContaining("training diverged")]);
  expect(page("diverged")).toContain("not finite, training diverged");
  expect(existsSync(workspace.at("diverged.onnx"))).toBe(false);
});

describe("the file", () => {
  test("appears whole: nothing is left beside it", async () => {
    mkdirSync(workspace.at("alone"));
    await stropJson(args("alone/run"));
    expect(readdirSync(workspace.at("alone")).sort()).toEqual(["run.html", "run.onnx"]);
  });

  test("on stdout, the words go to stderr", async () => {
    const out = ["--out", "/dev/null", "--report", "/dev/stdout", "--quiet"];
    const run = await stropProcess(["train", model, ...data, ...out, ...BASE]);
    expect([run.code, run.stderr]).toEqual([0, expect.stringMatching(/^steps {8}\d/)]);
    expect(run.stdout).toMatch(/^<!doctype html>.*<\/html>\n$/s);
  });

  const out = workspace.at("o.onnx");
  const given = (...more: string[]) => ["train", model, ...data, "--out", out, ...more];
  test.each([
    ["is that of --out", given("--report", out), 2, /^--out: '.*' is the file of --report too\.$/],
    [
      "is that of --metrics",
      given("--metrics", `${out}l`, "--report", `${out}l`),
      2,
      /^--metrics: '/,
    ],
    ["is the model", given("--report", model), 2, /^--report: '.*' is the file of MODEL too\.$/],
    ["is the data", given("--report", x), 2, /^--report: '.*' is the file of --data too\.$/],
    ["is the labels", given("--report", y), 2, /^--report: '.*' is the file of --labels too\.$/],
    ["cannot be written", given("--report", "/no/such/r.html"), 1, /^\/no\/such\/r\.html: no such/],
  ])("%s: refused before the run", (_, line, exitCode, message) => {
    return refuses(workspace, line, exitCode, message);
  });
});

test("a table's classes have their names; a standardised run is shown as it was trained", async () => {
  const lines = Array.from(
    { length: 40 },
    (_, i) => `${i % 2 ? 5 + (i % 7) : -(i % 5)},${i % 3},${i % 2 ? "oak & <elm>" : "ash"}`,
  );
  const table = workspace.write("trees.csv", ["height,rings,tree", ...lines].join("\n"));
  const net = sequential([input({ shape: [2] }), dense({ units: 2 })]);
  const file = workspace.write("trees.onnx", net.toOnnx());
  const files = ["--out", workspace.at("t.onnx"), "--report", workspace.at("t.html")];
  const rows = ["--data", table, "--target", "tree", "--validation", "0.25", "--standardize"];
  const { validation } = await stropJson(["train", file, ...rows, ...files, "--epochs", "30"]);
  const html = page("t");
  expect(html).toContain(
    '<th scope="row" title="oak &amp; &lt;elm&gt;">oak &amp; &lt;elm&gt;</th>',
  );
  const right = [...html.matchAll(/class="right"[^>]*>(\d+)</g)].map(([, count]) => Number(count));
  expect(right.reduce((a, b) => a + b) / validation.rows).toBe(validation.accuracy);
});
