/** A model's outputs for rows of known classes, and what they were. */
export interface Classified {
  /** rows × classes, row by row; larger is likelier. */
  readonly scores: Float32Array;
  readonly classes: number;
  /** One a row; a row whose label lies outside 0 … classes − 1 does not count. */
  readonly labels: ArrayLike<number>;
}

/**
 * Share of the rows whose label is among the k largest scores; of equal scores the first counts as the larger,
 * so that top-1 is the accuracy.
 */
export function topK({ scores, classes, labels }: Classified, k: number): number {
  let [right, counted] = [0, 0];
  for (let row = 0; row < labels.length; row++) {
    const label = labels[row]!;
    if (!isClass(label, classes)) continue;
    counted++;
    if (rankOf(scores.subarray(row * classes, (row + 1) * classes), label) < k) right++;
  }
  return right / counted;
}

/** confusion[label][predicted] = how many rows of that label were taken for that class. */
export function confusionMatrix({ scores, classes, labels }: Classified): number[][] {
  const matrix = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (let row = 0; row < labels.length; row++) {
    const label = labels[row]!;
    if (!isClass(label, classes)) continue;
    matrix[label]![largestOf(scores.subarray(row * classes, (row + 1) * classes))]!++;
  }
  return matrix;
}

function isClass(label: number, classes: number): boolean {
  return label >= 0 && label < classes;
}

/** How many scores come before the label's. */
function rankOf(scores: Float32Array, label: number): number {
  const own = scores[label]!;
  let rank = 0;
  for (let i = 0; i < scores.length; i++) {
    if (scores[i]! > own || (scores[i] === own && i < label)) rank++;
  }
  return rank;
}

function largestOf(scores: Float32Array): number {
  let best = 0;
  for (let i = 1; i < scores.length; i++) if (scores[i]! > scores[best]!) best = i;
  return best;
}
