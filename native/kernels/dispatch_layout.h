// The kernels of layouts stand beside struct Kernels and not in it: t-SNE and UMAP alone use them.
#pragma once

#include "kernels/kernels.h"
#include "kernels/layout_kernels.h"

namespace boreal {

// The table of the instruction set that `kernels` belongs to.
const LayoutKernels& layout_kernels(const Kernels& kernels);

}  // namespace boreal
