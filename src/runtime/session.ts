import {
  KIND_EVALUATE,
  KIND_PREDICT,
  ROLE_OPTIMIZER,
  TYPE_I32,
} from "../../assembly/abi/program.js";
import * as session from "../../assembly/abi/session.js";
import { DONE, EPOCH, PAUSED, ROWS } from "../../assembly/abi/status.js";
import { elementsAt } from "../autodiff/training-graph.js";
import {
  type PhaseRecord,
  type ProcedureRecord,
  type ProgramRecord,
  readProgram,
  type TensorRecord,
} from "../compile/program-reader.js";
import type { Dataset } from "../data/dataset.js";
import { shortestDecimal } from "../decimal.js";
import { Core } from "./core.js";
import { copyRows } from "./feed.js";
import type { Flavour } from "./flavour.js";

/** A byte pattern that no run leaves behind by chance. */
const UNTOUCHED = 0xa5;
const UNTOUCHED_WORD = 0xa5a5a5a5;

/** A finished optimizer update. */
export interface StepEvent {
  readonly kind: "step";
  /** Index of the phase that it belongs to. */
  readonly phase: number;
  /** From 1, over all phases. */
  readonly step: number;
  readonly epoch: number;
  /** Mean over the batch, before the update. */
  readonly loss: number;
  readonly lr: number;
  /** Mean over the epoch so far. */
  readonly epochLoss: number;
  /** Before clipping by norm; 0 if the program does not compute it. */
  readonly gradNorm: number;
}

/** A finished epoch. */
export interface EpochEvent {
  readonly kind: "epoch";
  /** Index of the phase that it belongs to. */
  readonly phase: number;
  readonly epoch: number;
  /** Whether the phase is over. */
  readonly endsPhase: boolean;
  /** Mean over the epoch's rows. */
  readonly trainLoss: number;
}

/** The budget is spent: a chance for the caller to let others run, or to stop. */
export interface PauseEvent {
  readonly kind: "pause";
}

export interface Evaluation {
  readonly rows: number;
  /** Mean over the rows, each with its weight; 0 if none counts. */
  readonly loss: number;
  /** Shares of right and of wrong answers; not there for a regression, nor if no row counts. */
  readonly accuracy?: number;
  readonly zeroOneError?: number;
}

/**
 * A program in a core, driven with rows. Between steps the trained weights can be read, and other rows
 * evaluated, without disturbing the training.
 */
export class Session {
  readonly core: Core;
  readonly program: ProgramRecord;
  /** Indices in the training set of the rows of the current batch. */
  batchRows = new Uint32Array(0);
  /** Time spent in steps, filling rows included. */
  stepMsSum = 0;
  steps = 0;

  private readonly measured: boolean;
  /** Set by `endPhase` when no phase is left. */
  private finished = false;

  /** @param options measure: whether `usedBytes` will be asked for; then the whole arena is written once */
  constructor(programFile: Uint8Array, flavour?: Flavour, options: { measure?: boolean } = {}) {
    this.core = Core.load(programFile, flavour);
    this.program = readProgram(programFile);
    this.measured = options.measure === true;
    if (this.measured) this.paint();
  }

  /** Bytes of the arena that hold something or were written since the start, in granules of 16. */
  usedBytes(): number {
    if (!this.measured) throw new Error("a session that does not measure");
    const { arenaBytes, residentBytes } = this.program;
    // An arena may be hundreds of megabytes: one plain loop over the memory as it lies.
    const { buffer, byteOffset } = this.core.bytes(0, arenaBytes);
    const words = new Uint32Array(buffer, byteOffset, arenaBytes / 4);
    const first = Math.ceil(residentBytes / 16);
    let granules = first;
    for (let at = first * 4; at < words.length; at += 4) {
      const untouched =
        words[at] === UNTOUCHED_WORD &&
        words[at + 1] === UNTOUCHED_WORD &&
        words[at + 2] === UNTOUCHED_WORD &&
        words[at + 3] === UNTOUCHED_WORD;
      if (!untouched) granules++;
    }
    return granules * 16;
  }

