import {
  HEADER_ROWS_MAX,
  NONE,
  PHASE_BATCH,
  PHASE_BATCH_MIN,
  PHASE_BEGIN,
  PHASE_DROP_LAST,
  PHASE_EPOCHS,
  PHASE_FLAGS,
  PHASE_LR_TENSOR,
  PHASE_METRIC,
  PHASE_SCORE,
  PHASE_SEED,
  PHASE_SHUFFLE,
  PHASE_STEPS,
  PROCEDURE_LOSS,
  PROCEDURE_NORM,
  PROCEDURE_WEIGHT,
} from "../abi/program";
import {
  MODE_IDLE,
  MODE_ONE_SHOT,
  MODE_TRAINING,
  SESSION_BATCH,
  SESSION_BLOCK,
  SESSION_EPOCH,
  SESSION_EPOCH_LOSS,
  SESSION_EPOCH_WEIGHT,
  SESSION_FINISHED,
  SESSION_LAST_EPOCH_LOSS,
  SESSION_LOSS,
  SESSION_MODE,
  SESSION_NORM,
  SESSION_PHASE,
  SESSION_PHASE_COUNT,
  SESSION_POSITION,
  SESSION_POSITION_BYTES,
  SESSION_PROCEDURE_COUNT,
  SESSION_RANDOM,
  SESSION_ROW,
  SESSION_ROW_ORDER,
  SESSION_ROWS,
  SESSION_SHUFFLE,
  SESSION_STAGE,
  SESSION_STEP,
  SESSION_STEP_ROWS,
  SESSION_WANTED,
  STAGE_ASK,
  STAGE_BEGIN,
  STAGE_EPOCH,
  STAGE_NONE,
  STAGE_ROWS,
  STAGE_SCORE,
  STAGE_STEP,
} from "../abi/session";
import {
  BAD_CALL,
  BAD_ROWS,
  DONE,
  EPOCH,
  NON_FINITE,
  PAUSED,
  ROWS,
  SMALL_BATCH,
} from "../abi/status";
import { memoryCopy, memoryZero } from "../base/memory";
import { PCG32_BYTES, pcg32Seed } from "../base/pcg32";
import { Ptr } from "../base/ptr";
import { orderIdentity, orderShuffle } from "../data/shuffle";
import { execute, instructionIndex, procedureSelect } from "../vm/execute";
import { phaseRecord, procedureRecord } from "../vm/read-code";
import { headerWord } from "../vm/read-tables";
import { answer, fail, SESSION, sessionGet, sessionSet } from "../vm/session";
import { tensorPtr } from "../vm/tensor";
import { blockBegins, blockChoose, blockIsScored, blockStep } from "./blocks";
import { blame, stateNotFinite } from "./guard";
import { plateauBegin, plateauObserve, scheduleRate } from "./schedule";

/** PCG32's stream for shuffles. */
const SHUFFLE_STREAM: u64 = 54;

/** Starts the first phase on `rows` rows. The weights are as they stand; nothing runs yet. */
export function trainBegin(rows: u32): u32 {
  if (sessionGet(SESSION_PHASE_COUNT) == 0) return answer(BAD_CALL);
  memoryZero(SESSION + SESSION_POSITION, SESSION_POSITION_BYTES);
  sessionSet(SESSION_ROWS, rows);
  return beginPhase(0);
}

/** Goes on from the position that checkpointRestore() brought, on the same number of rows. Not in mid-step. */
export function trainResume(rows: u32): u32 {
  const unfit = sessionGet(SESSION_PHASE_COUNT) == 0 || isInStep();
  if (unfit) return answer(BAD_CALL);
  if (rows == 0 || rows != sessionGet(SESSION_ROWS))
    return fail(BAD_ROWS, 0, 0, sessionGet(SESSION_ROWS), rows);
  if (sessionGet(SESSION_FINISHED)) {
    sessionSet(SESSION_STAGE, STAGE_NONE);
    return answer(DONE);
  }
  sessionSet(SESSION_MODE, MODE_TRAINING);
  if (sessionGet(SESSION_ROW) == 0) sessionSet(SESSION_STAGE, STAGE_EPOCH);
  else {
    orderEpoch();
    sessionSet(SESSION_STAGE, STAGE_ASK);
  }
  return answer(DONE);
}

