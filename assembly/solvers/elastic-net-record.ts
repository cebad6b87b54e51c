import { SOLVER_RECORD_BYTES } from "../abi/solver";
import { Ptr } from "../base/ptr";
import { Path } from "./path";

/** The state of the elastic net. Vectors are padded to whole fours, the padding zero. */
@unmanaged
export class ElasticNet extends Path {
  /** f64[columns]: ‖x_j‖², and Xᵀ·y, and Xᵀ·r: kept with the Gram matrix, else as last measured. */
  squares: Ptr;
  xy: Ptr;
  gradient: Ptr;
  /** f64[rows] without the Gram matrix: y − X·w. */
  residual: Ptr;
  /** f64[columns][columns], and the block of gram.ts; 0 without. */
  gram: Ptr;
  block: Ptr;
  yMean: f64;
  /** ‖y‖² and, of the residual as last measured, ‖r‖² and rᵀ·y. */
  yy: f64;
  rr: f64;
  ry: f64;
}

if (offsetof<ElasticNet>() > SOLVER_RECORD_BYTES) ERROR("the record is too small for ElasticNet");
