// Layers of a network that are no op of their own. Convolution and pooling have an engine for predictions;
// normalisation, embedding and what goes over the positions of a row run what trains, on a tile of rows.
#pragma once

#include "device/cpu_op.h"

namespace boreal {

// Throws ERR_PLAN for a layer that does not fit its place.
template <typename T>
CpuOpPtr<T> make_cpu_layer(const LayerOp& op, const OpPlace& place, const Kernels& kernels);

}  // namespace boreal
