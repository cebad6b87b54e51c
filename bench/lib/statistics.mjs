/** The middle one; of an even count the mean of two. */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/** The median of the milliseconds that `run` says, of so many runs after one to warm up. */
export function timedRuns(repeats, run) {
  run();
  return median(Array.from({ length: repeats }, run));
}

function summary(measurements) {
  const runsMs = measurements.map(({ ms }) => ms);
  const { ms, result, ...rest } = measurements[0];
  const range = { msMin: Math.min(...runsMs), msMax: Math.max(...runsMs) };
  return { ...rest, ms: median(runsMs), ...range, result, runsMs };
}

/**
 * Ours beside the peer's.
 *
 *   ratio = ours / peer's, below 1 where ours is faster        difference = |r − r'| / |r'| of the results
 */
export function compare(ours, peers, without) {
  const our = summary(ours);
  if (without !== undefined) return { ours: our, peer: { missing: without } };
  const peer = summary(peers);
  const difference = Math.abs(our.result - peer.result) / Math.abs(peer.result);
  return { ours: our, peer, ratio: our.ms / peer.ms, difference };
}
