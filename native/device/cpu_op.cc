#include "device/cpu_op.h"

#include "device/cpu_arithmetic.h"
#include "device/cpu_columns.h"
#include "device/cpu_coupling.h"
#include "device/cpu_divergence.h"
#include "device/cpu_draw.h"
#include "device/cpu_forest.h"
#include "device/cpu_general.h"
#include "device/cpu_int8.h"
#include "device/cpu_int8_conv.h"
#include "device/cpu_interpolate.h"
#include "device/cpu_kernel_expansion.h"
#include "device/cpu_layer.h"
#include "device/cpu_leaf_linear.h"
#include "device/cpu_neighbor_impute.h"
#include "device/cpu_neighbors.h"
#include "device/cpu_non_negative.h"
#include "device/cpu_quantile.h"

namespace boreal {
namespace {

template <typename T>
struct MakeOp {
  const OpPlace& place;
  const Kernels& kernels;

  CpuOpPtr<T> operator()(const CheckOp& op) const {
    return std::make_unique<CpuCheck<T>>(op, place, kernels);
  }
  CpuOpPtr<T> operator()(const GatherOp& op) const { return std::make_unique<CpuGather<T>>(op, place); }
  CpuOpPtr<T> operator()(const ConcatOp&) const { return std::make_unique<CpuConcat<T>>(place); }
  CpuOpPtr<T> operator()(const ImputeOp& op) const {
    return std::make_unique<CpuImpute<T>>(op, place, kernels);
  }
  CpuOpPtr<T> operator()(const AffineOp& op) const {
    return std::make_unique<CpuAffine<T>>(op, place, kernels);
  }
  CpuOpPtr<T> operator()(const CategoryOp& op) const { return std::make_unique<CpuCategory<T>>(op, place); }
  CpuOpPtr<T> operator()(const OneHotOp& op) const { return std::make_unique<CpuOneHot<T>>(op, place); }
  CpuOpPtr<T> operator()(const DenseOp& op) const {
    return std::make_unique<CpuDense<T>>(op, place, kernels);
  }
  CpuOpPtr<T> operator()(const ActivationOp& op) const {
    return std::make_unique<CpuActivation<T>>(op, place, kernels);
  }
  CpuOpPtr<T> operator()(const SoftmaxOp&) const { return std::make_unique<CpuSoftmax<T>>(place, kernels); }
  CpuOpPtr<T> operator()(const ArgMaxOp&) const { return std::make_unique<CpuArgMax<T>>(place, kernels); }
  CpuOpPtr<T> operator()(const ForestOp& op) const { return make_cpu_forest<T>(op, place, kernels); }
  CpuOpPtr<T> operator()(const QuantileOp& op) const { return std::make_unique<CpuQuantile<T>>(op, place); }
  CpuOpPtr<T> operator()(const LeafLinearOp& op) const {
    return std::make_unique<CpuLeafLinear<T>>(op, place);
  }
  CpuOpPtr<T> operator()(const CombineOp& op) const {
    return std::make_unique<CpuBinary<T>>(op, place, kernels);
  }
  CpuOpPtr<T> operator()(const SelectOp&) const { return std::make_unique<CpuSelect<T>>(place); }
  CpuOpPtr<T> operator()(const ConstantOp& op) const { return std::make_unique<CpuConstant<T>>(op); }
  CpuOpPtr<T> operator()(const RowFoldOp& op) const {
    return std::make_unique<CpuReduce<T>>(op, place, kernels);
  }
  CpuOpPtr<T> operator()(const LookupOp& op) const { return std::make_unique<CpuLookup<T>>(op, place); }
  CpuOpPtr<T> operator()(const Float32Op&) const { return std::make_unique<CpuFloat32<T>>(place); }
  CpuOpPtr<T> operator()(const PointDistanceOp& op) const {
    return std::make_unique<CpuDistance<T>>(op, place, kernels);
  }
  CpuOpPtr<T> operator()(const CouplingOp& op) const { return std::make_unique<CpuCoupling<T>>(op, place); }
  CpuOpPtr<T> operator()(const NonNegativeOp& op) const {
    return std::make_unique<CpuNonNegative<T>>(op, place);
  }
  CpuOpPtr<T> operator()(const DivergenceOp& op) const {
    return std::make_unique<CpuDivergence<T>>(op, place, kernels);
  }
  CpuOpPtr<T> operator()(const KernelExpansionOp& op) const {
    return std::make_unique<CpuKernelExpansion<T>>(op, place, kernels);
  }
  CpuOpPtr<T> operator()(const InterpolateOp& op) const {
    return std::make_unique<CpuInterpolate<T>>(op, place);
  }
  CpuOpPtr<T> operator()(const NeighborsOp& op) const {
    return std::make_unique<CpuNeighbors<T>>(op, place, kernels);
  }
  CpuOpPtr<T> operator()(const NeighborImputeOp& op) const {
    return std::make_unique<CpuNeighborImpute<T>>(op, place);
  }
  CpuOpPtr<T> operator()(const DrawOp& op) const { return std::make_unique<CpuDraw<T>>(op, place); }
  CpuOpPtr<T> operator()(const LayerOp& op) const { return make_cpu_layer<T>(op, place, kernels); }
  CpuOpPtr<T> operator()(const ScaleOp& op) const {
    return std::make_unique<CpuScale<T>>(op, place, kernels);
  }
  CpuOpPtr<T> operator()(const QuantizeOp&) const { return std::make_unique<CpuQuantize<T>>(place, kernels); }
  CpuOpPtr<T> operator()(const Int8DenseOp& op) const {
    return std::make_unique<CpuInt8Dense<T>>(op, place, kernels);
  }
  CpuOpPtr<T> operator()(const Int8ConvOp& op) const { return make_cpu_int8_conv<T>(op, place, kernels); }
};

}  // namespace

template <typename T>
CpuOpPtr<T> make_cpu_op(const OpPlace& place, const Kernels& kernels) {
  return std::visit(MakeOp<T>{place, kernels}, place.op().kind);
}
template CpuOpPtr<float> make_cpu_op<float>(const OpPlace&, const Kernels&);
template CpuOpPtr<double> make_cpu_op<double>(const OpPlace&, const Kernels&);

}  // namespace boreal
