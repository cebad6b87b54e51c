import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import type { ChartSpec } from "../../src/report/chart-spec.js";
import type { ReportData } from "../../src/report/data.js";
import { POINTS_MAX } from "../../src/report/series.js";

const EVIL = `</script><script>alert(1)</script><img src=x onerror="alert(2)">'&amp;<!--\u202e`;

// As it is shipped: the page's scripts are what tsc makes of src/report/client.
let reportHtml: (data: ReportData) => string;
beforeAll(async () => {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  ({ reportHtml } = await import(join(root, "dist/src/node.js")));
});

function unescaped(text: string): string {
  const letters: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" };
  return text.replace(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => letters[name]!);
}

function specsOf(page: string): ChartSpec[] {
  const [, json] = /<script type="application\/json" id="charts">(.*?)<\/script>/s.exec(page)!;
  return JSON.parse(json!);
}

function optionsOf(page: string): unknown {
  const [, json] = /<pre id="options"[^>]*>(.*?)<\/pre>/s.exec(page)!;
  return JSON.parse(unescaped(json!));
}

/** The page without its scripts and style: what is made from the data. */
function markup(page: string): string {
  return page.replace(/<script.*?<\/script>|<style>.*?<\/style>/gs, "");
}

const steps = (count: number) =>
  Array.from({ length: count }, (_, i) => ({
    step: i + 1,
    epoch: Math.floor(i / 10) + 1,
    loss: i % 97 === 50 ? Number.NaN : 1 / (i + 1),
    lr: 0.01 / (i + 1),
    gradNorm: i % 5,
  }));
const epochs = [
  { epoch: 1, trainLoss: 0.5, validation: { rows: 5, loss: 0.6, accuracy: 0.4 } },
  { epoch: 2, trainLoss: 0.25, validation: { rows: 5, loss: 0.375, accuracy: 0.8 } },
];

