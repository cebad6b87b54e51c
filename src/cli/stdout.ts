import { badOption } from "./options/option.js";
import type { Output } from "./output.js";

const STDOUT = /^\/(dev\/stdout|dev\/fd\/1|proc\/self\/fd\/1)$/;

/** Whether a result file goes to stdout, which then has no room for words, and none for JSON. */
export function takesStdout(out: string, output: Output): boolean {
  if (!STDOUT.test(out)) return false;
  if (output.voice.json) throw badOption("--json", `stdout is taken by ${out}`);
  return true;
}
