import { pcg32Below } from "../base/pcg32";
import { Ptr } from "../base/ptr";

/** order[n] = 0, 1, … n − 1. */
export function orderIdentity(n: u32, order: Ptr): void {
  for (let i: u32 = 0; i < n; ++i) store<u32>(order + (i << 2), i);
}

/**
 * Shuffles order[n] in place: for i = n − 1 … 1, swaps order[i] with order[j], j uniform in 0 … i.
 *
 * random: a PCG32, which moves on.
 * Fisher & Yates 1938; Durstenfeld 1964, Algorithm 235, doi:10.1145/364520.364540.
 */
export function orderShuffle(random: Ptr, n: u32, order: Ptr): void {
  for (let i: u32 = n; i > 1; --i) {
    const last = order + ((i - 1) << 2);
    const chosen = order + (pcg32Below(random, i) << 2);
    const row = load<u32>(chosen);
    store<u32>(chosen, load<u32>(last));
    store<u32>(last, row);
  }
}
