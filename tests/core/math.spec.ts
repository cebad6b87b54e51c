import { exp1 } from "../../assembly/base/exp";
import { log1 } from "../../assembly/base/log";
import { sigmoid1 } from "../../assembly/base/sigmoid";
import { tanh1 } from "../../assembly/base/tanh";

function bits(x: f32): u32 {
  return reinterpret<u32>(x);
}

describe("exp", () => {
  test("0, −0, ±∞, NaN", () => {
    expect<f32>(exp1(0)).toBe(1);
    expect<f32>(exp1(-0.0)).toBe(1);
    expect<f32>(exp1(Infinity)).toBe(Infinity);
    expect<f32>(exp1(-Infinity)).toBe(0);
    expect<bool>(isNaN<f32>(exp1(NaN))).toBe(true);
  });

  test("the largest argument below ∞, the first denormal, the last before 0", () => {
    expect<bool>(isFinite<f32>(exp1(88.72283))).toBe(true);
    expect<f32>(exp1(88.72284)).toBe(Infinity);
    expect<u32>(bits(exp1(-103.97))).toBe(1);
    expect<u32>(bits(exp1(-103.98))).toBe(0);
    expect<u32>(bits(exp1(-1e30))).toBe(0);
  });
});

describe("log", () => {
  test("1, ±0, ±∞, negative, NaN", () => {
    expect<f32>(log1(1)).toBe(0);
    expect<f32>(log1(0)).toBe(-Infinity);
    expect<f32>(log1(-0.0)).toBe(-Infinity);
    expect<f32>(log1(Infinity)).toBe(Infinity);
    expect<bool>(isNaN<f32>(log1(-Infinity))).toBe(true);
    expect<bool>(isNaN<f32>(log1(-1e-45))).toBe(true);
    expect<bool>(isNaN<f32>(log1(NaN))).toBe(true);
  });

  test("the smallest denormal", () => {
    expect<f32>(log1(reinterpret<f32>(1))).toBe(-103.27893);
  });
});

describe("tanh", () => {
  test("±0, ±∞, NaN", () => {
    expect<u32>(bits(tanh1(0))).toBe(0);
    expect<u32>(bits(tanh1(-0.0))).toBe(0x80000000);
    expect<f32>(tanh1(Infinity)).toBe(1);
    expect<f32>(tanh1(-Infinity)).toBe(-1);
    expect<bool>(isNaN<f32>(tanh1(NaN))).toBe(true);
  });

  test("a denormal is its own tanh", () => {
    expect<u32>(bits(tanh1(reinterpret<f32>(7)))).toBe(7);
  });
});

describe("sigmoid", () => {
  test("±0, ±∞, NaN", () => {
    expect<f32>(sigmoid1(0)).toBe(0.5);
    expect<f32>(sigmoid1(-0.0)).toBe(0.5);
    expect<f32>(sigmoid1(Infinity)).toBe(1);
    expect<f32>(sigmoid1(-Infinity)).toBe(0);
    expect<bool>(isNaN<f32>(sigmoid1(NaN))).toBe(true);
  });

  test("far below 0 it is denormal, not 0", () => {
    expect<u32>(bits(sigmoid1(-103.9))).toBe(1);
    expect<bool>(sigmoid1(-89) > 0).toBe(true);
  });
});
