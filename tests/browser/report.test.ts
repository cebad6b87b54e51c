import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ReportData } from "../../src/report/data.js";

const names = ["chromium", "chromium-browser", "google-chrome"];
const browser = names.find((name) => spawnSync(name, ["--version"]).status === 0);
const isAsked = process.env.STROP_BROWSER === "1";
const condition = isAsked ? "there is no Chromium" : "STROP_BROWSER=1 runs them in Chromium";

const folder = mkdtempSync(join(tmpdir(), "strop-browser-"));
afterAll(() => rmSync(folder, { recursive: true }));

let reportHtml: (data: ReportData) => string;
beforeAll(async () => {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  ({ reportHtml } = await import(join(root, "dist/src/node.js")));
});

/** The page as the browser has it after its scripts ran, and what the browser complained about. */
function open(data: ReportData, hash: string): { dom: string; complaints: string[] } {
  const file = join(folder, "report.html");
  writeFileSync(file, reportHtml(data));
  const { stdout, stderr } = spawnSync(
    browser!,
    [
      ..."--headless --no-sandbox --disable-gpu --disable-quic --no-first-run".split(" "),
      ..."--disable-background-networking --disable-component-update --disable-sync".split(" "),
      `--user-data-dir=${join(folder, "profile")}`,
      "--enable-logging=stderr",
      "--virtual-time-budget=3000",
      "--dump-dom",
      `${pathToFileURL(file).href}${hash}`,
    ],
    { timeout: 50_000, encoding: "utf8" },
  );
  return { dom: stdout, complaints: stderr.split("\n").filter((line) => /CONSOLE/.test(line)) };
}

const EVIL = "</script><script>document.title = 'owned'</script><img src=x onerror=alert(1)>";
const bytes = [100, 300];
const data: ReportData = {
  title: EVIL,
  steps: Array.from({ length: 5000 }, (_, i) => ({
    step: i + 1,
    epoch: 1 + Math.floor(i / 1000),
    loss: i === 7 ? Number.NaN : 2 + Math.sin(i),
    lr: 1 / (i + 1),
    gradNorm: 1 + Math.cos(i),
  })),
  epochs: [1, 2, 3, 4, 5].map((epoch) => ({
    epoch,
    trainLoss: 1 / epoch,
    validation: { rows: 10, loss: 2 / epoch, accuracy: 1 - 1 / epoch },
  })),
  clipNorm: 1.5,
  memory: [
    {
      procedure: "step",
      instructions: [
        { op: "RELU", tensor: EVIL },
        { op: "GEMM_NN", tensor: "y" },
      ],
      bytes: {
        program: bytes,
        weights: bytes,
        gradients: bytes,
        optimizer: bytes,
        activations: bytes,
        scratch: bytes,
        rows: bytes,
      },
      peak: 1,
      peakBytes: 2100,
    },
  ],
};

const isThere = isAsked && browser !== undefined;
const title = isThere ? "in Chromium" : `skipped: ${condition}`;
describe.runIf(isThere)(title, () => {
  test.each(["#light", "#dark"])(
    "%s: every chart is drawn, nothing is complained about",
    (hash) => {
      const { dom, complaints } = open(data, hash);
      expect(complaints).toEqual([]);
      expect(dom).toContain(`data-theme="${hash.slice(1)}"`);
      expect(dom.match(/<canvas/g)).toHaveLength(5);
      expect(dom).not.toMatch(/<img|<title>owned/);
    },
  );
});
