import * as op from "../abi/opcodes";
import { BAD_OPCODE } from "../abi/status";
import { Ptr } from "../base/ptr";
import { FOLD_MAX, FOLD_MIN, FOLD_SUM } from "../kernels/broadcast";
import { operandsResolve } from "./instruction";
import * as batchNorm from "./ops/batch-norm";
import * as conv from "./ops/conv";
import * as elementwise from "./ops/elementwise";
import * as gemm from "./ops/gemm";
import * as loss from "./ops/loss";
import * as movement from "./ops/movement";
import * as optim from "./ops/optim";
import * as rows from "./ops/rows";
import * as separable from "./ops/separable";
import * as solvers from "./ops/solvers";

/**
 * The one switch. With `checking` it answers whether the instruction's sizes and attributes fit at the
 * session's batch, and touches no tensor; without, it executes. So that what is checked and what is done
 * stand next to each other, and no opcode can be in one and not in the other.
 */
export function dispatch(at: Ptr, opcode: u32, checking: bool): u32 {
  operandsResolve(at);
  switch (opcode) {
    case op.FILL:
      return elementwise.fill(at, checking);
    case op.UNIFORM:
      return elementwise.uniform(at, checking);
    case op.COPY:
      return elementwise.copy(at, checking);
    case op.SCALE:
      return elementwise.scale(at, checking);
    case op.ADD:
      return elementwise.add(at, checking);
    case op.BINARY:
      return movement.binary(at, checking);
    case op.BROADCAST_SUM:
      return movement.broadcastFold(at, FOLD_SUM, checking);
    case op.COLUMN_SUM:
      return movement.columnSum(at, checking);
    case op.PERMUTE:
      return movement.permute(at, false, checking);
    case op.PLACE:
      return movement.permute(at, true, checking);
    case op.RELU:
      return elementwise.relu(at, checking);
    case op.RELU_BACKWARD:
      return elementwise.reluBackward(at, checking);
    case op.TANH:
      return elementwise.tanh(at, checking);
    case op.TANH_BACKWARD:
      return elementwise.tanhBackward(at, checking);
    case op.SIGMOID:
      return elementwise.sigmoid(at, checking);
    case op.SIGMOID_BACKWARD:
      return elementwise.sigmoidBackward(at, checking);
    case op.SOFTMAX:
      return elementwise.softmax(at, checking);
    case op.GEMM_NN:
      return gemm.gemmNN(at, checking);
    case op.GEMM_NT:
      return gemm.gemmNT(at, checking);
    case op.GEMM_TN:
      return gemm.gemmTN(at, checking);
    case op.GEMM_NN_BIAS:
      return gemm.gemmNNBias(at, checking);
    case op.GEMM_NT_BIAS:
      return gemm.gemmNTBias(at, checking);
    case op.CONV2D:
      return conv.conv2d(at, checking);
    case op.CONV2D_BIAS:
      return conv.conv2dBias(at, checking);
    case op.CONV2D_BACKWARD_INPUT:
      return conv.conv2dBackwardInput(at, checking);
    case op.CONV2D_BACKWARD_PARAMS:
      return conv.conv2dBackwardParams(at, checking);
    case op.BATCH_NORM_STATS:
      return batchNorm.batchNormStats(at, checking);
    case op.BATCH_NORM_INV_STD:
      return batchNorm.batchNormInvStd(at, checking);
    case op.BATCH_NORM:
      return batchNorm.batchNorm(at, checking);
    case op.BATCH_NORM_RUNNING:
      return batchNorm.batchNormRunning(at, checking);
    case op.BATCH_NORM_BACKWARD_PARAMS:
      return batchNorm.batchNormBackwardParams(at, checking);
    case op.BATCH_NORM_BACKWARD_INPUT:
      return batchNorm.batchNormBackwardInput(at, checking);
    case op.BATCH_NORM_FROZEN_BACKWARD_INPUT:
      return batchNorm.batchNormFrozenBackwardInput(at, checking);
    case op.BATCH_NORM_MERGE:
      return batchNorm.batchNormMerge(at, checking);
    case op.SOFTMAX_CROSS_ENTROPY:
      return loss.softmaxCrossEntropy(at, checking);
    case op.SOFTMAX_CROSS_ENTROPY_BACKWARD:
      return loss.softmaxCrossEntropyBackward(at, checking);
    case op.CORRECT_COUNT:
      return loss.correctCount(at, checking);
    case op.MEAN:
      return loss.mean(checking);
    case op.ELEMENT_LOSS:
      return loss.elementLoss(at, checking);
    case op.ELEMENT_LOSS_BACKWARD:
      return loss.elementLossBackward(at, checking);
    case op.CHECK_FINITE:
      return loss.checkFinite(checking);
    case op.WEIGHTED_MEAN:
      return loss.weightedMean(checking);
    case op.SOFT_CROSS_ENTROPY:
      return loss.softCrossEntropy(at, checking);
    case op.SOFT_CROSS_ENTROPY_BACKWARD:
      return loss.softCrossEntropyBackward(at, checking);
    case op.MULTI_MARGIN:
      return loss.multiMargin(at, checking);
    case op.MULTI_MARGIN_BACKWARD:
      return loss.multiMarginBackward(at, checking);
    case op.BINARY_CORRECT_COUNT:
      return loss.binaryCorrectCount(at, checking);
    case op.UNARY:
      return elementwise.unary(at, checking);
    case op.UNARY_BACKWARD:
      return elementwise.unaryBackward(at, checking);
    case op.BROADCAST_MAX:
      return movement.broadcastFold(at, FOLD_MAX, checking);
    case op.BROADCAST_MIN:
      return movement.broadcastFold(at, FOLD_MIN, checking);
    case op.SQUARE_SUM:
      return optim.squareSum(checking);
    case op.CLIP_NORM_FACTOR:
      return optim.clipNormFactor(at, checking);
    case op.SCALE_BY:
      return optim.scaleBy(checking);
    case op.CLIP_VALUE:
      return optim.clipValue(at, checking);
    case op.SGD:
      return optim.sgd(at, checking);
    case op.SGD_MOMENTUM:
      return optim.sgdMomentum(at, checking);
    case op.ADAM_BEGIN:
      return optim.adamBegin(at, checking);
    case op.ADAM:
    case op.AMSGRAD:
      return optim.adam(at, checking);
    case op.NADAM_BEGIN:
      return optim.nadamBegin(at, checking);
    case op.ADAMAX:
      return optim.adamax(at, checking);
    case op.RMS_NORMALIZE:
    case op.RMS_NORMALIZE_CENTERED:
      return optim.rmsNormalize(at, checking);
    case op.ADADELTA:
      return optim.adadelta(at, checking);
    case op.LION:
      return optim.lion(at, checking);
    case op.RATE_DECAY:
      return optim.rateDecay(at, checking);
    case op.SOFTMAX_BACKWARD:
      return rows.softmaxBackward(at, checking);
    case op.LOG_SOFTMAX:
      return rows.logSoftmax(at, checking);
    case op.LOG_SOFTMAX_BACKWARD:
      return rows.logSoftmaxBackward(at, checking);
    case op.LAYER_NORM:
      return rows.layerNorm(at, checking);
    case op.LAYER_NORM_BACKWARD_INPUT:
      return rows.layerNormBackwardInput(at, checking);
    case op.LAYER_NORM_BACKWARD_PARAMS:
      return rows.layerNormBackwardParams(at, checking);
    case op.DROPOUT:
      return rows.dropout(at, checking);
    case op.AUGMENT:
      return rows.augment(at, checking);
    case op.CHOLESKY:
      return solvers.cholesky(at, checking);
    case op.TRIANGLE_INVERSE:
      return solvers.triangleInverse(at, checking);
    case op.RELU_PROX:
      return solvers.reluProx(at, checking);
    case op.QR_UPDATE:
      return solvers.qrUpdate(at, checking);
    case op.ONE_HOT:
      return loss.oneHot(at, checking);
    case op.SEPARABLE:
      return separable.separable(at, checking);
    case op.MAX_POOL:
    case op.MAX_POOL_BACKWARD:
      return separable.maxPool(at, opcode, checking);
    default:
      return BAD_OPCODE;
  }
}
