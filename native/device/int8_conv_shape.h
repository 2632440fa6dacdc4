// The convolution of an op of 8 bits, for all that run one.
#pragma once

#include "nn/conv2d.h"
#include "plan/op.h"

namespace boreal {

// Between so many columns. Throws ERR_PLAN, naming the op of this index, where it does not fit its place.
nn::Conv2dShape int8_conv_shape(const Int8ConvOp& op, size_t inputs, size_t outputs, size_t index);

}  // namespace boreal
