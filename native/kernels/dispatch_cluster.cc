#include "kernels/dispatch_cluster.h"

#include "kernels/dispatch_table.h"

namespace boreal {

template <>
const ClusterKernels<float>& cluster_kernels<float>(const Kernels& kernels) {
  BOREAL_RETURN_TABLE(kernels, kClusterF32);
}
template <>
const ClusterKernels<double>& cluster_kernels<double>(const Kernels& kernels) {
  BOREAL_RETURN_TABLE(kernels, kClusterF64);
}
const ScreenKernels& screen_kernels(const Kernels& kernels) { BOREAL_RETURN_TABLE(kernels, kScreen); }

}  // namespace boreal
