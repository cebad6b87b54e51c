/** What went wrong, for people and for programs: the four fields of `{"error": …}` and the exit code. */
export interface ErrorDetails {
  /** Stable, kebab-case: "label-range". */
  readonly code: string;
  /** The place: a file and row, a node, a tensor, an option. */
  readonly where?: string;
  /** The name of the node that it is about, as `inspect` lists it. */
  readonly node?: string;
  /** What to do, as a sentence: "Fix the labels or give --head 13." */
  readonly hint?: string;
  /** 1: the run failed. 2: usage. */
  readonly exitCode?: 1 | 2;
}

/** An error that the user can act on. Everything else that is thrown is a bug of ours. */
export class StropError extends Error {
  readonly code: string;
  readonly where: string | undefined;
  readonly node: string | undefined;
  readonly hint: string | undefined;
  readonly exitCode: 1 | 2;

  /** @param problem one clause without the place and without a final stop: "label 12, but the model has 10 classes" */
  constructor(problem: string, details: ErrorDetails) {
    const place = details.where ? `${details.where}: ` : "";
    const hint = details.hint ? ` ${details.hint}` : "";
    super(`${place}${problem}.${hint}`);
    this.name = "StropError";
    this.code = details.code;
    this.where = details.where;
    this.node = details.node;
    this.hint = details.hint;
    this.exitCode = details.exitCode ?? 1;
  }
}
