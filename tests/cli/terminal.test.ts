import { execFileSync, spawnSync } from "node:child_process";
import { afterAll, describe, expect, test } from "vitest";
import { MAIN, parityCase, Workspace } from "./strop.js";

/** util-linux's `script` gives a command a terminal of its own; BSD's and macOS's takes other options. */
const hasScript = spawnSync("script", ["--version"]).stdout?.toString().includes("util-linux");
const ESCAPE = "\u001b";

const workspace = new Workspace();
afterAll(() => workspace.remove());
const { model, data } = parityCase("dense-bn-adam");

/** What the command says on a terminal of 80 columns; its result goes elsewhere. */
function onTerminal(more: readonly string[], environment: NodeJS.ProcessEnv = {}): string {
  const out = workspace.at("out.onnx");
  const command = [process.execPath, MAIN, "train", model, ...data, "--out", out, ...more];
  const line = `stty cols 80; ${command.map((word) => `'${word}'`).join(" ")} > /dev/null`;
  const env = { ...process.env, NO_COLOR: "", ...environment, TERM: "xterm" };
  return execFileSync("script", ["-qec", line, "/dev/null"], { env }).toString();
}

describe.runIf(hasScript)("on a terminal", () => {
  test("bars of epochs and steps, full at the end", () => {
    const said = onTerminal(["--epochs", "30", "--validation", "0.2"]);
    expect(said).toMatch(/epochs {2}█{12} +30\/30 {2}loss [\d.]+ {2}validation [\d.]+, [\d.]+ %/);
    expect(said).toMatch(/steps {3}█{12} +60\/60 {2}loss [\d.]+ {2}[\d,.]+ steps\/s {2}0 s left/);
  });

  test("the cursor stays visible, and the terminal's modes are left alone", () => {
    const said = onTerminal(["--epochs", "30"]);
    expect(said).toContain("epochs");
    expect(said).not.toMatch(new RegExp(`${ESCAPE}\\[\\?\\d+[hl]`));
  });

  test("NO_COLOR and --no-color: no colours", () => {
    const color = new RegExp(`${ESCAPE}\\[[\\d;]*m`);
    expect(onTerminal(["--epochs", "2"])).toMatch(color);
    expect(onTerminal(["--epochs", "2", "--no-color"])).not.toMatch(color);
    expect(onTerminal(["--epochs", "2"], { NO_COLOR: "1" })).not.toMatch(color);
  });

  test("--quiet: nothing", () => {
    expect(onTerminal(["--epochs", "2", "--quiet"])).toBe("");
  });
});
