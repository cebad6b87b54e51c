import { BINARY_ADD } from "../../../assembly/abi/functions.js";
import type { NodeOf, OpName, Shape } from "../../graph/graph.js";
import { shapeElements } from "../../graph/shape.js";
import { type AxisMap, type AxisMaps, emitSeparable, transposedMap } from "../axis-map.js";
import type { ProcedureBuilder } from "../procedure-builder.js";
import type { Tensor } from "../training-graph.js";
import { emitBinary, type Operand, operandOf } from "./broadcast.js";
import type { Rule } from "./rule.js";

/** The rule of an op that is a linear map along each axis by itself: its gradient is the transposed maps. */
export function axisWise<K extends OpName>(
  mapsOf: (node: NodeOf<K>, shape: Shape) => AxisMaps,
): Rule<K> {
  const mapsFor = (node: NodeOf<K>, b: ProcedureBuilder) =>
    mapsOf(node, b.shapeOf(node.inputs[0]!)).map((map) =>
      map && isIdentity(map) ? undefined : map,
    );
  return {
    forward(node, b) {
      const [x, y] = [node.inputs[0]!, node.outputs[0]!];
      const maps = mapsFor(node, b);
      if (maps.some((map) => map)) emitMaps(b, maps, operandOf(b, x), b.define(y));
      else b.bind(y, b.tensorOf(x));
    },
    backward(node, b) {
      const [x, y] = [node.inputs[0]!, node.outputs[0]!];
      if (!b.needsGradient(x)) return;
      const dy = { tensor: b.gradientOf(y), shape: b.shapeOf(y) };
      const maps = mapsFor(node, b).map((map) => map && transposedMap(map));
      if (maps.some((map) => map)) b.backward(x, (dx) => emitMaps(b, maps, dy, dx));
      else b.contribute(x, dy.tensor);
    },
  };
}

function isIdentity({ inSize, outSize, starts, indices, weights }: AxisMap): boolean {
  const isItself = (index: number, i: number) => index === i && starts[i] === i && weights[i] === 1;
  return inSize === outSize && indices.length === outSize && indices.every(isItself);
}

/** One or two axes that one instruction maps. */
interface Step {
  readonly axis: number;
  readonly maps: readonly AxisMap[];
  /** Of what it writes by what it reads. */
  readonly growth: number;
}

/** y = the maps along the axes of x: neighbours two at a time, and first those that leave the least. */
function emitMaps(b: ProcedureBuilder, maps: AxisMaps, x: Operand, y: Tensor): void {
  const steps = stepsOf(maps).sort((p, q) => p.growth - q.growth);
  let from = x;
  steps.forEach(({ axis, maps }, i) => {
    const shape = from.shape.toSpliced(axis, maps.length, ...maps.map(({ outSize }) => outSize));
    const isLast = i === steps.length - 1;
    const tensor = isLast ? y : b.scratch(`${y.name} (axis ${axis})`, shape);
    emitStep(b, axis, maps, from, { tensor, shape });
    from = { tensor, shape };
  });
}

function stepsOf(maps: AxisMaps): Step[] {
  const steps: Step[] = [];
  for (let axis = 0; axis < maps.length; axis++) {
    const map = maps[axis];
    if (!map) continue;
    const next = maps[axis + 1];
    // What fills one axis must not be there when the other one is.
    const both = next && fillOf(map) === 0 && fillOf(next) === 0 ? [map, next] : [map];
    const growth = both.reduce((total, { inSize, outSize }) => (total * outSize) / inSize, 1);
    steps.push({ axis, maps: both, growth });
    axis += both.length - 1;
  }
  return steps;
}

function emitStep(
  b: ProcedureBuilder,
  axis: number,
  [rows, columns]: readonly AxisMap[],
  x: Operand,
  y: Operand,
): void {
  const behind = y.shape.slice(axis + (columns ? 2 : 1));
  const inner = behind.length === 0 ? 1 : shapeElements(behind).c0;
  const fill = fillOf(rows!);
  const mapped = fill === 0 ? y.tensor : b.scratch(`${y.tensor.name} (unfilled)`, y.shape);
  emitSeparable(b, { rows: rows!, ...(columns && { columns }) }, inner, x.tensor, mapped);
  if (fill === 0) return;
  const along = [rows!.outSize, ...behind.map(() => 1)];
  const filling = { tensor: fillingOf(b, rows!, fill), shape: along };
  emitBinary(b, BINARY_ADD, { ...y, tensor: mapped }, filling, y);
}

/** What the outputs without entries are; 0 if there are none. */
function fillOf({ fill = 0, starts }: AxisMap): number {
  return starts.some((start, i) => start === starts[i + 1]) ? fill : 0;
}

/** `fill` for each output without entries, which is 0 yet, and −0 for the others, which changes no number at all. */
function fillingOf(b: ProcedureBuilder, { starts, outSize }: AxisMap, fill: number): Tensor {
  const isEmpty = (i: number) => starts[i] === starts[i + 1];
  const data = Float32Array.from({ length: outSize }, (_, i) => (isEmpty(i) ? fill : -0));
  return b.constant(`fill of ${outSize}`, data);
}
