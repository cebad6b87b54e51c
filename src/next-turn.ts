/** Lets timers, input and signals have their turn. A timeout costs a millisecond, so only without better. */
export function nextTurn(): Promise<void> {
  const later = globalThis.setImmediate ?? setTimeout;
  return new Promise((resolve) => later(() => resolve()));
}
