import type { CompiledProgram } from "../compile/compile.js";
import { StropError } from "../errors.js";
import type { Graph, Initializer } from "../graph/graph.js";
import { unview } from "../graph/view.js";
import type { Session } from "../runtime/session.js";

/** Values by initializer name, in the layout of the user's file. */
export type Weights = ReadonlyMap<string, Float32Array>;

/** What training has changed so far: parameters and running statistics. Only between steps. */
export function readWeights(session: Session, program: CompiledProgram): Weights {
  return new Map(
    program.parameters.map(({ name, offset, elements, initializer }) => [
      name,
      unview(initializer, session.core.floats(offset, elements)),
    ]),
  );
}

/** The graph with new values in some of its initializers. */
export function withWeights(graph: Graph, weights: Weights): Graph {
  const initializers = new Map(graph.initializers);
  for (const [name, values] of weights) {
    const before = initializers.get(name);
    if (!before) throw wrongWeights(name, "the model has no such initializer");
    if (values.length !== before.data.length) {
      throw wrongWeights(name, `${values.length} values, but it has ${before.data.length}`);
    }
    initializers.set(name, { ...before, data: inOpLayout(before, values) });
  }
  return { ...graph, initializers };
}

function wrongWeights(name: string, problem: string): StropError {
  return new StropError(problem, { code: "weights", where: name });
}

function inOpLayout({ view }: Initializer, values: Float32Array): Float32Array {
  if (!view) return values.slice();
  return Float32Array.from(view.index, (source) => values[source] as number);
}
