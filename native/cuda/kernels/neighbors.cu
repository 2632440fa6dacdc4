// The nearest of many points to each row: ranks come from product.cu or from here, a chunk of points at a
// time, and a warp keeps a row's list. Ranks have the CPU's bits, but for Minkowski's
// metric with a power other than 1, 2 and infinity, and ties its order, so the neighbours are the CPU's.
//
// The floor is the product's arithmetic (three operations for each column of each point), and 8 bytes for
// each point and row, written and read once: a chunk of one pass stays within the second-level cache where
// rows are few.
#include "cuda/math.cuh"
#include "cuda/nearest_list.cuh"
#include "cuda/step.cuh"

namespace boreal {
namespace cuda {
namespace {

// Columns W and W + 1 tell rows of zeros apart, as PreparedRows of neighbors/metric.h does for rows that are
// searched for.
__global__ void unit_kernel(const float* x, float* y, uint32_t rows, uint32_t width) {
  for (size_t i = first_element(); i < rows; i += element_step()) {
    const float* const in = x + i * width;
    float* const out = y + i * (width + 2);
    double squares = 0;
    for (uint32_t k = 0; k < width; ++k) squares += static_cast<double>(in[k]) * static_cast<double>(in[k]);
    // The square of a float32 neither overflows nor vanishes in float64.
    const double norm = sqrt(squares);
    for (uint32_t k = 0; k < width; ++k) {
      out[k] = squares == 0 ? 0.0f : static_cast<float>(static_cast<double>(in[k]) / norm);
    }
    out[width] = 0;
    out[width + 1] = squares == 0 ? 1.0f : 0.0f;
  }
}

__global__ void powers_kernel(const float* x, const float* points, float* y, size_t count, uint32_t width,
                              uint32_t outputs, double p) {
  for (size_t i = first_element(); i < count; i += element_step()) {
    const float* const in = x + i / outputs * width;
    const float* const point = points + i % outputs;
    double sum = 0;
    for (uint32_t k = 0; k < width; ++k) {
      const double gap = static_cast<double>(in[k]) - static_cast<double>(point[size_t{k} * outputs]);
      sum += pow(fabs(gap), p);
    }
    y[i] = static_cast<float>(sum);
  }
}

constexpr int kSharedList = 256;  // a longer list stays in the device's memory
constexpr unsigned kBlock = 128;
constexpr int kLoads = 4;  // of a lane on their way at once

// lists: [rows, 2 k], the ranks of a row before its indices.
__global__ void nearest_kernel(const float* ranks, float* lists, uint32_t rows, int chunk, int k, int first) {
  const int lane = static_cast<int>(threadIdx.x % kWarp);
  float* const shared = reinterpret_cast<float*>(shared_bytes()) + threadIdx.x / kWarp * size_t(2 * k);
  each_row_of_warp(rows, [&](size_t row) {
    const float* const in = ranks + row * static_cast<size_t>(chunk);
    float* const kept = lists + row * static_cast<size_t>(2 * k);
    float* const memory = k <= kSharedList ? shared : kept;
    NearestList<float> list{memory, reinterpret_cast<int*>(memory + k), k, first < k ? first : k};
    if (memory != kept) {
      for (int i = lane; i < 2 * k; i += kWarp) memory[i] = kept[i];
      __syncwarp();
    }
    for (int j0 = 0; j0 < chunk; j0 += kWarp * kLoads) {
      float found[kLoads];
      bool any = false;
#pragma unroll
      for (int u = 0; u < kLoads; ++u) {
        const int j = j0 + u * kWarp + lane;
        const float rank = j < chunk ? in[j] : INFINITY;
        found[u] = isnan(rank) ? INFINITY : rank;  // distances that overflow are the largest
        any |= list.wants(found[u]);
      }
      if (!__any_sync(kAllLanes, any)) continue;
#pragma unroll
      for (int u = 0; u < kLoads; ++u) {
        const int j = j0 + u * kWarp;
        list.insert_lanes(found[u], j + lane < chunk, first + j);
      }
    }
    if (memory != kept) {
      for (int i = lane; i < 2 * k; i += kWarp) kept[i] = memory[i];
      __syncwarp();
    }
  });
}

}  // namespace

void run_unit(const StepCall& call) {
  launch(unit_kernel, grid_of(call.rows), kThreads, 0, call.stream, call.in(0), call.out(), call.rows,
         call.step.in_width[0]);
}

void run_powers(const StepCall& call) {
  const size_t count = size_t{call.rows} * call.step.out_width;
  launch(powers_kernel, grid_of(count), kThreads, 0, call.stream, call.in(0), call.constant<float>(0),
         call.out(), count, call.step.in_width[0], call.step.out_width, call.step.x[0]);
}

void run_nearest(const StepCall& call) {
  const int k = call.step.n[0];
  const size_t shared = k <= kSharedList ? kBlock / kWarp * 2 * static_cast<size_t>(k) * sizeof(float) : 0;
  launch(nearest_kernel, grid_of(size_t{call.rows} * kWarp, kBlock), kBlock, shared, call.stream, call.in(0),
         call.out(), call.rows, static_cast<int>(call.step.in_width[0]), k, call.step.n[1]);
}

}  // namespace cuda
}  // namespace boreal
