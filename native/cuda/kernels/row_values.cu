// Steps of a thread per row: numbers that the row's values draw, and linear models in the leaves of trees.
// Both give the CPU's bits.
#include <string.h>

#include "base/rng.h"
#include "cuda/launch.cuh"
#include "cuda/math.cuh"
#include "cuda/step.cuh"

namespace boreal {
namespace cuda {
namespace {

// Of the values as float64: 0 and -0 are equal, and so are all NaN.
__device__ uint64_t hash_of(const float* x, uint32_t width) {
  uint64_t result = 0x9e3779b97f4a7c15ull;
  for (uint32_t j = 0; j < width; ++j) {
    const double value = x[j] == 0 ? 0.0 : static_cast<double>(x[j]);
    uint64_t bits = 0x7ff8000000000000ull;
    if (value == value) memcpy(&bits, &value, sizeof bits);
    result = (result ^ bits) * 0xff51afd7ed558ccdull;
    result ^= result >> 32;
  }
  return result;
}

__global__ void draw_kernel(const float* x, float* y, uint32_t rows, uint32_t width, uint64_t seed) {
  // The middle of one of 2^23 intervals: neither end rounds to 0 or 1.
  constexpr int kBits = 23;
  for (size_t i = first_element(); i < rows; i += element_step()) {
    const uint64_t bits = Rng(hash_of(x + i * width, width), seed).next() >> (64 - kBits);
    y[i] = (static_cast<float>(bits) + 0.5f) * (1.0f / (1 << kBits));
  }
}

struct LeafModels {
  const BorealCudaLeafModel* leaves;
  int count;
  const int* features;
  const double* coefficients;
};

__device__ double value_of(const LeafModels& models, float named, const float* x) {
  if (!(named >= 0 && static_cast<double>(named) < models.count)) return static_cast<double>(quiet_nan());
  const BorealCudaLeafModel leaf = models.leaves[static_cast<size_t>(named)];
  double sum = leaf.intercept;
  for (uint32_t k = leaf.begin; k < leaf.end; ++k) {
    const double feature = static_cast<double>(x[models.features[k]]);
    if (isnan(feature)) return leaf.otherwise;
    sum += models.coefficients[k] * feature;
  }
  return sum;
}

__global__ void leaf_linear_kernel(const float* x, const float* named, float* y, uint32_t rows,
                                   uint32_t width, uint32_t trees, LeafModels models) {
  for (size_t i = first_element(); i < rows; i += element_step()) {
    double sum = 0;
    for (uint32_t t = 0; t < trees; ++t) sum += value_of(models, named[i * trees + t], x + i * width);
    y[i] = static_cast<float>(sum);
  }
}

}  // namespace

void run_draw(const StepCall& call) {
  launch(draw_kernel, grid_of(call.rows), kThreads, 0, call.stream, call.in(0), call.out(), call.rows,
         call.step.in_width[0], static_cast<uint32_t>(call.step.n[0]));
}

void run_leaf_linear(const StepCall& call) {
  const LeafModels models{call.constant<BorealCudaLeafModel>(0), call.step.n[0], call.constant<int>(1),
                          call.constant<double>(2)};
  launch(leaf_linear_kernel, grid_of(call.rows), kThreads, 0, call.stream, call.in(0), call.in(1), call.out(),
         call.rows, call.step.in_width[0], call.step.in_width[1], models);
}

}  // namespace cuda
}  // namespace boreal
