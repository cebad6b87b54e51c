import { BINARY_ADD, BINARY_DIV, BINARY_MUL, BINARY_SUB } from "../../../assembly/abi/functions.js";
import {
  ADD,
  CHOLESKY,
  COLUMN_SUM,
  COPY,
  FILL,
  GEMM_NN,
  GEMM_NT,
  GEMM_TN,
  MEAN,
  SCALE,
  SCALE_BY,
  SQUARE_SUM,
  TRIANGLE_INVERSE,
} from "../../../assembly/abi/opcodes.js";
import type { Shape } from "../../graph/graph.js";
import { broadcastShapes } from "../../graph/shape.js";
import { emitBinary, type Operand } from "../ops/broadcast.js";
import type { ProcedureBuilder } from "../procedure-builder.js";
import { floatBits } from "../training-graph.js";

export type { Operand };

const PRODUCTS = { nn: GEMM_NN, nt: GEMM_NT, tn: GEMM_TN } as const;

/** Matrix algebra as instructions: each result is a new scratch tensor, but for what says "in place". */
export class Matrices {
  constructor(readonly b: ProcedureBuilder) {}

  fresh(name: string, shape: Shape): Operand {
    return { tensor: this.b.scratch(name, shape), shape };
  }

  filled(name: string, shape: Shape, value: number): Operand {
    const y = this.fresh(name, shape);
    this.b.emit(FILL, [y.tensor], [floatBits(value)]);
    return y;
  }

  copy(name: string, x: Operand): Operand {
    const y = this.fresh(name, x.shape);
    this.b.emit(COPY, [x.tensor, y.tensor]);
    return y;
  }

  /** p·q (nn), p·qᵀ (nt) or pᵀ·q (tn). */
  times(name: string, p: Operand, q: Operand, form: keyof typeof PRODUCTS = "nn"): Operand {
    const rows = form === "tn" ? p.shape[1]! : p.shape[0]!;
    const columns = form === "nt" ? q.shape[0]! : q.shape[1]!;
    const y = this.fresh(name, [rows, columns]);
    const sizes = form === "tn" ? [rows, columns] : [columns, p.shape[1]!];
    this.b.emit(PRODUCTS[form], [p.tensor, q.tensor, y.tensor], sizes as number[]);
    return y;
  }

  minus(name: string, p: Operand, q: Operand): Operand {
    return this.binary(BINARY_SUB, name, p, q);
  }

  plus(name: string, p: Operand, q: Operand): Operand {
    return this.binary(BINARY_ADD, name, p, q);
  }

  /** Element by element. */
  product(name: string, p: Operand, q: Operand): Operand {
    return this.binary(BINARY_MUL, name, p, q);
  }

  quotient(name: string, p: Operand, q: Operand): Operand {
    return this.binary(BINARY_DIV, name, p, q);
  }

  scaled(name: string, x: Operand, factor: number): Operand {
    const y = this.fresh(name, x.shape);
    this.b.emit(SCALE, [x.tensor, y.tensor], [floatBits(factor)]);
    return y;
  }

  /** In place: y += x. */
  add(y: Operand, x: Operand): void {
    this.b.emit(ADD, [y.tensor, x.tensor, y.tensor]);
  }

  /** In place: y ·= factor. */
  scale(y: Operand, factor: number): void {
    this.b.emit(SCALE, [y.tensor, y.tensor], [floatBits(factor)]);
  }

  /** In place: y ·= factor[0]. */
  scaleBy(y: Operand, factor: Operand): void {
    this.b.emit(SCALE_BY, [factor.tensor, y.tensor]);
  }

  /** Σ_rows x, as a row. */
  columnSum(name: string, x: Operand): Operand {
    const columns = x.shape[1] as number;
    const y = this.fresh(name, [1, columns]);
    this.b.emit(COLUMN_SUM, [x.tensor, y.tensor], [columns]);
    return y;
  }

  /** Σ x² as [1]. */
  squareSum(name: string, x: Operand): Operand {
    const y = this.filled(name, [1], 0);
    this.b.emit(SQUARE_SUM, [x.tensor, y.tensor]);
    return y;
  }

  /** Σ x / elements as [1]. */
  mean(name: string, x: Operand): Operand {
    const y = this.fresh(name, [1]);
    this.b.emit(MEAN, [x.tensor, y.tensor]);
    return y;
  }

  /** In place: L with L·Lᵀ = a + (shift + floor·max a[i,i])·I, of a symmetric a. */
  factor(a: Operand, shift: number, floor = 0): void {
    const operands = [a.tensor, this.triangleScratch(a).tensor];
    const numbers = [floatBits(shift), floatBits(floor)];
    this.b.emit(CHOLESKY, operands, [a.shape[0] as number, ...numbers]);
  }

  /** In place: the inverse of a lower triangle whose pivots must be larger than tolerance·size; default than 0. */
  invert(l: Operand, size?: Operand, tolerance = 0): void {
    const n = l.shape[0] as number;
    const given = size ?? this.filled("no size", [n], 0);
    const operands = [l, given, this.triangleScratch(l)].map(({ tensor }) => tensor);
    this.b.emit(TRIANGLE_INVERSE, operands, [n, floatBits(tolerance)]);
  }

  private triangleScratch(a: Operand): Operand {
    return this.fresh("triangle scratch", [32 * ((a.shape[0] as number) + 32)]);
  }

  /** f(p, q) element by element, broadcast; kind is a BINARY_… of abi/functions. */
  binary(kind: number, name: string, p: Operand, q: Operand): Operand {
    const shape = broadcastShapes(p.shape, q.shape)!;
    const y = this.fresh(name, shape);
    emitBinary(this.b, kind, p, q, y);
    return y;
  }
}
