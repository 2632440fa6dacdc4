// Quantiles over the columns of a row: a warp finds each order statistic by halving the range of the values'
// bits, which orders them as whole numbers. A pass reads the row once, from the first-level cache unless it
// is longer than that, and needs no memory, so that rows may have any width. The floor is one read of the
// rows; the halving costs up to 33 passes through the cache for each quantile, fewer where values lie
// together.
#include "cuda/math.cuh"
#include "cuda/rows.cuh"
#include "cuda/step.cuh"

namespace boreal {
namespace cuda {
namespace {

constexpr unsigned kSign = 0x80000000u;

// Rises with the value; 0 and -0 are one.
__device__ unsigned key_of(float x) {
  const unsigned bits = x == 0 ? 0u : __float_as_uint(x);
  return (bits & kSign) != 0 ? ~bits : bits | kSign;
}
__device__ float value_of(unsigned key) { return __uint_as_float((key & kSign) != 0 ? key & ~kSign : ~key); }

struct KeyRow {
  const float* x;
  uint32_t width;
  int lane;

  // How many keys are <= limit.
  __device__ uint32_t count(unsigned limit) const {
    uint32_t found = 0;
    for (uint32_t j = lane; j < width; j += kWarp) found += key_of(x[j]) <= limit ? 1 : 0;
    return sum_of_lanes<kWarp>(found);
  }
  // The least key that is greater.
  __device__ unsigned after(unsigned limit) const {
    unsigned least = ~0u;
    for (uint32_t j = lane; j < width; j += kWarp) {
      const unsigned key = key_of(x[j]);
      if (key > limit && key < least) least = key;
    }
    for (int step = kWarp / 2; step > 0; step /= 2) {
      const unsigned other = __shfl_xor_sync(kAllLanes, least, step);
      least = other < least ? other : least;
    }
    return least;
  }
  // The key that `rank` others precede, within [low, high].
  __device__ unsigned at(uint32_t rank, unsigned low, unsigned high) const {
    while (low < high) {
      const unsigned middle = low + (high - low) / 2;
      if (count(middle) > rank) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }
};

// From the nearer end, so that both ends are exact and the result is monotone in the weight.
__device__ float between(double a, double b, double weight) {
  if (a == b) return static_cast<float>(a);
  return static_cast<float>(weight < 0.5 ? a + (b - a) * weight : b - (b - a) * (1 - weight));
}

__global__ void quantile_kernel(const float* x, const BorealCudaQuantile* quantiles, float* y, uint32_t rows,
                                uint32_t width, uint32_t outputs) {
  each_row_of_warp(rows, [&](size_t i) {
    const KeyRow row{x + i * width, width, static_cast<int>(threadIdx.x % kWarp)};
    unsigned low = ~0u, high = 0;
    int missing = 0;
    for (uint32_t j = row.lane; j < width; j += kWarp) {
      const float value = row.x[j];
      const unsigned key = key_of(value);
      missing |= isnan(value) ? 1 : 0;
      low = key < low ? key : low;
      high = key > high ? key : high;
    }
    for (int step = kWarp / 2; step > 0; step /= 2) {
      const unsigned other_low = __shfl_xor_sync(kAllLanes, low, step);
      const unsigned other_high = __shfl_xor_sync(kAllLanes, high, step);
      low = other_low < low ? other_low : low;
      high = other_high > high ? other_high : high;
      missing |= __shfl_xor_sync(kAllLanes, missing, step);
    }
    for (uint32_t q = 0; q < outputs; ++q) {
      float result = quiet_nan();
      if (missing == 0) {
        const BorealCudaQuantile& quantile = quantiles[q];
        const unsigned below = row.at(quantile.below, low, high);
        const bool again = quantile.above == quantile.below || row.count(below) > quantile.above;
        const unsigned above = again ? below : row.after(below);
        result = between(value_of(below), value_of(above), quantile.weight);
      }
      if (row.lane == 0) y[i * outputs + q] = result;
    }
  });
}

}  // namespace

void run_quantile(const StepCall& call) {
  launch(quantile_kernel, grid_of_rows(call.rows, kWarp), kThreads, 0, call.stream, call.in(0),
         call.constant<BorealCudaQuantile>(0), call.out(), call.rows, call.step.in_width[0],
         call.step.out_width);
}

}  // namespace cuda
}  // namespace boreal