/**
 * Ends the phase under way as if its last epoch were over: EPOCH if another phase follows, else DONE. What stops
 * early, on what it knows of held-out rows, is the embedder. Not in mid-step.
 */
export function trainEndPhase(): u32 {
  if (sessionGet(SESSION_STAGE) == STAGE_NONE || isInStep()) return answer(BAD_CALL);
  return endPhase();
}

/** Selects one run of a procedure on `batch` rows, which run() then executes. Not in mid-step. */
export function procedureBegin(index: u32, batch: u32): u32 {
  if (isInStep()) return answer(BAD_CALL);
  if (index >= sessionGet(SESSION_PROCEDURE_COUNT)) return fail(BAD_CALL, 0, index, 0, 0);
  if (!procedureSelect(index, batch)) return fail(BAD_ROWS, 0, index, 0, batch);
  sessionSet(SESSION_MODE, MODE_ONE_SHOT);
  return answer(DONE);
}

/**
 * Gets on with what was begun, for about `budget` units of work at the most; 0 is without limit.
 *
 * Returns DONE when the procedure or the training is over; ROWS when the rows whose indices lie at
 * rowsWanted() are to be filled in before the next call; EPOCH after an epoch's last step; PAUSED when the
 * budget is spent; else an error, its place in the session record.
 */
export function run(budget: u32): u32 {
  const limit = budget == 0 ? <u32>0xffffffff : budget;
  const mode = sessionGet(SESSION_MODE);
  if (mode == MODE_ONE_SHOT) return runOneShot(limit);
  if (mode == MODE_TRAINING) return runTraining(limit);
  return answer(BAD_CALL);
}

function runOneShot(budget: u32): u32 {
  const status = execute(budget);
  if (status == PAUSED) return answer(PAUSED);
  const end = status == DONE ? answer(DONE) : blame(status, instructionIndex());
  const stage = sessionGet(SESSION_STAGE);
  sessionSet(SESSION_MODE, stage == STAGE_NONE ? MODE_IDLE : MODE_TRAINING);
  if (stage == STAGE_ROWS) sessionSet(SESSION_BATCH, nextBatch()); // they are still wanted
  return end;
}

function runTraining(budget: u32): u32 {
  const stage = sessionGet(SESSION_STAGE);
  if (stage == STAGE_EPOCH) {
    orderEpoch();
    sessionSet(SESSION_STAGE, STAGE_ASK);
    return askRows();
  }
  if (stage == STAGE_ASK) return askRows();
  if (stage == STAGE_ROWS) beginStep();
  let status = execute(budget);
  while (status == DONE && stepGoesOn()) status = execute(budget);
  if (status == PAUSED) return answer(PAUSED);
  if (status != DONE) {
    stopTraining();
    return blame(status, instructionIndex());
  }
  endStep();
  const phaseEnds = phaseIsOver();
  if (!phaseEnds && sessionGet(SESSION_STAGE) != STAGE_EPOCH) return askRows();
  const fault = stateNotFinite();
  if (fault != NONE) {
    stopTraining();
    return fail(NON_FINITE, 0, 0, fault, 0);
  }
  return phaseEnds ? endPhase() : answer(EPOCH);
}

/**
 * Tells a phase that asks for it (PHASE_METRIC) how well the epoch that has just ended did: the smaller, the
 * better. Once, between the EPOCH of run() and the next call.
 */
export function plateauMetric(value: f64): u32 {
  const isDue = sessionGet(SESSION_MODE) == MODE_TRAINING && sessionGet(SESSION_EPOCH) != 0;
  if (!isDue || sessionGet(SESSION_STAGE) != STAGE_EPOCH || !takesMetric()) return answer(BAD_CALL);
  plateauObserve(phase(), value);
  return answer(DONE);
}

function takesMetric(): bool {
  return (load<u32>(phase(), PHASE_FLAGS) & PHASE_METRIC) != 0;
}

