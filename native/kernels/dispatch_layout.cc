#include "kernels/dispatch_layout.h"

#include "kernels/dispatch_table.h"

namespace boreal {

const LayoutKernels& layout_kernels(const Kernels& kernels) { BOREAL_RETURN_TABLE(kernels, kLayout); }

}  // namespace boreal
