#include "kernels/dispatch_boost.h"

#include "kernels/dispatch_table.h"

namespace boreal {

const BoostKernels& boost_kernels(const Kernels& kernels) { BOREAL_RETURN_TABLE(kernels, kBoost); }

}  // namespace boreal
