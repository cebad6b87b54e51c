import { type ParityCase, parityCase } from "../helpers/parity-case.js";

/** How far a case was from PyTorch's run in double precision, and how far PyTorch's own single precision is. */
export interface ParityRow {
  readonly name: string;
  readonly off: number;
  readonly bound: number;
}

/** docs/parity.md. The numbers are the same on every machine, as our bits are. */
export function parityTable(rows: readonly ParityRow[]): string {
  const lines = rows.map(({ name, off, bound }) => {
    const given = parityCase(name);
    const spread = Math.max(...Object.values(given.spread));
    return `| ${name} | ${optionsOf(given)} | ${exponent(spread)} | ${exponent(off)} | ${exponent(bound)} |`;
  });
  return `# Parity with PyTorch

Written by \`STROP_WRITE=1 npx vitest run tests/parity\`; the test compares it.

Each case is a run of fifty steps that PyTorch made too (\`scripts/fixtures/parity.py\`). "PyTorch" is how far its own runs in
single precision, and with the rows of each batch reversed, are from its run in double precision; "Strop" is how far
ours is from that, and "bound" what the test allows: eight times PyTorch's, at least 1e-5. Each is the largest
difference over all tensors and losses, relative to the larger of 1 and the tensor's largest element.

| case | options | PyTorch | Strop | bound |
|---|---|--:|--:|--:|
${lines.join("\n")}
`;
}

function optionsOf({ options }: ParityCase): string {
  const { steps, noShuffle, batch, ...own } = options as unknown as Record<string, unknown>;
  return Object.entries(own)
    .map(([key, value]) => `${key} ${typeof value === "object" ? JSON.stringify(value) : value}`)
    .join(", ")
    .replaceAll("|", "\\|");
}

function exponent(value: number): string {
  return value.toExponential(1);
}