  /** Marks all memory that nothing depends on, so that use can be told from the plan. */
  private paint(): void {
    const { arenaBytes, residentBytes } = this.program;
    this.core.bytes(residentBytes, arenaBytes - residentBytes).fill(UNTOUCHED);
    for (const { tensor } of this.program.states) {
      const { offset, c0 } = this.tensor(tensor);
      if (offset >= residentBytes) this.core.floats(offset, c0).fill(0);
    }
  }

  /**
   * Trains all phases on the rows. Yields after every step and epoch, and whenever `budget` units of work
   * are spent. Leaving the loop early leaves the weights as the last finished step made them.
   */
  *train(rows: Dataset, budget: number): Generator<StepEvent | EpochEvent | PauseEvent, void> {
    const { core } = this;
    core.trainBegin(rows.rows);
    this.finished = false;
    let started = performance.now();
    let inStep = false;
    while (!this.finished) {
      const phaseBefore = core.session(session.SESSION_PHASE);
      const epochBefore = core.session(session.SESSION_EPOCH) + 1;
      const { lrTensor } = this.phase();
      const status = core.run(budget);
      if (status !== PAUSED && inStep) {
        inStep = false;
        this.stepMsSum += performance.now() - started;
        yield this.stepEvent(phaseBefore, epochBefore, lrTensor);
      }
      if (status === PAUSED) yield { kind: "pause" };
      if (status === EPOCH || (status === DONE && core.session(session.SESSION_ROW) === 0)) {
        const endsPhase = status === DONE || core.session(session.SESSION_PHASE) !== phaseBefore;
        yield this.epochEvent(phaseBefore, epochBefore, endsPhase);
      }
      if (status === DONE) return;
      if (status === ROWS) {
        started = performance.now();
        this.batchRows = core.wantedRows().slice();
        this.fill(this.stepProcedure(), rows, this.batchRows);
        inStep = true;
      }
    }
  }

  /**
   * Tells the phase how well the epoch did that it has just yielded, the smaller the better. Only for a program
   * that takes it; the last epoch of a phase is of no use to it.
   */
  observe(metric: number): void {
    const { core } = this;
    const goesOn = core.session(session.SESSION_MODE) === session.MODE_TRAINING;
    if (goesOn && core.session(session.SESSION_EPOCH) > 0) core.plateauMetric(metric);
  }

  private phase(): PhaseRecord {
    const phase = this.program.phases[this.core.session(session.SESSION_PHASE)];
    if (!phase) throw new Error("a program without a phase");
    return phase;
  }

  /** The step of the phase that the trainer is in: its rows are wanted. */
  private stepProcedure(): ProcedureRecord {
    const step = this.program.procedures[this.phase().step];
    if (!step) throw new Error("a phase without a step");
    return step;
  }

  private stepEvent(phase: number, epoch: number, lr: number | undefined): StepEvent {
    const { core } = this;
    const gradNorm = core.sessionF32(session.SESSION_NORM);
    return {
      kind: "step",
      phase,
      step: ++this.steps,
      epoch,
      loss: core.sessionF32(session.SESSION_LOSS),
      lr: shortestDecimal(this.number(lr)),
      epochLoss: core.sessionF64(session.SESSION_LAST_EPOCH_LOSS),
      gradNorm,
    };
  }

  private epochEvent(phase: number, epoch: number, endsPhase: boolean): EpochEvent {
    const trainLoss = this.core.sessionF64(session.SESSION_LAST_EPOCH_LOSS);
    return { kind: "epoch", phase, epoch, endsPhase, trainLoss };
  }

  /** Ends the phase under way after the epoch that is over; the next one, if there is one, goes on from here. */
  endPhase(): void {
    this.finished = this.core.trainEndPhase();
  }

  /** A copy of what is trained, running statistics included, as `restore` takes it. Only between steps. */
  snapshot(): readonly Float32Array[] {
    return this.learned().map((values) => values.slice());
  }

