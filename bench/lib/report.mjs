const HEAD = ["workload", "Strop", "peer", "", "ratio", "results differ by"];

const time = (ms) => (ms < 10 ? ms.toPrecision(3) : ms.toFixed(ms < 100 ? 1 : 0));
const range = ({ ms, msMin, msMax }) => `${time(ms)} ms (${time(msMin)}–${time(msMax)})`;

/** The row of one workload. */
function cells({ title, unit, ours, peer, ratio, difference }) {
  const name = `${title}, ${unit}`;
  const strop = ours.note ? `${range(ours)}; ${ours.note}` : range(ours);
  if (peer.missing) return [name, strop, "–", `without: ${peer.missing}`, "–", "–"];
  return [name, strop, range(peer), peer.name, ratio.toFixed(2), difference.toExponential(0)];
}

const machineText = ({ cpu, cores, node, runs }) =>
  `${cpu}, one of ${cores} cores; Node ${node}; medians of ${runs} runs (least–most)`;

/** The table for a terminal. */
export function plain(result) {
  const rows = [HEAD, ...result.workloads.map(cells)];
  const widths = HEAD.map((_, i) => Math.max(...rows.map((row) => row[i].length)));
  const lines = rows.map((row) => row.map((cell, i) => cell.padEnd(widths[i])).join("  "));
  return `${machineText(result)}\n\n${lines.map((line) => line.trimEnd()).join("\n")}\n`;
}

/** The committed table. */
export function markdown(result) {
  const row = (texts) => `| ${texts.join(" | ")} |`;
  const table = [row(HEAD), row(HEAD.map(() => "---")), ...result.workloads.map(cells).map(row)];
  return `# What \`npm run bench\` found

${result.date}, on ${machineText(result)}.
The ratio is Strop's time over the peer's: below 1, Strop is faster. Both got the same data and start; the last column
compares what they computed. [README.md](README.md) tells how it is measured.

${table.join("\n")}
`;
}
