// How a kernel refuses a value: the run goes on, and its caller learns of the first one.
#pragma once

#include "cuda/step.cuh"

namespace boreal {
namespace cuda {

__device__ inline void refuse(Refusal* refusal, size_t row, int op, uint32_t column, int reason) {
  atomicMin(refusal, static_cast<Refusal>(row) << kRowShift | static_cast<Refusal>(op) << kOpShift |
                         static_cast<Refusal>(column) << kColumnShift | static_cast<Refusal>(reason));
}

}  // namespace cuda
}  // namespace boreal