  restore(snapshot: readonly Float32Array[]): void {
    for (const [i, values] of this.learned().entries()) values.set(snapshot[i] as Float32Array);
  }

  /** Views of the state tensors that are not the optimizer's. */
  private learned(): Float32Array[] {
    const { states } = this.program;
    return states
      .filter(({ role }) => role !== ROLE_OPTIMIZER)
      .map(({ tensor }) => {
        const { offset, c0 } = this.tensor(tensor);
        return this.core.floats(offset, c0);
      });
  }

  /** Mean loss over the rows, and the share of right answers. Only between steps. */
  evaluate(rows: Dataset): Evaluation {
    const procedure = this.procedure(KIND_EVALUATE);
    const { loss, weight, correct } = procedure;
    const sums = { loss: 0, weight: 0, right: 0, counted: 0 };
    for (const batch of this.batches(procedure, rows)) {
      const batchWeight = weight === undefined ? batch.length : this.number(weight);
      sums.loss += this.number(loss) * batchWeight;
      sums.weight += batchWeight;
      if (correct === undefined) continue;
      sums.right += this.number(correct);
      sums.counted += this.number(correct, 1);
    }
    const { right, counted } = sums;
    return {
      rows: rows.rows,
      loss: sums.weight === 0 ? 0 : sums.loss / sums.weight,
      ...(counted > 0 && { accuracy: right / counted, zeroOneError: (counted - right) / counted }),
    };
  }

  /** The model's output for each row, end to end; once, if no row enters it. Only between steps. */
  predict(rows: Dataset): Float32Array {
    const procedure = this.procedure(KIND_PREDICT);
    const output = this.tensor(procedure.output);
    const all = new Float32Array(elementsAt(output, rows.rows));
    let at = 0;
    for (const batch of this.batches(procedure, rows)) {
      all.set(this.core.floats(output.offset, elementsAt(output, batch.length)), at);
      at += output.c1 * batch.length;
    }
    return all;
  }

  /** Runs the procedure batch by batch, in the order of the rows, and yields the indices of each. */
  private *batches(procedure: ProcedureRecord, rows: Dataset): Generator<Uint32Array, void> {
    for (let first = 0; first < rows.rows; first += procedure.batch) {
      const length = Math.min(procedure.batch, rows.rows - first);
      this.batchRows = Uint32Array.from({ length }, (_, i) => first + i);
      this.fill(procedure, rows, this.batchRows);
      this.core.execute(this.program.procedures.indexOf(procedure), length);
      yield this.batchRows;
    }
  }

  private fill(procedure: ProcedureRecord, rows: Dataset, indices: Uint32Array): void {
    const x = this.tensor(procedure.x);
    // Of a model without batch, the whole input is its one row.
    const elements = elementsAt(x, indices.length);
    const batch = this.core.floats(x.offset, elements);
    copyRows(rows.x, x.c0 + x.c1, indices, batch, rows.levels);
    if (procedure.y === undefined) return;
    const y = this.tensor(procedure.y);
    if (!rows.y) throw new Error("rows without labels for a procedure with them");
    const count = y.c1 * indices.length;
    const target =
      y.type === TYPE_I32 ? this.core.ints(y.offset, count) : this.core.floats(y.offset, count);
    copyRows(rows.y.data, y.c1, indices, target);
  }

  /** Element i of a tensor. */
  private number(id: number | undefined, i = 0): number {
    return this.core.floats(this.tensor(id).offset, i + 1)[i] as number;
  }

  private tensor(id: number | undefined): TensorRecord {
    const tensor = id === undefined ? undefined : this.program.tensors[id];
    if (!tensor) throw new Error(`the program has no tensor ${id}`);
    return tensor;
  }

  private procedure(kind: number): ProcedureRecord {
    const procedure = this.program.procedures.find((candidate) => candidate.kind === kind);
    if (!procedure) throw new Error(`a program without a procedure of kind ${kind}`);
    return procedure;
  }
}
