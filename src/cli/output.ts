/** How a run talks: told by the command line before anything else is understood. */
export interface Voice {
  /** stdout is exactly one JSON object. */
  readonly json: boolean;
  /** No progress, no notes. */
  readonly quiet: boolean;
  /** The stack of an error. */
  readonly debug: boolean;
  readonly color: boolean;
  /** stderr is a terminal, where a line can be drawn again. */
  readonly terminal: boolean;
}

export function voiceOf(argv: readonly string[]): Voice {
  const has = (flag: string) => argv.includes(flag);
  const plain = has("--no-color") || Boolean(process.env.NO_COLOR);
  return {
    json: has("--json"),
    quiet: has("--quiet"),
    debug: has("--debug"),
    color: !plain && process.stderr.isTTY === true,
    terminal: process.stderr.isTTY === true && process.env.TERM !== "dumb",
  };
}

const RED = "31";
const DIM = "2";

/** Results go to stdout, everything else to stderr. */
export class Output {
  private stdoutTaken = false;
  private notes: string[] = [];
  private readonly allNotes: string[] = [];

  constructor(readonly voice: Voice) {}

  /** OUT is stdout, so the result in words goes to stderr. */
  takeStdout(): void {
    this.stdoutTaken = true;
  }

  /** What the command was run for: as JSON, or in words. */
  result(json: object, words: () => string): void {
    this.tellNotes();
    if (this.voice.json) process.stdout.write(`${JSON.stringify(json)}\n`);
    else if (this.stdoutTaken) process.stderr.write(words());
    else process.stdout.write(words());
  }

  /** Something the user should know, and may ignore. It is told when the run gets going. */
  note(text: string): void {
    this.notes.push(text);
    this.allNotes.push(text);
  }

  /** Every note so far, told or not. */
  get noted(): readonly string[] {
    return this.allNotes;
  }

  progress(text: string): void {
    this.tellNotes();
    if (!this.voice.quiet) process.stderr.write(`${text}\n`);
  }

  /** Nothing but one line, with --json the object too, and with --debug the stack. */
  error(line: string, json: object, stack: string | undefined): void {
    if (this.voice.json) process.stdout.write(`${JSON.stringify({ error: json })}\n`);
    process.stderr.write(`${this.paint(RED, "strop:")} ${line}\n`);
    if (this.voice.debug && stack) process.stderr.write(`${stack}\n`);
  }

  /** Tells the notes that have not been told yet. */
  tellNotes(): void {
    const notes = this.voice.quiet ? [] : this.notes;
    for (const note of notes) process.stderr.write(`${this.paint(DIM, "note:")} ${note}\n`);
    this.notes = [];
  }

  private paint(color: string, text: string): string {
    return this.voice.color ? `\u001b[${color}m${text}\u001b[0m` : text;
  }
}
