// Sums over gradients: of parts of the rows, and of leaves. Floor: the bytes of gradients read, once; the
// chains of additions of a block take longer where its rows are many: there are 128 parts at most.
#include "cuda/launch.cuh"
#include "cuda/ordered_sums.cuh"
#include "cuda/sorted.cuh"
#include "cuda/tree_loss.cuh"
#include "cuda/warp.cuh"

namespace boreal {
namespace cuda {
namespace {

// A block for each part.
__global__ __launch_bounds__(kThreads) void range_kernel(const float* gradients, const float* hessians,
                                                         uint32_t rows, uint32_t part_rows,
                                                         BorealCudaRange* ranges) {
  __shared__ float leasts[kThreads / 32], greatests[kThreads / 32];
  __shared__ double sums[2];
  const uint32_t begin = blockIdx.x * part_rows;
  const uint32_t count = rows - begin < part_rows ? rows - begin : part_rows;
  float least = INFINITY, greatest = 0;
  const auto at = [&](uint32_t i, double* gradient, double* hessian) {
    *gradient = fabs(static_cast<double>(gradients[begin + i]));
    if (hessians == nullptr) {
      *hessian = 0;
      return;
    }
    const float h = hessians[begin + i];
    *hessian = static_cast<double>(h);
    least = h < least ? h : least;
    greatest = greatest < h ? h : greatest;
  };
  ordered_sums(count, at, &sums[0], &sums[1]);
  for (int step = 16; step > 0; step /= 2) {
    const float low = __shfl_xor_sync(kAllLanes, least, step);
    const float high = __shfl_xor_sync(kAllLanes, greatest, step);
    least = low < least ? low : least;
    greatest = greatest < high ? high : greatest;
  }
  if (threadIdx.x % 32 == 0) {
    leasts[threadIdx.x / 32] = least;
    greatests[threadIdx.x / 32] = greatest;
  }
  __syncthreads();
  if (threadIdx.x != 0) return;
  for (unsigned warp = 1; warp < kThreads / 32; ++warp) {
    least = leasts[warp] < least ? leasts[warp] : least;
    greatest = greatest < greatests[warp] ? greatests[warp] : greatest;
  }
  ranges[blockIdx.x] = {sums[0], sums[1], least, greatest};
}

// A block for each part and leaf.
constexpr unsigned kLeafThreads = 128;
__global__ __launch_bounds__(kLeafThreads) void leaf_kernel(const LeafTask* leaves, uint32_t count,
                                                            const float* gradients, const float* hessians,
                                                            uint32_t part_rows, uint32_t parts,
                                                            double* partial) {
  __shared__ uint32_t ends[2];
  for (uint32_t k = blockIdx.y; k < count; k += gridDim.y) {
    const LeafTask leaf = leaves[k];
    __syncthreads();  // the ends of the leaf before have been read
    if (threadIdx.x == 0) ends[0] = count_below(leaf.rows, leaf.count, blockIdx.x * part_rows);
    if (threadIdx.x == 32) {
      ends[1] = blockIdx.x + 1 == parts ? leaf.count
                                        : count_below(leaf.rows, leaf.count, (blockIdx.x + 1) * part_rows);
    }
    __syncthreads();
    const uint32_t* const rows = leaf.rows + ends[0];
    const auto at = [&](uint32_t i, double* gradient, double* hessian) {
      const uint32_t row = rows[i];
      *gradient = static_cast<double>(gradients[row]);
      *hessian = hessians == nullptr ? 1.0 : static_cast<double>(hessians[row]);
    };
    double* const to = partial + 2 * (size_t{blockIdx.x} * count + k);
    ordered_sums(ends[1] - ends[0], at, to, to + 1);
  }
}

// Parts in order.
__global__ void join_kernel(const double* partial, uint32_t sums, uint32_t parts, double* joined) {
  for (size_t s = first_element(); s < sums; s += element_step()) {
    double sum = partial[s];
    for (uint32_t p = 1; p < parts; ++p) sum += partial[size_t{p} * sums + s];
    joined[s] = sum;
  }
}

}  // namespace

void run_ranges(const float* gradients, const float* hessians, uint32_t rows, const BorealCudaParts& parts,
                BorealCudaRange* ranges, cudaStream_t stream) {
  launch(range_kernel, dim3(parts.count), kThreads, 0, stream, gradients, hessians, rows,
         static_cast<uint32_t>(parts.part_rows), ranges);
}

void run_leaf_sums(const LeafTask* leaves, uint32_t count, const float* gradients, const float* hessians,
                   const BorealCudaParts& parts, double* partial, double* sums, cudaStream_t stream) {
  launch(leaf_kernel, dim3(parts.count, std::min(count, 65535u)), kLeafThreads, 0, stream, leaves, count,
         gradients, hessians, static_cast<uint32_t>(parts.part_rows), parts.count, partial);
  launch(join_kernel, grid_of(2 * size_t{count}), kThreads, 0, stream, partial, 2 * count, parts.count, sums);
}

}  // namespace cuda
}  // namespace boreal
