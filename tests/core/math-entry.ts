import { erf } from "../../assembly/base/erf";
import { exp1, exp4 } from "../../assembly/base/exp";
import { log1, log4 } from "../../assembly/base/log";
import { sigmoid1, sigmoid4 } from "../../assembly/base/sigmoid";
import { tanh1, tanh4 } from "../../assembly/base/tanh";

// Compiled by tests/base/ulp.test.ts. Each function maps n values from x to y, one at a time (…1)
// or, where the flavour has vectors, four at a time (…4).

export function arenaStart(): usize {
  return (__heap_base + 15) & ~15;
}

export function exp1Map(n: u32, x: usize, y: usize): void {
  for (let i: u32 = 0; i < n; ++i) store<f32>(y + (i << 2), exp1(load<f32>(x + (i << 2))));
}

export function log1Map(n: u32, x: usize, y: usize): void {
  for (let i: u32 = 0; i < n; ++i) store<f32>(y + (i << 2), log1(load<f32>(x + (i << 2))));
}

export function tanh1Map(n: u32, x: usize, y: usize): void {
  for (let i: u32 = 0; i < n; ++i) store<f32>(y + (i << 2), tanh1(load<f32>(x + (i << 2))));
}

export function sigmoid1Map(n: u32, x: usize, y: usize): void {
  for (let i: u32 = 0; i < n; ++i) store<f32>(y + (i << 2), sigmoid1(load<f32>(x + (i << 2))));
}

export function erf1Map(n: u32, x: usize, y: usize): void {
  for (let i: u32 = 0; i < n; ++i) store<f32>(y + (i << 2), erf<f32>(load<f32>(x + (i << 2))));
}

export function erf4Map(n: u32, x: usize, y: usize): void {
  if (ASC_FEATURE_SIMD) {
    for (let i: u32 = 0; i < n; i += 4)
      v128.store(y + (i << 2), erf<v128>(v128.load(x + (i << 2))));
  }
}

export function exp4Map(n: u32, x: usize, y: usize): void {
  if (ASC_FEATURE_SIMD) {
    for (let i: u32 = 0; i < n; i += 4) v128.store(y + (i << 2), exp4(v128.load(x + (i << 2))));
  }
}

export function log4Map(n: u32, x: usize, y: usize): void {
  if (ASC_FEATURE_SIMD) {
    for (let i: u32 = 0; i < n; i += 4) v128.store(y + (i << 2), log4(v128.load(x + (i << 2))));
  }
}

export function tanh4Map(n: u32, x: usize, y: usize): void {
  if (ASC_FEATURE_SIMD) {
    for (let i: u32 = 0; i < n; i += 4) v128.store(y + (i << 2), tanh4(v128.load(x + (i << 2))));
  }
}

export function sigmoid4Map(n: u32, x: usize, y: usize): void {
  if (ASC_FEATURE_SIMD) {
    for (let i: u32 = 0; i < n; i += 4) v128.store(y + (i << 2), sigmoid4(v128.load(x + (i << 2))));
  }
}
