import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { overwrittenLocals } from "../helpers/overwritten-locals.js";

// wasm3 0.4.7 puts off `local.get`, and where the local is set before its 64-bit value is used it may keep the wrong one:
//
//   local.get $sum    …    local.tee $sum    …    f64.add
//
// Nobody writes that, but the optimizer does, which lets a temporary share the local of a sum that is on the stack. It
// helps to write the term first and the sum last (sum = a·b + sum), or to keep a sum in memory.

const text = (name: string) =>
  readFileSync(fileURLToPath(new URL(`../../build/${name}.wat`, import.meta.url)), "utf8");

test.each(["core.scalar", "strop.scalar", "solvers.scalar", "solve.scalar"])(
  "%s: no 64-bit local is set while its value waits on the operand stack",
  (name) => {
    expect(text(name)).toContain("f64.add");
    expect(overwrittenLocals(text(name))).toEqual([]);
  },
);

test("such a function is found", () => {
  const body = [
    "local.get $0",
    "local.get $1",
    "f64.load",
    "local.tee $0",
    "local.get $0",
    "f64.mul",
    "f64.add",
  ];
  const module = (lines: readonly string[]) =>
    ["(module", "(func $sum (param $0 f64) (param $1 i32) (result f64)", ...lines, ")", ")"].join(
      "\n",
    );
  expect(overwrittenLocals(module(body))).toEqual([{ function: "sum", line: 6 }]);
  const last = [
    ...body.slice(1, 3),
    "local.tee $2",
    "local.get $2",
    "f64.mul",
    "local.get $0",
    "f64.add",
  ];
  expect(overwrittenLocals(module(["(local $2 f64)", ...last]))).toEqual([]);
});
