// npm run bench -- [WORKLOAD …] [--runs N] [--quick] [--python PATH] [--json] [--write]
//
// Times workloads beside their peers. Each measurement is a process of its own, pinned to one core, that warms up and
// takes the median of its repeats; ours and the peer's take turns, so that a noisy minute meets both. What is told is the
// median over the runs. The peer (PyTorch, scikit-learn) runs on one thread, where this machine has it.

import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { machine } from "./lib/machine.mjs";
import { measureOurs, measurePeer } from "./lib/process.mjs";
import { markdown, plain } from "./lib/report.mjs";
import { compare } from "./lib/statistics.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const names = readdirSync(join(here, "workloads"))
  .filter((file) => file.endsWith(".mjs"))
  .map((file) => file.slice(0, -".mjs".length));

const OPTIONS = {
  runs: { type: "string", default: "5" },
  quick: { type: "boolean", default: false },
  python: { type: "string" },
  json: { type: "boolean", default: false },
  write: { type: "boolean", default: false },
};

/** The command line, or the sentence that says what is wrong with it. */
function readOptions() {
  const { values, positionals } = parseArgs({ options: OPTIONS, allowPositionals: true });
  const unknown = positionals.find((name) => !names.includes(name));
  if (unknown) throw new Error(`'${unknown}' is no workload. There are ${names.join(", ")}.`);
  const runs = Number(values.runs);
  if (!Number.isInteger(runs) || runs < 1) throw new Error(`--runs ${values.runs} is no count`);
  return { ...values, runs, workloads: positionals.length ? positionals : names };
}

/** Runs one workload and its peer by turns. */
async function runWorkload(name, { runs, quick, python }) {
  const workload = await import(`./workloads/${name}.mjs`);
  const { title, unit, settings, quickSettings } = workload;
  const used = quick ? { ...settings, ...quickSettings } : settings;
  const folder = mkdtempSync(join(tmpdir(), "strop-bench-"));
  try {
    await workload.prepare(used, folder);
    const ours = [];
    const peers = [];
    let without;
    for (let run = 0; run < runs; ++run) {
      process.stderr.write(`${name}: run ${run + 1} of ${runs}\n`);
      ours.push(await measureOurs(name, used, folder));
      if (without) continue;
      const peer = await measurePeer(name, used, folder, python);
      if (peer.missing) without = peer.missing;
      else peers.push(peer);
    }
    return { name, title, unit, settings: used, ...compare(ours, peers, without) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function main() {
  const options = readOptions();
  const workloads = [];
  for (const name of options.workloads) workloads.push(await runWorkload(name, options));
  const result = { ...machine(), runs: options.runs, quick: options.quick, workloads };
  if (options.write) writeFileSync(join(here, "results.md"), markdown(result));
  process.stdout.write(options.json ? `${JSON.stringify(result, null, 1)}\n` : plain(result));
}

try {
  await main();
} catch (error) {
  process.stderr.write(`bench: ${error.message}\n`);
  process.exitCode = 1;
}