function stopTraining(): void {
  sessionSet(SESSION_MODE, MODE_IDLE);
  sessionSet(SESSION_STAGE, STAGE_NONE);
}

function phase(): Ptr {
  return phaseRecord(sessionGet(SESSION_PHASE));
}

/** Rows that do not suit the phase leave no training under way. */
function beginPhase(index: u32): u32 {
  sessionSet(SESSION_PHASE, index);
  const status = phaseTakes(sessionGet(SESSION_ROWS));
  if (status != DONE) {
    sessionSet(SESSION_ROWS, 0);
    stopTraining();
    return status;
  }
  pcg32Seed(SESSION + SESSION_RANDOM, load<u64>(phase(), PHASE_SEED), SHUFFLE_STREAM);
  sessionSet(SESSION_EPOCH, 0);
  sessionSet(SESSION_STEP, 0);
  sessionSet(SESSION_BLOCK, 0);
  sessionSet(SESSION_ROW, 0);
  zeroEpochLoss();
  plateauBegin();
  sessionSet(SESSION_STAGE, STAGE_EPOCH);
  sessionSet(SESSION_MODE, MODE_TRAINING);
  return answer(DONE);
}

/** DONE, or why the phase cannot run on so many rows. */
function phaseTakes(rows: u32): u32 {
  const batch = load<u32>(phase(), PHASE_BATCH);
  const batchMin = load<u32>(phase(), PHASE_BATCH_MIN);
  const dropLast = (load<u32>(phase(), PHASE_FLAGS) & PHASE_DROP_LAST) != 0;
  if (rows == 0 || rows > headerWord(HEADER_ROWS_MAX) || (dropLast && rows < batch))
    return fail(BAD_ROWS, 0, sessionGet(SESSION_PHASE), headerWord(HEADER_ROWS_MAX), rows);
  const last = rows % batch;
  if (last != 0 && last < batchMin && !dropLast)
    return fail(SMALL_BATCH, 0, sessionGet(SESSION_PHASE), batchMin, last);
  return DONE;
}

/** The epoch's order is a function of the random state that the position keeps, so that a resume finds it again. */
function orderEpoch(): void {
  const order = sessionGet(SESSION_ROW_ORDER);
  const rows = sessionGet(SESSION_ROWS);
  memoryCopy(SESSION + SESSION_SHUFFLE, SESSION + SESSION_RANDOM, PCG32_BYTES);
  orderIdentity(rows, order);
  if (load<u32>(phase(), PHASE_FLAGS) & PHASE_SHUFFLE)
    orderShuffle(SESSION + SESSION_SHUFFLE, rows, order);
}

/** Rows of the step that comes next: a batch, or what is left of the epoch. */
function nextBatch(): u32 {
  return min<u32>(
    load<u32>(phase(), PHASE_BATCH),
    sessionGet(SESSION_ROWS) - sessionGet(SESSION_ROW),
  );
}

function askRows(): u32 {
  sessionSet(SESSION_BATCH, nextBatch());
  sessionSet(SESSION_WANTED, sessionGet(SESSION_ROW_ORDER) + (sessionGet(SESSION_ROW) << 2));
  sessionSet(SESSION_STAGE, STAGE_ROWS);
  return answer(ROWS);
}

function beginStep(): void {
  store<f32>(tensorPtr(load<u32>(phase(), PHASE_LR_TENSOR)), scheduleRate(phase()));
  stepGoesOn();
}

/** A step is up to three procedures: scores, where a block is to be chosen; what a block begins with; the step itself. */
function stepGoesOn(): bool {
  const stage = sessionGet(SESSION_STAGE);
  if (stage == STAGE_STEP) return false;
  if (stage != STAGE_BEGIN && blockBegins(phase())) {
    if (stage == STAGE_ROWS && blockIsScored(phase()))
      return stepSelect(STAGE_SCORE, load<u32>(phase(), PHASE_SCORE));
    sessionSet(SESSION_BLOCK, blockChoose(phase()));
    const begin = load<u32>(phase(), PHASE_BEGIN);
    if (begin != NONE) return stepSelect(STAGE_BEGIN, begin + sessionGet(SESSION_BLOCK));
  }
  return stepSelect(STAGE_STEP, blockStep(phase()));
}

