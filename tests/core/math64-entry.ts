// exp64 and log64 over arrays, for tests/base/f64.test.ts.

import { exp64 } from "../../assembly/base/exp64";
import { log64 } from "../../assembly/base/log64";

export function arenaStart(): usize {
  return (__heap_base + 15) & ~15;
}

export function expMap(n: u32, x: usize, y: usize): void {
  for (let i: u32 = 0; i < n << 3; i += 8) store<f64>(y + i, exp64(load<f64>(x + i)));
}

export function logMap(n: u32, x: usize, y: usize): void {
  for (let i: u32 = 0; i < n << 3; i += 8) store<f64>(y + i, log64(load<f64>(x + i)));
}
