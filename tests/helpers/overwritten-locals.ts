/** Where a 64-bit local is set while the value that it had waits on the operand stack. */
export interface Overwritten {
  readonly function: string;
  /** Of the text, from 1. */
  readonly line: number;
}

/** Operands taken and results left by a function. */
interface Arity {
  readonly takes: number;
  readonly leaves: number;
}

const ONE_OPERAND =
  /\.(eqz|clz|ctz|popcnt|neg|abs|sqrt|ceil|floor|nearest|trunc|promote|demote|convert|extend|wrap|reinterpret)/;
const WIDE = new Set(["f64", "i64"]);

/** Reads a module in asc's flat text: one instruction a line. The stack holds names of locals, or "" for other values. */
export function overwrittenLocals(text: string): Overwritten[] {
  const lines = text.split("\n").map((line) => line.trim());
  const arities = aritiesOf(lines);
  const found: Overwritten[] = [];
  let body: Body | undefined;
  for (const [i, line] of lines.entries()) {
    const head = /^\(func \$(\S+)(.*)/.exec(line);
    if (head) body = new Body(head[1]!, head[2]!, arities);
    else if (line.startsWith("(local ")) body?.declare(line);
    else if (line.startsWith("(") || line === ")") body = undefined;
    else if (body?.run(line)) found.push({ function: body.name, line: i + 1 });
  }
  return found;
}

function aritiesOf(lines: readonly string[]): ReadonlyMap<string, Arity> {
  const arities = new Map<string, Arity>();
  for (const line of lines) {
    const [, name, rest = ""] = /\(func \$(\S+)(.*)/.exec(line) ?? [];
    if (!name) continue;
    // A function of the module names each parameter, an imported one lists their types.
    const named = [...rest.matchAll(/\(param \$/g)].length;
    const listed = [...rest.matchAll(/\(param ([^$)]*)\)/g)].flatMap(([, types]) =>
      types!.split(" "),
    );
    arities.set(name, { takes: named + listed.length, leaves: rest.includes("(result") ? 1 : 0 });
  }
  return arities;
}

/** The operand stack of one function. */
class Body {
  private readonly types = new Map<string, string>();
  private stack: string[] = [];
  private readonly blocks: { readonly height: number; readonly leaves: number }[] = [];

  constructor(
    readonly name: string,
    parameters: string,
    private readonly arities: ReadonlyMap<string, Arity>,
  ) {
    this.declare(parameters);
  }

  declare(text: string): void {
    for (const [, name, type] of text.matchAll(/\((?:param|local) \$(\S+) (\w+)\)/g)) {
      this.types.set(name!, type!);
    }
  }

  /** Runs one instruction. True if it overwrites a local whose value waits. */
  run(line: string): boolean {
    const [op = "", word = ""] = line.split(" ");
    const name = word.slice(1);
    if (op === "local.set" || op === "local.tee") {
      this.take(1);
      const waits = this.stack.includes(name) && WIDE.has(this.types.get(name) ?? "");
      if (op === "local.tee") this.leave(1);
      return waits;
    }
    if (op === "local.get") this.stack.push(name);
    else if (op === "call") this.apply(this.arities.get(name)!);
    else if (!this.control(op, line)) this.apply(arityOf(op));
    return false;
  }

  /** Blocks and jumps. */
  private control(op: string, line: string): boolean {
    const floor = this.blocks.at(-1)?.height ?? 0;
    if (op === "block" || op === "loop" || op === "if") {
      if (op === "if") this.take(1);
      this.blocks.push({ height: this.stack.length, leaves: line.includes("(result") ? 1 : 0 });
    } else if (op === "end") {
      const { height, leaves } = this.blocks.pop()!;
      this.stack.length = height;
      this.leave(leaves);
    } else if (/^(else|br|br_table|return|unreachable)$/.test(op)) this.stack.length = floor;
    else return false;
    return true;
  }

  private apply({ takes, leaves }: Arity): void {
    this.take(takes);
    this.leave(leaves);
  }

  private take(count: number): void {
    this.stack.length = Math.max(this.blocks.at(-1)?.height ?? 0, this.stack.length - count);
  }

  private leave(count: number): void {
    for (let i = 0; i < count; ++i) this.stack.push("");
  }
}

function arityOf(op: string): Arity {
  if (op.endsWith(".const") || op === "global.get" || op === "memory.size")
    return { takes: 0, leaves: 1 };
  if (op === "global.set" || op === "drop" || op === "br_if") return { takes: 1, leaves: 0 };
  if (op.includes(".load")) return { takes: 1, leaves: 1 };
  if (op.includes(".store")) return { takes: 2, leaves: 0 };
  if (op === "select") return { takes: 3, leaves: 1 };
  if (op === "nop" || op === "") return { takes: 0, leaves: 0 };
  if (!/^[fi](32|64)\./.test(op)) throw new Error(`unknown instruction ${op}`);
  return { takes: ONE_OPERAND.test(op) ? 1 : 2, leaves: 1 };
}
