// A step of k-means: the nearest centre of each row, by squared differences, and the sums of the rows of each
// cluster. Floor: 3 rows cols clusters operations, or the rows twice from memory.
#include <algorithm>

#include "cuda/launch.cuh"
#include "cuda/partials.cuh"
#include "cuda/resident_rows.cuh"
#include "cuda/tile.cuh"
#include "cuda/warp.cuh"

namespace boreal {
namespace cuda {
namespace {

struct Nearest {
  float distance;
  uint32_t cluster;
};
// The first of the nearest.
__device__ Nearest nearer(Nearest a, Nearest b) {
  if (a.distance == b.distance) return a.cluster < b.cluster ? a : b;
  return a.distance < b.distance ? a : b;
}

// A block has kTile rows and goes through all centres, a tile of them at a time; the nearest so far of a row
// is known to the threads that look for it together.
template <int kTile>
__global__ void __launch_bounds__(kThreads) assign_kernel(AssignCall call) {
  constexpr int kLookers = static_cast<int>(kThreads) / kTile;  // threads of a row, all of one warp
  __shared__ __align__(16) float memory[TileShape<kTile>::kFloats];
  const int thread = static_cast<int>(threadIdx.x), own = thread / kLookers, looker = thread % kLookers;
  const size_t first_row = size_t{blockIdx.x} * kTile;
  const auto a = [&](int line, uint32_t k) {
    return first_row + line < call.rows ? call.x[(first_row + line) * call.cols + k] : 0.0f;
  };
  Nearest best{INFINITY, UINT32_MAX};
  for (uint32_t first = 0; first < call.clusters; first += kTile) {
    const auto b = [&](int line, uint32_t k) {
      return first + line < call.clusters ? call.centres[size_t{first + line} * call.cols + k] : 0.0f;
    };
    multiply_tile<kTile, true, true, SquaredDifference>(a, b, 0, call.cols, memory);
    for (int j = looker; j < kTile && first + j < call.clusters; j += kLookers) {
      best = nearer(best, Nearest{sum_at<kTile>(memory, own * kTile + j), first + j});
    }
    __syncthreads();  // the next tile goes where these sums are
  }
#pragma unroll
  for (int step = kLookers / 2; step > 0; step /= 2) {
    const float distance = __shfl_xor_sync(kAllLanes, best.distance, step, kLookers);
    const uint32_t cluster = __shfl_xor_sync(kAllLanes, best.cluster, step, kLookers);
    best = nearer(best, Nearest{distance, cluster});
  }
  const size_t row = first_row + own;
  if (looker != 0 || row >= call.rows) return;
  // Distances that are all beyond float32 leave the first.
  const int32_t label = best.cluster == UINT32_MAX ? 0 : static_cast<int32_t>(best.cluster);
  call.distances[row] = best.distance;
  if (call.labels[row] == label) return;
  call.labels[row] = label;
  *call.moved = 1;  // all that write here write the same
}

constexpr size_t kSharedBytes = 48 << 10;
constexpr uint64_t kPartRows = 128, kMostParts = 2048;

size_t bytes_of_warp(uint32_t clusters) { return size_t{clusters} * kWarp * sizeof(double); }

// A warp has a part of the rows and a column a lane, the last column being the weights; nobody else adds to
// what a lane adds to, and a lane takes the rows in order. The sums lie in shared memory, or where they are
// to go when there are too many clusters for it.
template <bool kShared>
__global__ void cluster_sums_kernel(ClusterSumsCall call) {
  const uint32_t lane = threadIdx.x % kWarp, warp = threadIdx.x / kWarp;
  const uint32_t part = blockIdx.x * (blockDim.x / kWarp) + warp;
  const uint32_t column = blockIdx.y * kWarp + lane, width = call.cols + 1;
  if (part >= call.parts || column >= width) return;  // nobody waits for anybody
  double* const out = call.partial + size_t{part} * call.clusters * width + column;
  double* const sums =
      kShared ? reinterpret_cast<double*>(shared_bytes()) + size_t{warp} * call.clusters * kWarp + lane : out;
  const size_t stride = kShared ? size_t{kWarp} : width;
  for (uint32_t c = 0; c < call.clusters; ++c) sums[c * stride] = 0;
  const uint64_t begin = part * call.range,
                 end = begin + call.range < call.rows ? begin + call.range : call.rows;
#pragma unroll 4
  for (uint64_t row = begin; row < end; ++row) {
    const double weight = call.weights == nullptr ? 1.0 : call.weights[row];
    if (weight == 0) continue;
    const double value = column < call.cols ? static_cast<double>(call.x[row * call.cols + column]) : 1.0;
    sums[static_cast<size_t>(call.labels[row]) * stride] += weight * value;
  }
  if constexpr (kShared) {
    for (uint32_t c = 0; c < call.clusters; ++c) out[size_t{c} * width] = sums[c * stride];
  }
}

template <int kTile>
void launch_assign(const AssignCall& call, cudaStream_t stream) {
  const auto blocks = static_cast<unsigned>((call.rows + kTile - 1) / kTile);
  launch(assign_kernel<kTile>, dim3(blocks), kThreads, 0, stream, call);
}

}  // namespace

void run_assign(const AssignCall& call, cudaStream_t stream) {
  if (call.clusters <= 32) {
    launch_assign<32>(call, stream);
  } else {
    launch_assign<64>(call, stream);
  }
}

void plan_cluster_sums(ClusterSumsCall* call) {
  const uint64_t part_bytes = uint64_t{call->clusters} * (uint64_t{call->cols} + 1) * sizeof(double);
  const uint64_t fitting = std::max<uint64_t>(kPartialBytes / part_bytes, 1);
  const uint64_t wanted = (call->rows + kPartRows - 1) / kPartRows;
  const uint64_t parts = std::min({wanted, fitting, kMostParts});
  call->range = (call->rows + parts - 1) / parts;
  call->parts = static_cast<uint32_t>((call->rows + call->range - 1) / call->range);
}

void run_cluster_sums(const ClusterSumsCall& call, cudaStream_t stream) {
  const size_t bytes = bytes_of_warp(call.clusters);
  const bool shared = bytes <= kSharedBytes;
  const auto warps = static_cast<uint32_t>(shared ? std::min<size_t>(kSharedBytes / bytes, 8) : 8);
  const dim3 grid((call.parts + warps - 1) / warps, call.cols / kWarp + 1);
  launch(shared ? cluster_sums_kernel<true> : cluster_sums_kernel<false>, grid, warps * kWarp,
         shared ? warps * bytes : 0, stream, call);
  const size_t count = size_t{call.clusters} * (size_t{call.cols} + 1);
  join_partials(call.partial, call.parts, count, false, call.sums, stream);
}

}  // namespace cuda
}  // namespace boreal
