import { UNARY_SQRT } from "../../../assembly/abi/functions.js";
import { COPY, PERMUTE, QR_UPDATE, SQUARE_SUM, UNARY } from "../../../assembly/abi/opcodes.js";
import { ROLE_OPTIMIZER } from "../../../assembly/abi/program.js";
import type { Shape } from "../../graph/graph.js";
import { shapeElements } from "../../graph/shape.js";
import type { ProcedureBuilder } from "../procedure-builder.js";
import type { Solve, SolveSite } from "../stage.js";
import type { Tensor } from "../training-graph.js";
import { DenseLayer } from "./dense-layer.js";
import { Matrices, type Operand } from "./matrices.js";
import { isDense } from "./rectified-chain.js";

/** What is kept of all the rows f, y that have been seen. */
interface Kept {
  /** [1]: how many, and what no W takes away of ‖f·W + b − y‖². */
  readonly rows: Operand;
  readonly rest: Operand;
  /** ‖r·W − z‖² + rest is ‖f·W + b − y‖² at the best b. */
  readonly r: Operand;
  readonly z: Operand;
  /** The row of the column of ones: root·b + mean·W = value there. root is √rows. */
  readonly root: Operand;
  readonly mean: Operand;
  readonly value: Operand;
}

/**
 * min ‖f·W + b − y‖² + ridge·‖W‖² over all rows, f being what goes into the last dense layer: scikit-learn's Ridge.
 *
 * Each batch [1 f | y] is rotated into a triangle, a square-root information filter; rows are not kept, and how they
 * were batched does not matter. The error is that of the condition of f, where normal equations have its square.
 * G. Golub, C. Van Loan, Matrix Computations, 2013, §5.2 and §6.5.
 */
export class LastLayer {
  private kept: Kept | undefined;

  constructor(private readonly ridge: number) {}

  /** Rotates a batch in. */
  readonly gather: Solve = (b, site) => {
    const m = new Matrices(b);
    const layer = lastDense(b, site);
    const kept = keptOf(layer);
    this.kept = kept;
    const [f, y] = [ownCopy(m, layer.v), ownCopy(m, targetOf(m, layer, site))];
    const ones = () => m.filled("ones", ["N", 1], 1);
    b.emit(SQUARE_SUM, [ones().tensor, kept.rows.tensor]);
    if (layer.learnsBias) {
      // The same rotations of the same column, first of what stands beside it in f, then in y.
      rotate(m, ones(), f, m.copy("root of rows", kept.root), kept.mean);
      rotate(m, ones(), y, kept.root, kept.value);
    }
    rotate(m, f, y, kept.r, kept.z);
    b.emit(SQUARE_SUM, [y.tensor, kept.rest.tensor]);
    return { states: Object.values(kept).map(({ tensor }: Operand) => tensor) };
  };

  /** Writes W and b; the loss is that of all rows. */
  readonly solve: Solve = (b, site) => {
    const m = new Matrices(b);
    const layer = lastDense(b, site);
    const { dense } = layer;
    const { rows, rest, mean, value, root, ...kept } = this.kept!;
    const [r, z, total] = [m.copy("R", kept.r), m.copy("Z", kept.z), m.copy("rest", rest)];
    if (this.ridge > 0) {
      const zeros = m.filled("zeros", z.shape, 0);
      rotate(m, this.ridgeRows(m, dense.inputs), zeros, r, z);
      b.emit(SQUARE_SUM, [zeros.tensor, total.tensor]);
    }
    const triangle = m.fresh("Rᵀ", r.shape);
    b.emit(
      PERMUTE,
      [r.tensor, triangle.tensor],
      [1, dense.inputs, dense.inputs, 0, 0, 1, dense.inputs, 0],
    );
    m.invert(triangle, sizesOf(m, r, layer.learnsBias ? mean : undefined), dense.inputs * EPSILON);
    const w = dense.correlation(m, triangle, z);
    b.emit(COPY, [w.tensor, dense.w.tensor]);
    if (layer.learnsBias) {
      const left = m.minus("value − mean·W", value, dense.applied(m, "mean·W", mean, w));
      b.emit(COPY, [m.quotient("bias", left, root).tensor, dense.bias!.tensor]);
    }
    m.add(total, m.scaled("ridge", m.squareSum("‖W‖²", w), -this.ridge));
    const loss = m.quotient("loss", total, rows);
    m.scale(loss, 1 / dense.outputs);
    return { loss: loss.tensor };
  };

