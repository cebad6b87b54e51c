// node scripts/sum-tests.mjs LOG FIRST.json SECOND.json
//
// One closing line over two test runs, "N passed, N failed, N skipped": LOG ends with the first run's own line, the
// files are vitest's results. A test of both runs counts once, as the second run left it.
import { readFileSync } from "node:fs";

const [log, first, second] = process.argv.slice(2).map((path) => readFileSync(path, "utf8"));

/** The status of each test of each file, in the file's order: names may tell what is missing. */
function statusesByFile(json) {
  return new Map(
    JSON.parse(json).testResults.map(({ name, assertionResults }) => [
      name,
      assertionResults.map(({ status }) =>
        status === "passed" || status === "failed" ? status : "skipped",
      ),
    ]),
  );
}

const closing = [...log.matchAll(/^(\d+) passed, (\d+) failed, (\d+) skipped$/gm)].at(-1);
const [passed, failed, skipped] = closing.slice(1).map(Number);
const sum = { passed, failed, skipped };
const before = statusesByFile(first);
for (const [file, statuses] of statusesByFile(second)) {
  for (const [i, status] of statuses.entries()) {
    const old = before.get(file)?.[i];
    if (old) sum[old]--;
    sum[status]++;
  }
}
console.log(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`);
process.exit(sum.failed ? 1 : 0);
