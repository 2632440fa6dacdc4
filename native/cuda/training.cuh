// The functions of cuda_training_api.h.
#pragma once

#include "device/cuda_training_api.h"

namespace boreal {
namespace cuda {

extern const BorealCudaTraining kTraining;

}  // namespace cuda
}  // namespace boreal
