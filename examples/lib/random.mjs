// Numbers that are the same on every machine.

/** Uniform numbers in 0 … 1. */
export function uniformNumbers(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Numbers of mean 0 and deviation 1: twelve uniform ones, added up. */
export function normalNumbers(uniform) {
  return () => {
    let sum = uniform();
    for (let i = 1; i < 12; i++) sum += uniform();
    return sum - 6;
  };
}
