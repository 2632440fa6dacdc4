// Missing values from the nearest rows that have them: device/cpu_neighbor_impute.h has the method. Distances
// and means are float64 in the CPU's order. The floor is the distances' arithmetic: four operations in
// float64 for each column of each point, of rows that miss something.
#include "cuda/launch.cuh"
#include "cuda/nearest_list.cuh"
#include "cuda/step.cuh"

namespace boreal {
namespace cuda {
namespace {

__device__ bool is_whole(const float* x, uint32_t width) {
  for (uint32_t k = 0; k < width; ++k) {
    if (isnan(x[k])) return false;
  }
  return true;
}

__global__ void distances_kernel(const float* x, const double* points, double* out, size_t count,
                                 uint32_t width, uint32_t n) {
  for (size_t i = first_element(); i < count; i += element_step()) {
    const float* const in = x + i / n * width;
    if (is_whole(in, width)) continue;
    const double* const point = points + i % n;
    double squares = 0, shared = 0;
    for (uint32_t k = 0; k < width; ++k) {
      if (isnan(in[k])) continue;
      const double value = point[size_t{k} * n], known = isnan(value) ? 0 : 1;
      const double gap = ((isnan(value) ? 0 : value) - static_cast<double>(in[k])) * known;
      squares += gap * gap;
      shared += known;
    }
    out[i] = squares * (static_cast<double>(width) / shared);  // NaN where no column is shared
  }
}

struct DonorCall {
  const float* x;
  const double* squares;  // [rows, n]
  unsigned char* lists;   // [rows, list_bytes]
  size_t list_bytes;
  float* y;
  uint32_t rows, width;
  int n, neighbors;
  bool by_distance;
  const double* points;  // [width, n]
  const double* fill;
  const int* donors;
};

// Of a column, over the nearest rows that have it; the same on all lanes.
__device__ double mean_of(const DonorCall& call, size_t row, uint32_t column) {
  const int lane = static_cast<int>(threadIdx.x % kWarp);
  const double* const squares = call.squares + row * static_cast<size_t>(call.n);
  const double* const values = call.points + size_t{column} * static_cast<size_t>(call.n);
  const int most = call.donors[column] < call.neighbors ? call.donors[column] : call.neighbors;
  if (most == 0) return call.fill[column];
  double* const memory = reinterpret_cast<double*>(call.lists + row * call.list_bytes);
  NearestList<double> list{memory, reinterpret_cast<int*>(memory + call.neighbors), most, 0};
  for (int j0 = 0; j0 < call.n; j0 += kWarp) {
    const int j = j0 + lane;
    const double rank = j < call.n ? squares[j] : 0;
    list.insert_lanes(rank, j < call.n && !isnan(rank) && !isnan(values[j]), j0);
  }
  const bool exact = call.by_distance && list.size > 0 && list.ranks[0] == 0;
  double sum = 0, total = 0;
  for (int c = 0; c < list.size; ++c) {
    const double distance = sqrt(list.ranks[c]);
    const double weight = exact ? (distance == 0 ? 1 : 0) : call.by_distance ? 1 / distance : 1;
    sum += weight * values[list.indices[c]];
    total += weight;
  }
  __syncwarp();  // the list serves the next column
  return total > 0 ? sum / total : call.fill[column];
}

__global__ void donors_kernel(DonorCall call) {
  const int lane = static_cast<int>(threadIdx.x % kWarp);
  each_row_of_warp(call.rows, [&](size_t row) {
    for (uint32_t k = 0; k < call.width; ++k) {
      const float value = call.x[row * call.width + k];
      const float filled = isnan(value) ? static_cast<float>(mean_of(call, row, k)) : value;
      if (lane == 0) call.y[row * call.width + k] = filled;
    }
  });
}

}  // namespace

void run_shared_distances(const StepCall& call) {
  const uint32_t n = static_cast<uint32_t>(call.step.n[0]);
  const size_t count = size_t{call.rows} * n;
  launch(distances_kernel, grid_of(count), kThreads, 0, call.stream, call.in(0), call.constant<double>(0),
         static_cast<double*>(call.buffers[call.step.out]), count, call.step.in_width[0], n);
}

void run_donors(const StepCall& call) {
  const BorealCudaStep& step = call.step;
  const size_t neighbors = static_cast<size_t>(step.n[1]);
  const DonorCall donors{call.in(0),
                         static_cast<const double*>(call.buffers[step.in[1]]),
                         static_cast<unsigned char*>(call.buffers[step.in[2]]),
                         (neighbors * (sizeof(double) + sizeof(int)) + 7) / 8 * 8,
                         call.out(),
                         call.rows,
                         step.in_width[0],
                         step.n[0],
                         step.n[1],
                         step.n[2] != 0,
                         call.constant<double>(0),
                         call.constant<double>(1),
                         call.constant<int>(2)};
  launch(donors_kernel, grid_of_rows(call.rows, kWarp), kThreads, 0, call.stream, donors);
}

}  // namespace cuda
}  // namespace boreal