  /** √ridge·I, as rows of f whose y is 0: the factor of 0 + ridge·I. */
  private ridgeRows(m: Matrices, n: number): Operand {
    const rows = m.filled("√ridge·I", [n, n], 0);
    m.factor(rows, this.ridge);
    return rows;
  }
}

/** How large each column of f is, with what of it lies along the ones. */
function sizesOf(m: Matrices, r: Operand, mean: Operand | undefined): Operand {
  const squares = m.columnSum("sizes²", m.product("R²", r, r));
  if (mean) m.add(squares, m.product("mean²", mean, mean));
  const sizes = m.fresh("sizes", squares.shape);
  m.b.emit(UNARY, [squares.tensor, sizes.tensor], [UNARY_SQRT, 0, 0, 0]);
  return sizes;
}

/** Of f32: what a pivot may be beside its column, times the columns, and still be nothing but rounding. */
const EPSILON = 2 ** -23;

interface Site {
  readonly dense: DenseLayer;
  readonly v: Operand;
  readonly learnsBias: boolean;
}

function lastDense(b: ProcedureBuilder, { nodes, graph, trains }: SolveSite): Site {
  const node = nodes.at(-1)!;
  if (!isDense(node)) {
    b.refuse(
      node,
      "last-layer solves for a dense layer, and the model does not end in one",
      "Give a model that ends in Gemm, or MatMul and Add.",
    );
  }
  const dense = new DenseLayer(node, b, "last-layer");
  const learns = (value = "") => trains.has(graph.initializers.get(value)?.name ?? "");
  if (!learns(node.inputs[1]))
    b.refuse(node, "its weight is frozen; there is nothing to solve for");
  const v = { tensor: b.tensorOf(node.inputs[0]!), shape: ["N", dense.inputs] } as const;
  return { dense, v, learnsBias: learns(node.inputs[2]) };
}

/** y, less a bias that stays as it is. */
function targetOf(m: Matrices, { dense, learnsBias }: Site, { made }: SolveSite): Operand {
  const y = { tensor: made.target!, shape: ["N", dense.outputs] } as const;
  return dense.bias && !learnsBias ? m.minus("y − bias", y, dense.bias) : y;
}

/** What may be overwritten: rows that the host has filled in are not the step's own. */
function ownCopy(m: Matrices, x: Operand): Operand {
  return x.tensor.lifetime === "procedure" ? x : m.copy(`${x.tensor.name} (own)`, x);
}

function rotate(m: Matrices, x: Operand, y: Operand, r: Operand, z: Operand): void {
  const operands = [x, y, r, z].map(({ tensor }) => tensor);
  m.b.emit(QR_UPDATE, operands, [x.shape[1] as number, y.shape[1] as number]);
}

function keptOf({ dense: { inputs, outputs } }: Site): Kept {
  return {
    rows: state("rows", [1]),
    rest: state("rest", [1]),
    r: state("R", [inputs, inputs]),
    z: state("Z", [inputs, outputs]),
    root: state("root of rows", [1, 1]),
    mean: state("mean", [1, inputs]),
    value: state("value", [1, outputs]),
  };
}

function state(name: string, shape: Shape): Operand {
  const key = `last layer ${name}`;
  const tensor: Tensor = {
    name: key,
    type: "f32",
    ...shapeElements(shape),
    category: "optimizer",
    lifetime: "run",
    state: { role: ROLE_OPTIMIZER, name: key },
  };
  return { tensor, shape };
}
