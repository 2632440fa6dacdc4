// Prepares a Plan for a GPU.
#pragma once

#include <memory>

#include "device/cuda_library.h"
#include "device/cuda_plan.h"
#include "device/program.h"

namespace boreal {

// The plan's constants are copied to the device. Throws ERR_NOT_SUPPORTED naming an op without a kernel, or
// what dense layers are to multiply and the device does not, ERR_DEVICE, ERR_OUT_OF_MEMORY.
std::unique_ptr<Program<float>> prepare_cuda(const Plan& plan, const CudaLibrary& library, int32_t device,
                                             uint64_t pass_bytes = kCudaPassBytes,
                                             BorealCudaElement products = BOREAL_CUDA_FLOAT32,
                                             const CudaMathLibrary& math_library = {});

}  // namespace boreal