function stepSelect(stage: u32, procedure: u32): bool {
  sessionSet(SESSION_STAGE, stage);
  return procedureSelect(procedure, nextBatch());
}

function isInStep(): bool {
  return sessionGet(SESSION_STAGE) >= STAGE_STEP;
}

function endStep(): void {
  const procedure = procedureRecord(blockStep(phase()));
  const rows = sessionGet(SESSION_BATCH);
  const loss = load<f32>(tensorPtr(load<u32>(procedure, PROCEDURE_LOSS)));
  const norm = load<u32>(procedure, PROCEDURE_NORM);
  store<f32>(SESSION + SESSION_LOSS, loss);
  store<f32>(SESSION + SESSION_NORM, norm == NONE ? 0 : load<f32>(tensorPtr(norm)));
  sessionSet(SESSION_STEP_ROWS, rows);
  const weight = lossWeight(procedure);
  const sum = load<f64>(SESSION + SESSION_EPOCH_LOSS) + <f64>loss * weight;
  const weights = load<f64>(SESSION + SESSION_EPOCH_WEIGHT) + weight;
  store<f64>(SESSION + SESSION_EPOCH_LOSS, sum);
  store<f64>(SESSION + SESSION_EPOCH_WEIGHT, weights);
  store<f64>(SESSION + SESSION_LAST_EPOCH_LOSS, weights == 0 ? 0 : sum / weights);
  sessionSet(SESSION_ROW, sessionGet(SESSION_ROW) + rows);
  sessionSet(SESSION_STEP, sessionGet(SESSION_STEP) + 1);
  sessionSet(SESSION_STAGE, STAGE_ASK);
  if (epochIsOver()) endEpoch();
}

/** What the loss of the batch that has just run counts in a mean over batches. */
export function lossWeight(procedure: Ptr): f64 {
  const weight = load<u32>(procedure, PROCEDURE_WEIGHT);
  if (weight == NONE) return <f64>sessionGet(SESSION_BATCH);
  return <f64>load<f32>(tensorPtr(weight));
}

function zeroEpochLoss(): void {
  store<f64>(SESSION + SESSION_EPOCH_LOSS, 0);
  store<f64>(SESSION + SESSION_EPOCH_WEIGHT, 0);
}

function epochIsOver(): bool {
  const left = nextBatch();
  return (
    left == 0 ||
    (left < load<u32>(phase(), PHASE_BATCH) &&
      (load<u32>(phase(), PHASE_FLAGS) & PHASE_DROP_LAST) != 0)
  );
}

function endEpoch(): void {
  zeroEpochLoss();
  memoryCopy(SESSION + SESSION_RANDOM, SESSION + SESSION_SHUFFLE, PCG32_BYTES);
  sessionSet(SESSION_ROW, 0);
  sessionSet(SESSION_EPOCH, sessionGet(SESSION_EPOCH) + 1);
  sessionSet(SESSION_STAGE, STAGE_EPOCH);
  if (!takesMetric()) plateauObserve(phase(), load<f64>(SESSION, SESSION_LAST_EPOCH_LOSS));
}

function phaseIsOver(): bool {
  const epochs = load<u32>(phase(), PHASE_EPOCHS);
  const steps = load<u32>(phase(), PHASE_STEPS);
  return (
    (epochs != 0 && sessionGet(SESSION_EPOCH) >= epochs) ||
    (steps != 0 && sessionGet(SESSION_STEP) >= steps)
  );
}

/** EPOCH before the next phase's first step, DONE after the last phase. */
function endPhase(): u32 {
  const next = sessionGet(SESSION_PHASE) + 1;
  if (next < sessionGet(SESSION_PHASE_COUNT)) {
    const status = beginPhase(next);
    return status == DONE ? answer(EPOCH) : status;
  }
  sessionSet(SESSION_FINISHED, 1);
  stopTraining();
  return answer(DONE);
}
