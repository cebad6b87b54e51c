import { describeProgram, type ProgramDescription, readFileBytes } from "../../node.js";
import { command } from "../command.js";
import { byteCount, count, table } from "../format.js";
import { badOption, text } from "../options/option.js";

type Tensor = ProgramDescription["tensors"][number];
type Procedure = ProgramDescription["procedures"][number];
type Instruction = Procedure["instructions"][number];

/** `strop dump PROGRAM`: everything that a program file says, for people who debug one. */
export const dump = command({
  name: "dump",
  help: "what is in a program file: tensors, instructions, memory",
  files: ["program"],
  options: {
    procedure: text({ value: "NAME", help: "only this one: predict, evaluate, step" }),
  },
  async run([path = ""], { procedure }, { output }) {
    const all = describeProgram(readFileBytes(path), path);
    const description = procedure === undefined ? all : only(all, procedure);
    output.result(description, () => words(description));
    return undefined;
  },
});

/** The program as one procedure sees it: itself, its tensors, its phases, its state. */
function only(program: ProgramDescription, name: string): ProgramDescription {
  const procedures = program.procedures.filter((procedure) => procedure.name === name);
  if (procedures.length === 0) {
    const names = program.procedures.map((procedure) => procedure.name).join(", ");
    throw badOption("--procedure", `'${name}' is not in the program`, `There are ${names}.`);
  }
  const tensors = program.tensors.filter(({ uses }) => uses.some((use) => use.procedure === name));
  const ids = new Set(tensors.map(({ id }) => id));
  return {
    ...program,
    procedures,
    tensors,
    states: program.states.filter(({ tensor }) => ids.has(tensor)),
    phases: program.phases.filter(({ procedure }) => procedure === name),
  };
}

function words(program: ProgramDescription): string {
  const names = new Map(program.tensors.map(({ id, name }) => [id, printable(name)]));
  const nameOf = (id: number) => names.get(id) ?? `tensor ${id}`;
  const parts = [
    header(program),
    titled("sections", [
      ["", "offset", "bytes"],
      ...program.sections.map(({ kind, offset, bytes }) => [kind, offset, bytes]),
    ]),
    titled("tensors", [
      ["id", "name", "type", "elements", "offset", "bytes", "needed"],
      ...program.tensors.map((tensor) => tensorRow(tensor)),
    ]),
    ...program.procedures.map((procedure) => procedureText(procedure, nameOf)),
    titled("phases", program.phases.map(phaseRow)),
    titled(
      "state, what a checkpoint holds",
      program.states.map(({ tensor, role, elements }) => [nameOf(tensor), role, elements]),
    ),
  ];
  return parts.filter((part) => part !== "").join("\n");
}

function header(program: ProgramDescription): string {
  const { version, hash, fileBytes, residentBytes, arenaBytes, batchMax, rowsMax } = program;
  const rows = [
    ["program", `version ${version}, hash ${hash}`],
    ["file", byteCount(fileBytes)],
    ["resident", byteCount(residentBytes)],
    ["arena", byteCount(arenaBytes)],
    ["batch", `at most ${count(batchMax)}`],
    ["rows", rowsMax === 0 ? "none, it does not train" : `at most ${count(rowsMax)}`],
  ];
  return `${table(rows)}\n`;
}

function titled(title: string, rows: readonly (readonly (string | number)[])[]): string {
  return rows.length === 0 ? "" : `${title}\n${table(rows, "  ")}\n`;
}

function tensorRow({ id, name, type, c0, c1, offset, bytes, lifetime, uses }: Tensor) {
  const perRow = c1 === 0 ? "" : c1 === 1 ? "batch" : `${count(c1)}·batch`;
  const elements = [...(c0 > 0 || c1 === 0 ? [count(c0)] : []), perRow].filter(Boolean).join(" + ");
  const spans = uses.map(
    ({ procedure, first, last }) => `${printable(procedure)} ${first}–${last}`,
  );
  const needed = lifetime === "run" ? ["always", ...spans] : spans;
  return [id, printable(name), type, elements, offset, bytes, needed.join(", ")];
}

function procedureText(procedure: Procedure, nameOf: (id: number) => string): string {
  const { name, kind, batch, work, peak, instructions } = procedure;
  const ends = (["x", "y", "output", "loss", "weight", "correct", "norm"] as const).flatMap(
    (end) => {
      const id = procedure[end];
      return id === null ? [] : [`${end} ${nameOf(id)}`];
    },
  );
  const title =
    `procedure ${printable(name)} (${printable(kind)}): batch ${count(batch)}, work ${count(work)}, ` +
    `peak ${count(peak.bytes)} bytes at ${peak.index}\n  ${ends.join(", ")}`;
  return titled(title, [
    ["", "live bytes", "work", "", "operands → written (attributes)"],
    ...instructions.map((instruction) => instructionRow(instruction, nameOf)),
  ]);
}

function instructionRow(
  { index, op, operands, attributes, work, liveBytes }: Instruction,
  nameOf: (id: number) => string,
) {
  const list = (written: boolean) =>
    operands.flatMap((operand) => (operand.written === written ? [nameOf(operand.tensor)] : []));
  const [read, written] = [list(false).join(", "), list(true).join(", ")];
  const values = Array.isArray(attributes)
    ? attributes.join(" ")
    : Object.entries(attributes)
        .map(([name, value]) => `${name}=${value}`)
        .join(" ");
  const flow = [read, ...(written ? ["→", written] : []), ...(values ? [`(${values})`] : [])];
  return [index, liveBytes, work, op, flow.join(" ").trim()];
}

function phaseRow(phase: ProgramDescription["phases"][number]): string[] {
  const { procedure, batch, epochs, steps, shuffle, dropLast, seed, lr, schedule, warmup } = phase;
  const { blocks, blockOrder, blockSteps } = phase;
  const length = [...(epochs ? [`${epochs} epochs`] : []), ...(steps ? [`${steps} steps`] : [])];
  return [
    printable(procedure),
    ...(blocks > 1
      ? [`${count(blocks)} blocks, ${blockOrder}, ${count(blockSteps)} steps each`]
      : []),
    `batch ${batch}`,
    length.join(" or "),
    shuffle ? `shuffled, seed ${seed}` : "in the order of the rows",
    ...(dropLast ? ["without a last smaller batch"] : []),
    `lr ${lr}, ${schedule}`,
    ...(warmup ? [`after ${count(warmup)} steps of warm-up`] : []),
  ];
}

/** A name from a file that may be anyone's, without what moves a terminal's cursor. */
function printable(name: string): string {
  return name.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "�");
}
