// The attribute `kind` of ELEMENT_LOSS and ELEMENT_LOSS_BACKWARD. y is the model's output, t the target,
// d = y − t, p the attribute `parameter`.

/** d² */
export const LOSS_MSE: u32 = 0;
/** |d| */
export const LOSS_MAE: u32 = 1;
/** |d| < p ? d²/2 : p·(|d| − p/2) */
export const LOSS_HUBER: u32 = 2;
/** max(0, p − s·y), s = t > 0 ? 1 : −1: labels are 0 and 1 as well as −1 and 1. */
export const LOSS_HINGE: u32 = 3;
/** p·t·log(1 + e^−y) + (1 − t)·log(1 + eʸ): the cross-entropy of sigmoid(y), rows of t = 1 weighted by p. */
export const LOSS_BINARY_CROSS_ENTROPY: u32 = 4;
