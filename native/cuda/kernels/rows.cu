// Steps that make a row of a whole row: softmax, argmax, folds, normalisation.
#include "cuda/math.cuh"
#include "cuda/rows.cuh"
#include "cuda/step.cuh"
#include "kernels/elementwise_kernels.h"

namespace boreal {
namespace cuda {
namespace {

// What a lane knows of the largest value: NaN before all, the first of equal ones.
struct Best {
  float value;
  int index;
};
__device__ Best better(Best a, Best b) {
  const bool a_nan = isnan(a.value), b_nan = isnan(b.value);
  if (a_nan || b_nan) {
    if (a_nan && b_nan) return a.index < b.index ? a : b;
    return a_nan ? a : b;
  }
  if (a.value == b.value) return a.index < b.index ? a : b;
  return a.value > b.value ? a : b;
}

// NaN makes all of its row NaN by the sum.
template <int kLanes>
__global__ void softmax_kernel(const float* x, float* y, uint32_t rows, int width, bool log) {
  RowPlace<kLanes> place(rows);
  for (size_t round = 0; round < place.rounds; ++round, place.row += place.step) {
    const bool inside = place.row < rows;
    const float* in = x + (inside ? place.row : 0) * width;
    float* out = y + (inside ? place.row : 0) * width;
    // In place: every lane reads and writes its own columns only, and one beyond the rows none. The
    // exponential is cheaper than a second pass over memory would be.
    const int end = inside ? width : 0;
    float most = -INFINITY;
    for (int j = place.lane; j < end; j += kLanes) most = fmaxf(most, in[j]);
    most = max_of_lanes<kLanes>(most);
    float sum = 0;
    for (int j = place.lane; j < end; j += kLanes) sum += expf(in[j] - most);
    sum = sum_of_lanes<kLanes>(sum);
    for (int j = place.lane; j < end; j += kLanes) {
      out[j] = log ? in[j] - most - logf(sum) : expf(in[j] - most) / sum;
    }
  }
}

template <int kLanes>
__global__ void argmax_kernel(const float* x, float* y, uint32_t rows, int width) {
  RowPlace<kLanes> place(rows);
  for (size_t round = 0; round < place.rounds; ++round, place.row += place.step) {
    const bool inside = place.row < rows;
    const float* in = x + (inside ? place.row : 0) * width;
    Best best{-INFINITY, width};
    for (int j = place.lane; j < width; j += kLanes) best = better(best, Best{in[j], j});
    for (int step = kLanes / 2; step > 0; step /= 2) {
      const float value = __shfl_xor_sync(kAllLanes, best.value, step, kLanes);
      const int index = __shfl_xor_sync(kAllLanes, best.index, step, kLanes);
      best = better(best, Best{value, index});
    }
    if (inside && place.lane == 0) y[place.row] = static_cast<float>(best.index);
  }
}

__device__ float fold_start(Fold fold) {
  switch (fold) {
    case Fold::kProduct:
      return 1;
    case Fold::kMin:
      return INFINITY;
    case Fold::kMax:
      return -INFINITY;
    default:
      return 0;
  }
}
__device__ float fold_join(Fold fold, float a, float b) {
  switch (fold) {
    case Fold::kProduct:
      return a * b;
    case Fold::kMin:
      return isnan(a) || isnan(b) ? quiet_nan() : a < b ? a : b;
    case Fold::kMax:
    case Fold::kMaxAbs:
      return isnan(a) || isnan(b) ? quiet_nan() : a > b ? a : b;
    default:
      return a + b;
  }
}

template <int kLanes>
__global__ void fold_kernel(Fold fold, const float* x, float* y, uint32_t rows, int width) {
  RowPlace<kLanes> place(rows);
  const bool magnitudes = fold == Fold::kSumAbs || fold == Fold::kMaxAbs;
  for (size_t round = 0; round < place.rounds; ++round, place.row += place.step) {
    const bool inside = place.row < rows;
    const float* in = x + (inside ? place.row : 0) * width;
    float state = fold_start(fold);
    for (int j = place.lane; j < width; j += kLanes) {
      state = fold_join(fold, state, magnitudes ? fabsf(in[j]) : in[j]);
    }
    for (int step = kLanes / 2; step > 0; step /= 2) {
      state = fold_join(fold, state, __shfl_xor_sync(kAllLanes, state, step, kLanes));
    }
    if (inside && place.lane == 0) y[place.row] = state;
  }
}

// Moments in float64, as on the CPU; in place as softmax is.
template <int kLanes>
__global__ void layer_norm_kernel(const float* x, float* y, uint32_t rows, int width, float epsilon,
                                  const float* gamma, const float* beta) {
  RowPlace<kLanes> place(rows);
  for (size_t round = 0; round < place.rounds; ++round, place.row += place.step) {
    const bool inside = place.row < rows;
    const float* in = x + (inside ? place.row : 0) * width;
    float* out = y + (inside ? place.row : 0) * width;
    const int end = inside ? width : 0;
    double sum = 0, squares = 0;
    for (int j = place.lane; j < end; j += kLanes) sum += static_cast<double>(in[j]);
    const double mean = sum_of_lanes<kLanes>(sum) / width;
    for (int j = place.lane; j < end; j += kLanes) {
      const double gap = static_cast<double>(in[j]) - mean;
      squares += gap * gap;
    }
    const double variance = sum_of_lanes<kLanes>(squares) / width;
    const float center = static_cast<float>(mean);
    const float inverse = static_cast<float>(1 / sqrt(variance + static_cast<double>(epsilon)));
    for (int j = place.lane; j < end; j += kLanes) {
      float value = (in[j] - center) * inverse;
      if (gamma != nullptr) value *= gamma[j];
      if (beta != nullptr) value += beta[j];
      out[j] = value;
    }
  }
}

}  // namespace

void run_softmax(const StepCall& call) {
  const uint32_t parts = static_cast<uint32_t>(std::max(1, call.step.n[0]));
  const uint32_t rows = call.rows * parts, width = call.step.in_width[0] / parts;
  with_lanes(width, [&](auto lanes) {
    launch(softmax_kernel<lanes.value>, grid_of_rows(rows, lanes.value), kThreads, 0, call.stream, call.in(0),
           call.out(), rows, static_cast<int>(width), call.step.n[1] != 0);
  });
}

void run_argmax(const StepCall& call) {
  with_lanes(call.step.in_width[0], [&](auto lanes) {
    launch(argmax_kernel<lanes.value>, grid_of_rows(call.rows, lanes.value), kThreads, 0, call.stream,
           call.in(0), call.out(), call.rows, static_cast<int>(call.step.in_width[0]));
  });
}

void run_fold(const StepCall& call) {
  with_lanes(call.step.in_width[0], [&](auto lanes) {
    launch(fold_kernel<lanes.value>, grid_of_rows(call.rows, lanes.value), kThreads, 0, call.stream,
           static_cast<Fold>(call.step.n[0]), call.in(0), call.out(), call.rows,
           static_cast<int>(call.step.in_width[0]));
  });
}

void run_layer_norm(const StepCall& call) {
  const uint32_t parts = static_cast<uint32_t>(call.step.n[0]);
  const uint32_t rows = call.rows * parts, width = call.step.in_width[0] / parts;
  with_lanes(width, [&](auto lanes) {
    launch(layer_norm_kernel<lanes.value>, grid_of_rows(rows, lanes.value), kThreads, 0, call.stream,
           call.in(0), call.out(), rows, static_cast<int>(width), static_cast<float>(call.step.x[0]),
           call.constant<float>(0), call.constant<float>(1));
  });
}

}  // namespace cuda
}  // namespace boreal
