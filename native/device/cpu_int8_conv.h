// A convolution of 8-bit codes.
#pragma once

#include "device/cpu_op.h"

namespace boreal {

// Throws ERR_PLAN where the layer does not fit its place.
template <typename T>
CpuOpPtr<T> make_cpu_int8_conv(const Int8ConvOp& op, const OpPlace& place, const Kernels& kernels);

}  // namespace boreal
