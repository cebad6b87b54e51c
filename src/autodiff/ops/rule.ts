import type { NodeOf, OpName } from "../../graph/graph.js";
import type { ProcedureBuilder } from "../procedure-builder.js";

/** How an op computes, and how its gradient flows. */
export interface Rule<K extends OpName> {
  /** Binds the node's output; saves what backward needs. */
  forward(node: NodeOf<K>, b: ProcedureBuilder): void;
  /** Given the output's gradient, contributes to each input that needs one. */
  backward(node: NodeOf<K>, b: ProcedureBuilder): void;
}
