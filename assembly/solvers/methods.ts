import {
  METHOD_ELASTIC_NET,
  METHOD_KMEANS,
  METHOD_LOGISTIC,
  METHOD_RIDGE,
  SOLVER_METHOD,
} from "../abi/solver";
import { BAD_CALL, DONE } from "../abi/status";
import { elasticNetAdvance, elasticNetLayout } from "./elastic-net";
import { ElasticNet } from "./elastic-net-record";
import { kmeansRun } from "./kmeans";
import { KMeans, kmeansLayout } from "./kmeans-state";
import { STAGE_END } from "./linear";
import { logisticAdvance, logisticLayout } from "./logistic";
import { Logistic } from "./logistic-record";
import { Problem, problemFail, problemRefuse } from "./problem";
import { Ridge, ridgeAdvance, ridgeLayout } from "./ridge";

/**
 * Checks what is given of a problem and lays its arrays out behind the record (solvers/arena.ts).
 *
 * Returns DONE, or BAD_OPTION with the field.
 */
export function methodLayout(problem: Problem): u32 {
  switch (problem.method) {
    case METHOD_ELASTIC_NET:
      return elasticNetLayout(changetype<ElasticNet>(problem));
    case METHOD_RIDGE:
      return ridgeLayout(changetype<Ridge>(problem));
    case METHOD_LOGISTIC:
      return logisticLayout(changetype<Logistic>(problem));
    case METHOD_KMEANS:
      return kmeansLayout(changetype<KMeans>(problem));
    default:
      return problemRefuse(problem, SOLVER_METHOD);
  }
}

/**
 * Gets on with a problem from its stage until it is done or `problem.left` is used up; at least one piece of
 * work is done. A piece is bounded by the longest of rows, columns and outputs times a small constant.
 */
export function methodRun(problem: Problem): u32 {
  if (problem.method == METHOD_KMEANS) return kmeansRun(changetype<KMeans>(problem));
  let status: u32 = DONE;
  while (status == DONE && problem.stage != STAGE_END) status = linearAdvance(problem);
  return status;
}

/** Gets on with the stage of a linear method: DONE when the next one is set, PAUSED, or an error. */
function linearAdvance(problem: Problem): u32 {
  switch (problem.method) {
    case METHOD_ELASTIC_NET:
      return elasticNetAdvance(changetype<ElasticNet>(problem));
    case METHOD_RIDGE:
      return ridgeAdvance(changetype<Ridge>(problem));
    case METHOD_LOGISTIC:
      return logisticAdvance(changetype<Logistic>(problem));
    default:
      return problemFail(problem, BAD_CALL, 0, 0);
  }
}
