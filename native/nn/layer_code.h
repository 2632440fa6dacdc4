// The layers of a network from the numbers by which JavaScript says them: for each its kind, how many numbers
// follow, and those (lib/nn/network-layers.ts).
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "nn/layer.h"

namespace boreal {
namespace nn {

// Throws ERR_PARAMETER and ERR_SHAPE.
std::vector<std::unique_ptr<Layer>> decode_layers(const double* code, size_t size, const Kernels& kernels);

}  // namespace nn
}  // namespace boreal
