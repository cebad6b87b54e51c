import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { ReportData } from "../report/data.js";
import { type PageAssets, reportPage, type Script } from "../report/page.js";
import { version } from "./version.js";

/** A run as one HTML page that needs nothing else, in light and dark. Save it, and any browser opens it. */
export function reportHtml(data: ReportData): string {
  assets ??= readAssets();
  return reportPage(data, assets);
}

let assets: PageAssets | undefined;

function readAssets(): PageAssets {
  const require = createRequire(import.meta.url);
  const folder = dirname(require.resolve("uplot/package.json"));
  const read = (path: string | URL) => readFileSync(path, "utf8");
  // As tsc compiled them; seen from dist/src/node.
  const client = (name: string) => new URL(`../report/client/${name}.js`, import.meta.url);
  return {
    version: version(),
    chartVersion: require("uplot/package.json").version,
    chartStyle: read(join(folder, "dist/uPlot.min.css")),
    scripts: [
      script("classic", read(join(folder, "dist/uPlot.iife.min.js"))),
      script("module", read(client("controls"))),
      script("module", read(client("charts"))),
    ],
  };
}

function script(type: Script["type"], source: string): Script {
  // A page has no source maps and no carriage returns.
  const text = source.replace(/\r\n?/g, "\n").replace(/^\/\/# sourceMappingURL=.*$/gm, "");
  return { type, text, sha256: createHash("sha256").update(text).digest("base64") };
}
