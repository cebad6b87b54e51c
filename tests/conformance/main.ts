import { existsSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { RATCHET_FILE, ratchetOf } from "./ratchet.js";
import { count, markdown, text } from "./report.js";
import { runCase } from "./run.js";
import { readCases, SUITE_FOLDER, suiteVersion } from "./suite.js";

const DOCUMENT = new URL("../../docs/conformance.md", import.meta.url);

const USAGE = `npm run conformance -- [DIR] [--op NAME] [--json FILE] [--write]

Runs every case of the ONNX conformance suite below DIR (default ${SUITE_FOLDER},
Debian's libonnx-testdata) through Strop. Exit code 1 if a case fails; what is not supported does not count.

  --op NAME    only the cases of this op, as the table names it
  --json FILE  every case with its outcome
  --write      docs/conformance.md, and the file that the ratchet test compares with`;

/** @returns the exit code */
export function main(args: readonly string[]): number {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      help: { type: "boolean" },
      json: { type: "string" },
      op: { type: "string" },
      write: { type: "boolean" },
    },
  });
  const [root = SUITE_FOLDER] = positionals;
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  if (!existsSync(root)) {
    console.error(`${root}: there is no such folder. Install libonnx-testdata, or name another.`);
    return 2;
  }
  const cases = [...readCases(root)];
  const suite = suiteVersion(root, cases);
  const chosen = values.op === undefined ? cases : cases.filter(({ op }) => op === values.op);
  if (chosen.length === 0) {
    console.error(values.op ? `no case has the op ${values.op}` : `${root} has no case`);
    return 2;
  }
  const results = chosen.map(runCase);
  console.log(text(results));
  const totals = count(results);
  if (values.json) writeJson(values.json, { suite, totals, cases: results });
  if (values.write && values.op === undefined) {
    writeFileSync(DOCUMENT, markdown(suite, results));
    writeJson(RATCHET_FILE, ratchetOf(suite, results));
  }
  return totals.failed > 0 ? 1 : 0;
}

function writeJson(path: string | URL, value: unknown): void {
  writeFileSync(path, `${JSON.stringify(value, undefined, 2)}\n`);
}
