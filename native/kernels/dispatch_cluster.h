// The kernels of k-means stand beside struct Kernels and not in it: few need them.
#pragma once

#include "kernels/cluster_kernels.h"
#include "kernels/kernels.h"

namespace boreal {

// The table of the instruction set that `kernels` belongs to.
template <typename T>
const ClusterKernels<T>& cluster_kernels(const Kernels& kernels);
const ScreenKernels& screen_kernels(const Kernels& kernels);

}  // namespace boreal
