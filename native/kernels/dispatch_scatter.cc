#include "kernels/dispatch_scatter.h"

#include "kernels/dispatch_table.h"

namespace boreal {

const ScatterKernels& scatter_kernels(const Kernels& kernels) { BOREAL_RETURN_TABLE(kernels, kScatter); }

}  // namespace boreal
