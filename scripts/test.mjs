// `npm test`: the specs inside the core (as-pect, SIMD and scalar), then everything else (vitest). The last line sums both:
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

/** as-pect's summary has the line "[Tests]: 26 / 26": passed of all. */
function countAspect(output) {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control characters
  const plain = output.replace(/\u001b\[[0-9;]*m/g, "");
  const [, passed, all] = /\[Tests\]:\s*(\d+) \/ (\d+)/.exec(plain) ?? [];
  if (!Number(all)) return { passed: 0, failed: 1, skipped: 0 };
  return { passed: Number(passed), failed: all - passed, skipped: 0 };
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
  for (const flavour of ["simd", "scalar"]) {
    const config = `tests/core/as-pect.${flavour}.asconfig.json`;
    const aspect = await run("@as-pect/cli/bin/asp.js", ["--no-logo", "--as-config", config]);
    totals.push(countAspect(aspect.output));
    if (aspect.code !== 0 && totals.at(-1).failed === 0) broken += 1;
  }
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
