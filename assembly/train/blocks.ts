import {
  BLOCK_ORDER_CYCLIC,
  BLOCK_ORDER_GAUSS_SOUTHWELL,
  PHASE_BLOCK_ORDER,
  PHASE_BLOCK_STEPS,
  PHASE_BLOCKS,
  PHASE_SCORES,
  PHASE_SEED,
  PHASE_STEP,
} from "../abi/program";
import { SESSION_BLOCK, SESSION_STEP } from "../abi/session";
import { hashElement, hashRow } from "../base/hash";
import { Ptr } from "../base/ptr";
import { sessionGet } from "../vm/session";
import { tensorPtr } from "../vm/tensor";

/** The procedure of the phase that trains the block at work. */
export function blockStep(phase: Ptr): u32 {
  return load<u32>(phase, PHASE_STEP) + sessionGet(SESSION_BLOCK);
}

/** Whether a block begins with the step that comes. A phase without blocks is one. */
export function blockBegins(phase: Ptr): bool {
  const step = sessionGet(SESSION_STEP);
  if (load<u32>(phase, PHASE_BLOCKS) == 1) return step == 0;
  return step % load<u32>(phase, PHASE_BLOCK_STEPS) == 0;
}

/** Whether the choice of a block looks at gradients. */
export function blockIsScored(phase: Ptr): bool {
  return load<u32>(phase, PHASE_BLOCK_ORDER) == BLOCK_ORDER_GAUSS_SOUTHWELL;
}

/** The block that begins now; a function of the position and, if scored, of the scores. */
export function blockChoose(phase: Ptr): u32 {
  const blocks = load<u32>(phase, PHASE_BLOCKS);
  if (blocks == 1) return 0;
  if (blockIsScored(phase)) return highestScore(load<u32>(phase, PHASE_SCORES), blocks);
  const turn = sessionGet(SESSION_STEP) / load<u32>(phase, PHASE_BLOCK_STEPS);
  if (load<u32>(phase, PHASE_BLOCK_ORDER) == BLOCK_ORDER_CYCLIC) return turn % blocks;
  const low = load<u32>(phase, PHASE_SEED);
  const high = load<u32>(phase, PHASE_SEED + 4);
  return hashElement(hashRow(low, high, 0, 0, 0), turn) % blocks;
}

/** The first of the highest, NaN left out. */
function highestScore(first: u32, blocks: u32): u32 {
  let best: u32 = 0;
  let most: f32 = -1;
  for (let b: u32 = 0; b < blocks; ++b) {
    const score = load<f32>(tensorPtr(first + b));
    if (!(score > most)) continue;
    best = b;
    most = score;
  }
  return best;
}
