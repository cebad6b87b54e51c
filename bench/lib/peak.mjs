import asc from "assemblyscript/asc";
import { timedRuns } from "./statistics.mjs";

const ITERATIONS = 1e5;

/** cᵢ ← cᵢ·b + d in so many chains side by side, all of it in registers. */
function source(chains) {
  const c = Array.from({ length: chains }, (_, i) => `c${i}`);
  return `export function loop(n: i32): f32 {
    const b = f32x4.splat(0.5), d = f32x4.splat(1);
    ${c.map((name, i) => `let ${name} = f32x4.splat(${i});`).join("\n")}
    for (; n > 0; --n) {
      ${c.map((name) => `${name} = f32x4.add(f32x4.mul(${name}, b), d);`).join("\n")}
    }
    return f32x4.extract_lane(${c.reduce((sum, name) => `f32x4.add(${sum}, ${name})`)}, 0);
  }`;
}

/** GFLOP/s of the fastest such loop: what no kernel of 128-bit multiply-adds exceeds. */
export async function peakGflops() {
  let best = 0;
  for (const chains of [6, 8, 10, 11, 12, 13]) {
    const options = { optimizeLevel: 3, runtime: "stub", enable: ["simd"] };
    const { binary, error } = await asc.compileString(source(chains), options);
    if (error) throw error;
    const { instance } = await WebAssembly.instantiate(binary);
    const ms = timedRuns(100, () => {
      const start = performance.now();
      instance.exports.loop(ITERATIONS);
      return performance.now() - start;
    });
    best = Math.max(best, (ITERATIONS * chains * 8) / ms / 1e6);
  }
  return best;
}
