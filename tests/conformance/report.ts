import type { Status } from "./outcome.js";
import type { Result } from "./run.js";

export type Counts = Readonly<Record<Status, number>>;

/** What became of all the cases of an op. */
export interface Row extends Counts {
  readonly op: string;
  /** Why cases failed or are not supported, the commonest first. */
  readonly reasons: readonly { readonly why: string; readonly cases: number }[];
}

export function count(results: readonly Result[]): Counts {
  const of = (status: Status) => results.filter((result) => result.status === status).length;
  return { passed: of("passed"), failed: of("failed"), unsupported: of("unsupported") };
}

/** A row an op, by name. */
export function tally(results: readonly Result[]): readonly Row[] {
  const ops = [...new Set(results.map(({ op }) => op))].sort();
  return ops.map((op) => {
    const own = results.filter((result) => result.op === op);
    const whys = own.flatMap(({ why }) => why ?? []);
    const reasons = [...new Set(whys)].map((why) => ({
      why,
      cases: whys.filter((other) => other === why).length,
    }));
    reasons.sort((a, b) => b.cases - a.cases || (a.why < b.why ? -1 : 1));
    return { op, ...count(own), reasons };
  });
}

/** What the terminal shows: a line an op, the reasons below it, the totals last. */
export function text(results: readonly Result[]): string {
  const rows = tally(results);
  const width = Math.max(2, ...rows.map(({ op }) => op.length));
  const line = (name: string, cells: readonly (string | number)[]) =>
    `${name.padEnd(width)}${cells.map((cell) => String(cell).padStart(15)).join("")}`;
  const cells = ({ passed, failed, unsupported }: Counts) => [passed, failed, unsupported];
  return [
    line("op", ["passed", "failed", "not supported"]),
    ...rows.flatMap((row) => [
      line(row.op, cells(row)),
      ...row.reasons.map(({ why, cases }) => `    ${cases} × ${why}`),
    ]),
    line("all", cells(count(results))),
  ].join("\n");
}

/** docs/conformance.md. */
export function markdown(suite: string, results: readonly Result[]): string {
  const rows = tally(results);
  const { passed, failed, unsupported } = count(results);
  return `# ONNX conformance

Written by \`npm run conformance -- --write\`; a test sees to it that what has passed goes on passing.

Suite: ${suite}, ${results.length} cases. **${passed} passed, ${failed} failed, ${unsupported} not supported.**

Every case runs through the whole of Strop: import, compiler, program, core, in the scalar and the simd flavour, which
must agree in every bit. Numbers may differ as in ONNX's own runner, |found − right| ≤ 1e-7 + 1e-3·|right|. The first
float32 input is the model's input, the others become weights and constants; the first axis is tried as the batch, and
as a size like any other (\`batch: "fixed"\`). Optimizers, losses and batch-norm in training run through those that
training uses. "Not supported" is the importer's refusal, in its words.

## Ops with passing cases

${table(rows.filter((row) => row.passed > 0))}

## Other ops

${table(rows.filter((row) => row.passed === 0))}
`;
}

function table(rows: readonly Row[]): string {
  const lines = rows.map(({ op, passed, failed, unsupported, reasons }) => {
    const whys = reasons.map(({ why, cases }) => (cases > 1 ? `${why} (${cases})` : why));
    return `| ${op} | ${passed} | ${failed} | ${unsupported} | ${whys.join("; ").replaceAll("|", "\\|")} |`;
  });
  const head = ["| op | passed | failed | not supported | why |", "|---|--:|--:|--:|---|"];
  return [...head, ...lines].join("\n");
}
