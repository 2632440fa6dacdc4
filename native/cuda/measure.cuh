// The speeds of a device, measured in a few milliseconds.
#pragma once

#include "device/cuda_api.h"

namespace boreal {
namespace cuda {

// The device is current.
BorealCudaFigures measure(int device);

}  // namespace cuda
}  // namespace boreal
