// Non-negative coordinates of a row that lower a beta-divergence: device/cpu_divergence.h has the method,
// linalg/divergence.h its terms. A block takes a row: its threads the columns, its warps the parts. All in
// float64. The floor is three products of the row with the parts in each round, which come from the
// second-level cache.
#include "cuda/rows.cuh"
#include "cuda/step.cuh"
#include "linalg/divergence.h"

namespace boreal {
namespace cuda {
namespace {

constexpr unsigned kBlock = 128, kWarps = kBlock / kWarp;
constexpr int kLook = 10;  // rounds between two looks at the divergence

struct DivergenceCall {
  const float* x;
  double* memory;  // [rows, 2 width + outputs]
  float* y;
  uint32_t rows, width, outputs;
  int rounds;
  const double *parts, *sums, *settings;
};

class DivergenceRow {
 public:
  __device__ DivergenceRow(const DivergenceCall& call, size_t row)
      : call_(call),
        x_(call.x + row * call.width),
        product_(call.memory + row * (2 * size_t{call.width} + call.outputs)),
        ratio_(product_ + call.width),
        w_(ratio_ + call.width),
        divergence_(call.settings[0]) {}

  __device__ void solve() {
    double sum = 0;
    for (uint32_t j = threadIdx.x; j < call_.width; j += kBlock) sum += static_cast<double>(x_[j]);
    const double mean = sum_of_block<kBlock>(sum) / (static_cast<double>(call_.width) * call_.outputs);
    for (uint32_t t = threadIdx.x; t < call_.outputs; t += kBlock) w_[t] = sqrt(mean);
    __syncthreads();
    const double tolerance = call_.settings[3];
    const double first = tolerance > 0 ? look() : 0;
    double before = first;
    for (int round = 1; round <= call_.rounds; ++round) {
      update();
      if (!(tolerance > 0) || round % kLook != 0) continue;
      const double now = look();
      // Written so that a row whose divergence is no number ends, too.
      const bool goes_on = (before - now) / first >= tolerance;
      before = now;
      if (!goes_on) break;
    }
  }
  __device__ double coordinate(uint32_t t) const { return w_[t]; }

 private:
  __device__ double product_at(uint32_t j) const {
    double sum = 0;
    for (uint32_t t = 0; t < call_.outputs; ++t) sum += w_[t] * call_.parts[size_t{t} * call_.width + j];
    return sum;
  }
  __device__ double look() const {
    double sum = 0;
    for (uint32_t j = threadIdx.x; j < call_.width; j += kBlock) {
      sum += divergence_.of_one(static_cast<double>(x_[j]), product_at(j));
    }
    return Divergence::root(sum_of_block<kBlock>(sum));
  }
  __device__ void update() {
    for (uint32_t j = threadIdx.x; j < call_.width; j += kBlock) {
      const double value = static_cast<double>(x_[j]);
      product_[j] = product_at(j);
      divergence_.terms(&value, 1, product_ + j, ratio_ + j);
    }
    __syncthreads();
    const bool vanishes = call_.settings[0] < 1;
    const int lane = static_cast<int>(threadIdx.x % kWarp);
    for (uint32_t t = threadIdx.x / kWarp; t < call_.outputs; t += kWarps) {
      const double* const part = call_.parts + size_t{t} * call_.width;
      double above = 0, below = 0;
      for (uint32_t j = lane; j < call_.width; j += kWarp) {
        above += ratio_[j] * part[j];
        below += product_[j] * part[j];
      }
      above = sum_of_lanes<kWarp>(above);
      below = divergence_.sums_below() ? call_.sums[t] : sum_of_lanes<kWarp>(below);
      if (lane == 0) {
        const double next = divergence_.updated(w_[t], above, below, call_.settings[1], call_.settings[2]);
        w_[t] = vanishes && next < kVanished ? 0 : next;
      }
    }
    __syncthreads();
  }

  const DivergenceCall& call_;
  const float* x_;
  double *product_, *ratio_, *w_;
  const Divergence divergence_;
};

__global__ void __launch_bounds__(kBlock) divergence_kernel(DivergenceCall call) {
  for (size_t row = blockIdx.x; row < call.rows; row += gridDim.x) {
    DivergenceRow solver(call, row);
    solver.solve();
    for (uint32_t t = threadIdx.x; t < call.outputs; t += kBlock) {
      call.y[row * call.outputs + t] = static_cast<float>(solver.coordinate(t));
    }
  }
}

}  // namespace

void run_divergence(const StepCall& call) {
  const BorealCudaStep& step = call.step;
  const DivergenceCall divergence{call.in(0),
                                  static_cast<double*>(call.buffers[step.in[1]]),
                                  call.out(),
                                  call.rows,
                                  step.in_width[0],
                                  step.out_width,
                                  step.n[0],
                                  call.constant<double>(0),
                                  call.constant<double>(1),
                                  call.constant<double>(2)};
  launch(divergence_kernel, grid_of(call.rows, 1), kBlock, 0, call.stream, divergence);
}

}  // namespace cuda
}  // namespace boreal
