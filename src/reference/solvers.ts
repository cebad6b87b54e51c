import * as op from "../../assembly/abi/opcodes.js";
import { type Call, floatOf, type Kernel } from "./kernel.js";

function cholesky({ operands: [a], attributes, index }: Call): void {
  const size = attributes[0]!;
  const at = (i: number, j: number) => i * size + j;
  const pivots = a!.filter((value, k) => k % (size + 1) === 0 && Number.isFinite(value));
  const most = pivots.reduce((m, value) => Math.max(m, value), 0);
  const shift = floatOf(attributes[1]!) + floatOf(attributes[2]!) * most;
  for (let j = 0; j < size; j++) {
    a![at(j, j)]! += shift;
    for (let i = j; i < size; i++) {
      for (let p = 0; p < j; p++) a![at(i, j)]! -= a![at(i, p)]! * a![at(j, p)]!;
    }
    const pivot = a![at(j, j)]!;
    if (!(pivot > 0 && Number.isFinite(pivot))) throw singular(index, j);
    for (let i = j; i < size; i++) a![at(i, j)]! /= Math.sqrt(pivot);
    a!.fill(0, at(j, j + 1), at(j + 1, 0));
  }
}

function triangleInverse({ operands, attributes: [n, tolerance], index }: Call): void {
  const [l, sizes] = operands;
  const size = n!;
  const given = l!.slice();
  const at = (i: number, j: number) => i * size + j;
  for (let r = 0; r < size; r++) {
    const pivot = given[at(r, r)]!;
    if (!(Math.abs(pivot) > floatOf(tolerance!) * sizes![r]!)) throw singular(index, r);
    for (let c = 0; c <= r; c++) {
      let sum = r === c ? 1 : 0;
      for (let p = c; p < r; p++) sum -= given[at(r, p)]! * l![at(p, c)]!;
      l![at(r, c)] = sum / pivot;
    }
  }
}

function singular(index: number, row: number): Error {
  return new Error(`instruction ${index}: singular at row ${row}`);
}

const reluProx: Kernel = ({ operands: [c, v, u], attributes }) => {
  const gamma = floatOf(attributes[0]!);
  for (let i = 0; i < u!.length; i++) {
    const [ci, vi] = [c![i]!, v![i]!];
    const cost = (ui: number) => gamma * (vi - Math.max(ui, 0)) ** 2 + (ui - ci) ** 2;
    const above = Math.max((ci + gamma * vi) / (1 + gamma), 0);
    const below = Math.min(ci, 0);
    u![i] = cost(below) < cost(above) ? below : above;
  }
};

function qrUpdate({ operands: [x, y, r, z], attributes: [n, k] }: Call): void {
  const [size, targets] = [n!, k!];
  for (let i = 0; i * size < x!.length; i++) {
    for (let j = 0; j < size; j++) {
      const xj = x![i * size + j]!;
      if (xj === 0) continue;
      const rjj = r![j * size + j]!;
      const h = Math.hypot(rjj, xj);
      for (let p = j; p < size; p++) rotate([rjj / h, xj / h], r!, j * size + p, x!, i * size + p);
      for (let p = 0; p < targets; p++) {
        rotate([rjj / h, xj / h], z!, j * targets + p, y!, i * targets + p);
      }
      x![i * size + j] = 0;
    }
  }
}

function rotate(
  [c, s]: readonly [number, number],
  a: Float64Array,
  i: number,
  b: Float64Array,
  j: number,
): void {
  const [ai, bj] = [a[i]!, b[j]!];
  a[i] = c * ai + s * bj;
  b[j] = c * bj - s * ai;
}

const oneHot: Kernel = ({ operands: [labels, y], attributes: [classes] }) => {
  y!.fill(0);
  labels!.forEach((label, row) => {
    y![row * classes! + label] = 1;
  });
};

export const solvers: ReadonlyMap<number, Kernel> = new Map<number, Kernel>([
  [op.CHOLESKY, cholesky],
  [op.TRIANGLE_INVERSE, triangleInverse],
  [op.RELU_PROX, reluProx],
  [op.QR_UPDATE, qrUpdate],
  [op.ONE_HOT, oneHot],
]);
