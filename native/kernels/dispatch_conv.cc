#include "kernels/dispatch_conv.h"

#include "kernels/dispatch_table.h"

namespace boreal {

const ConvKernels& conv_kernels(const Kernels& kernels) { BOREAL_RETURN_TABLE(kernels, kConv); }

}  // namespace boreal