describe("self-contained", () => {
  test("nothing is fetched, and the policy lets nothing be", () => {
    const page = reportHtml({ title: "m", steps: steps(100), epochs });
    expect(page).not.toMatch(/\s(src|href)=/);
    expect(page).not.toMatch(/@import|url\(/);
    expect(page).toContain("default-src &#39;none&#39;");
    const hashes = page.match(/&#39;sha256-[A-Za-z0-9+/]{43}=&#39;/g)!;
    expect(new Set(hashes).size).toBe(3);
    expect(page.match(/<script(?! type="application)/g)).toHaveLength(3);
  });

  test("light and dark, for the system and for the button", () => {
    const page = reportHtml({ title: "m" });
    expect(page).toContain("prefers-color-scheme: dark");
    expect(page).toContain(':root[data-theme="dark"]');
    const backgrounds = page.match(/--background: rgb\([^)]+\)/g)!;
    // The system's default, its dark one, the button's dark one, paper.
    const [light, dark, ...others] = backgrounds;
    expect(dark).not.toBe(light);
    expect(others).toEqual([dark, light]);
  });
});

describe("escaping", () => {
  const data = (text: string): ReportData => ({
    title: text,
    failure: text,
    epochs,
    steps: steps(3),
    result: {
      phases: [
        { name: "train", steps: 1, epochs: 1, loss: 1 },
        { name: "statistics", steps: 2, epochs: 1, loss: 1 },
      ],
    },
    confusion: {
      rows: "validation",
      counts: [
        [1, 2],
        [0, 3],
      ],
    },
    classNames: [text, text],
    layers: [{ name: text, op: text, shape: ["N", text] }],
    parameters: [{ name: text, shape: [2], role: "parameter", trainable: true }],
    memory: [
      {
        procedure: text,
        instructions: [{ op: text, tensor: text }],
        bytes: {
          program: [1],
          weights: [1],
          gradients: [1],
          optimizer: [1],
          activations: [1],
          scratch: [0],
          rows: [1],
        },
        peak: 0,
        peakBytes: 6,
      },
    ],
    options: { data: text, freeze: [text] },
    notes: [text],
  });

  test("a name is text wherever it stands, and no element", () => {
    const [evil, plain] = [markup(reportHtml(data(EVIL))), markup(reportHtml(data("name")))];
    const elements = (page: string) => page.match(/<\/?[a-z!][a-z0-9]*/gi);
    expect(elements(evil)).toEqual(elements(plain));
    expect(evil).not.toMatch(/onerror="|\u202e/);
  });

  test("any text: the same elements, and options and names that are read back", () => {
    const elements = (page: string) => page.match(/<[^>]*?(?=[\s>])/g)!.length;
    const expected = elements(markup(reportHtml(data("name"))));
    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 1, maxLength: 40 }), (text) => {
        const page = reportHtml(data(text));
        expect(elements(markup(page))).toBe(expected);
        expect(specsOf(page).at(-1)!.xNames).toEqual([`${text} ${text}`]);
      }),
      { numRuns: 50 },
    );
  });

  test("the options in it are JSON that --config takes", () => {
    const options = { lr: 1e-3, batch: "all", freeze: ["a<b>&\"c'*", "d"], noShuffle: true };
    expect(optionsOf(reportHtml({ title: "m", options }))).toEqual(options);
  });
});

describe("any run", () => {
  test("thousands of steps: charts of no more points than they need", () => {
    const specs = specsOf(reportHtml({ title: "m", steps: steps(30_000), clipNorm: 3 }));
    expect(specs.map(({ id }) => id)).toEqual(["loss", "rate", "norm"]);
    for (const { x, y } of specs.flatMap(({ lines }) => lines)) {
      expect(x.length).toBeLessThanOrEqual(POINTS_MAX);
      expect(y).toHaveLength(x.length);
    }
  });

  test("losses that are not finite are gaps, and counted", () => {
    const page = reportHtml({ title: "m", steps: steps(120) });
    expect(page).toContain("The loss of 1 step is not finite.");
    expect(specsOf(page)[0]!.lines[0]!.y[50]).toBeNull();
  });

  test("nothing but a title, nothing but steps, nothing but epochs", () => {
    expect(specsOf(reportHtml({ title: "m" }))).toEqual([]);
    expect(specsOf(reportHtml({ title: "m", steps: steps(1) })).map(({ x }) => x)).toContain(
      "step",
    );
    const [loss, accuracy] = specsOf(reportHtml({ title: "m", epochs }));
    expect(loss).toMatchObject({ x: "epoch", canLog: true });
    expect(loss!.lines.map(({ label, x, y }) => ({ label, x, y }))).toEqual([
      { label: "training", x: [1, 2], y: [0.5, 0.25] },
      { label: "validation", x: [1, 2], y: [0.6, 0.375] },
    ]);
    expect(accuracy).toMatchObject({ id: "accuracy", unit: "percent" });
  });

  test("an epoch's loss stands at its last step", () => {
    const [loss] = specsOf(reportHtml({ title: "m", steps: steps(20), epochs }));
    expect(loss!.lines.find(({ label }) => label === "validation")!.x).toEqual([10, 20]);
  });

  test("a constant learning rate is a sentence; clipped steps are counted and marked", () => {
    const constant = steps(20).map((step) => ({ ...step, lr: 0.5 }));
    const page = reportHtml({ title: "m", steps: constant, clipNorm: 3 });
    expect(page).toContain("0.5 in every step.");
    expect(page).toContain("4 steps of 20 had a larger one than 3, and were scaled down to it.");
    const norm = specsOf(page).find(({ id }) => id === "norm")!;
    const clipped = norm.lines.find(({ label }) => label === "clipped")!;
    expect(clipped.y.filter((y) => y !== null)).toEqual([4, 4, 4, 4]);
    expect(norm.limit?.y).toBe(3);
  });
});

describe("confusion matrix", () => {
  const page = (counts: number[][]) =>
    markup(reportHtml({ title: "m", confusion: { rows: "training", counts } }));

  test("counts and recall of each class; one without rows has none", () => {
    const html = page([
      [3, 1, 0],
      [0, 4, 0],
      [0, 0, 0],
    ]);
    expect([...html.matchAll(/class="sum">([^<]+)</g)].map(([, text]) => text)).toEqual([
      "4",
      "75.0 %",
      "4",
      "100.0 %",
      "0",
      "–",
    ]);
    expect(html).toContain("of the training rows");
  });

  test("one class", () => {
    expect(page([[7]])).toContain("100.0 %");
  });

  test("a thousand classes: the worst are shown, the rest is summed up, and a note says so", () => {
    const counts = Array.from({ length: 1000 }, (_, label) =>
      Array.from({ length: 1000 }, (__, as) =>
        label === as ? 9 : label === 500 && as < 3 ? 5 : 0,
      ),
    );
    const html = page(counts);
    expect(html).toContain("Of 1,000 classes, the 24 with most errors are shown.");
    expect(html.match(/scope="row"/g)).toHaveLength(24);
    expect(html).toContain('<th scope="row" title="500">500</th>');
    expect(html).toContain("<td>500</td><td>0</td>");
    expect(html.length).toBeLessThan(100_000);
  });
});
