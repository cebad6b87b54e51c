// `npm test`: the specs inside the core (as-pect), then everything else (vitest). The last line sums both:
// "N passed, N failed, N skipped". Arguments go to vitest.
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Runs a program of node_modules, shows what it prints, and returns that with its exit code. */
function run(script, args) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(root, "node_modules", script), ...args], {
      cwd: root,
    });
    let output = "";
    const show = (chunk) => {
      output += chunk;
      process.stdout.write(chunk);
    };
    child.stdout.on("data", show);
    child.stderr.on("data", show);
    child.on("close", (code) => resolve({ code, output }));
  });
}

/** as-pect's closing table: "[Result]: ✔ PASS / [Summary]: 38 pass, 0 fail, 38 total" once a file. */
function countAspect(output) {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control characters
  const plain = output.replace(/\u001b\[[0-9;]*m/g, "");
  const sum = (pattern) => [...plain.matchAll(pattern)].reduce((n, m) => n + Number(m[1]), 0);
  const passed = sum(/\[Summary\]:?\s*(\d+) pass/g);
  return { passed, failed: sum(/\[Summary\]:?\s*\d+ pass,\s*(\d+) fail/g), skipped: 0 };
}

function countVitest(file) {
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = JSON.parse(
    readFileSync(file, "utf8"),
  );
  const broken = testResults.filter(
    (r) => r.status === "failed" && !r.assertionResults.length,
  ).length;
  return {
    passed: numPassedTests,
    failed: numFailedTests + broken,
    skipped: numPendingTests + numTodoTests,
  };
}

mkdirSync(join(root, "build"), { recursive: true });
const filters = process.argv.slice(2);
const totals = [];
let broken = 0;
if (!filters.length) {
  const aspect = await run("@as-pect/cli/bin/asp.js", ["--no-logo"]);
  totals.push(countAspect(aspect.output));
  if (aspect.code !== 0 && totals[0].failed === 0) broken += 1;
}
const results = join(root, "build", "vitest.json");
rmSync(results, { force: true });
const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${results}`];
const vitest = await run("vitest/vitest.mjs", ["run", ...reporters, ...filters]);
totals.push(countVitest(results));
const sum = (key) => totals.reduce((n, total) => n + total[key], 0);
if (vitest.code !== 0 && totals.at(-1).failed === 0) broken += 1;
const failed = sum("failed") + broken;
console.log(`${sum("passed")} passed, ${failed} failed, ${sum("skipped")} skipped`);
process.exit(failed ? 1 : 0);
