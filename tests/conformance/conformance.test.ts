import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { fallen, RATCHET_FILE, type Ratchet, ratchetOf } from "./ratchet.js";
import { runCase } from "./run.js";
import { readCases, SUITE_FOLDER, suiteVersion } from "./suite.js";

const root = process.env.STROP_CONFORMANCE ?? SUITE_FOLDER;
const isThere = existsSync(root);
const reason = isThere ? "" : " (skipped: install libonnx-testdata, or set STROP_CONFORMANCE)";

test("the README tells the totals", () => {
  const { totals }: Ratchet = JSON.parse(readFileSync(RATCHET_FILE, "utf8"));
  const { passed, failed, unsupported } = totals;
  const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
  expect(failed).toBe(0);
  expect(readme).toContain(
    `${passed + unsupported} cases ${passed} pass and none fails; ${unsupported} are not supported`,
  );
});

describe.skipIf(!isThere)(`ONNX conformance suite${reason}`, () => {
  const before: Ratchet = JSON.parse(readFileSync(RATCHET_FILE, "utf8"));
  const cases = isThere ? [...readCases(root)] : [];
  const suite = suiteVersion(root, cases);
  const results = cases.map(runCase);
  const now = ratchetOf(suite, results);

  test("no case fails", () => {
    expect(results.filter(({ status }) => status === "failed")).toEqual([]);
  });

  test("what has passed still passes", () => {
    expect(fallen(before, now, results)).toEqual([]);
  });
});
