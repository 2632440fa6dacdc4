// Products of codes by dot products of four (dp4a), where the tiles of tensor cores would be mostly empty:
// at most kDotSide rows, or so many columns. A group of lanes has two of the many rows of the other operand,
// reads them once, 16 bytes a lane, and multiplies them by all of the few. Sums are exact: the bits are those
// of tensor cores and of the CPU, whatever the shape.
//
// Floor: the bytes of the operand with many rows over the bandwidth; the few ones come from the first-level
// cache. A multiprocessor of an H100 makes 64 dot products a clock, and its share of the bandwidth is 15
// bytes a clock: of each 16 bytes eight of the few need 32.
#include "cuda/launch.cuh"
#include "cuda/tensor.cuh"
#include "cuda/warp.cuh"

namespace boreal {
namespace cuda {
namespace {

constexpr unsigned kDotThreads = 128;
constexpr uint32_t kPair = 2;       // rows of the many that a group has at once
constexpr uint32_t kNearLanes = 8;  // whose loads make a whole line of 128 bytes

__device__ __forceinline__ uint4 chunk_of(const unsigned char* rows, uint32_t row, uint32_t count,
                                          uint32_t bytes, uint32_t at) {
  return row < count ? *reinterpret_cast<const uint4*>(rows + size_t{row} * bytes + at) : uint4{0, 0, 0, 0};
}

__device__ __forceinline__ int32_t add_products(int32_t sum, const uint4& codes, const uint4& weights) {
  sum = dot_of_codes(codes.x, weights.x, sum);
  sum = dot_of_codes(codes.y, weights.y, sum);
  sum = dot_of_codes(codes.z, weights.z, sum);
  return dot_of_codes(codes.w, weights.w, sum);
}

// kFewRows: the few are rows of A, the many columns of the result; else the other way round. Groups of
// `lanes` lanes, a power of two.
template <bool kFewRows, uint32_t kFew>
__global__ void __launch_bounds__(kDotThreads) dot_kernel(TensorCall call, uint32_t lanes) {
  constexpr uint32_t kSums = kPair * kFew;
  __shared__ int32_t staged[kDotThreads][kSums];  // of each group, at the place of its first lane
  const unsigned char* const many = kFewRows ? call.b : call.a;
  const unsigned char* const few = kFewRows ? call.a : call.b;
  const uint32_t many_rows = kFewRows ? call.n : call.m, few_rows = kFewRows ? call.m : call.n;
  // Rows of elements end with zeros, which are written as columns.
  const uint32_t columns = call.elements ? call.out_bytes : call.n;
  const uint32_t pairs = ((kFewRows ? columns : call.m) + kPair - 1) / kPair;

  const uint32_t lane = threadIdx.x % kWarp, groups = kWarp / lanes, warp = threadIdx.x - lane;
  const uint32_t all_groups = gridDim.x * kDotThreads / lanes;
  // All lanes of a warp go round alike: they exchange sums.
  for (uint32_t first = (blockIdx.x * kDotThreads + warp) / lanes; first < pairs; first += all_groups) {
    const uint32_t row = (first + lane / lanes) * kPair;
    int32_t sums[kPair][kFew] = {};
    for (uint32_t at = lane % lanes * kElementRow; at < call.bytes; at += lanes * kElementRow) {
      uint4 own[kPair];
#pragma unroll
      for (uint32_t i = 0; i < kPair; ++i) own[i] = chunk_of(many, row + i, many_rows, call.bytes, at);
#pragma unroll
      for (uint32_t f = 0; f < kFew; ++f) {
        const uint4 other = chunk_of(few, f, few_rows, call.bytes, at);
#pragma unroll
        for (uint32_t i = 0; i < kPair; ++i) {
          sums[i][f] =
              kFewRows ? add_products(sums[i][f], other, own[i]) : add_products(sums[i][f], own[i], other);
        }
      }
    }
    for (uint32_t step = lanes / 2; step > 0; step /= 2) {
#pragma unroll
      for (uint32_t i = 0; i < kPair; ++i) {
#pragma unroll
        for (uint32_t f = 0; f < kFew; ++f) sums[i][f] += __shfl_xor_sync(kAllLanes, sums[i][f], step);
      }
    }
    if (lane % lanes == 0) {
#pragma unroll
      for (uint32_t i = 0; i < kPair; ++i) {
#pragma unroll
        for (uint32_t f = 0; f < kFew; ++f) staged[threadIdx.x][i * kFew + f] = sums[i][f];
      }
    }
    __syncwarp();
    // A pair of columns of a row each.
    if constexpr (kFewRows) {
      for (uint32_t k = lane; k < groups * kFew; k += kWarp) {
        const int32_t* const of_group = staged[warp + k % groups * lanes];
        const uint32_t f = k / groups, column = (first + k % groups) * kPair;
        TensorColumns<BOREAL_CUDA_CODE, 2>(call, column).store(call, f, {of_group[f], of_group[kFew + f]});
      }
    } else {
      const uint32_t across = (columns + 1) / 2;
      for (uint32_t k = lane; k < groups * kPair * across; k += kWarp) {
        const uint32_t line = k / across, column = k % across * 2;
        const int32_t* const of_row = staged[warp + line / kPair * lanes] + line % kPair * kFew;
        TensorColumns<BOREAL_CUDA_CODE, 2>(call, column)
            .store(call, size_t{first} * kPair + line,
                   {column < kFew ? of_row[column] : 0, column + 1 < kFew ? of_row[column + 1] : 0});
      }
    }
    __syncwarp();  // before the next sums go there
  }
}

template <bool kFewRows, uint32_t kFew>
void start_dots(const TensorCall& call, cudaStream_t stream) {
  const uint32_t columns = call.elements ? call.out_bytes : call.n;
  const uint64_t pairs = ((kFewRows ? columns : call.m) + kPair - 1) / kPair;
  const uint64_t wanted = uint64_t{1024} * static_cast<uint64_t>(limits_of_device().multiprocessors);
  const uint32_t chunks = call.bytes / kElementRow;
  // As few lanes as read whole lines, but more where the device would be idle.
  uint32_t lanes = 1;
  while (lanes < kWarp && lanes < chunks && (lanes < kNearLanes || pairs * lanes < wanted)) lanes *= 2;
  launch(dot_kernel<kFewRows, kFew>, grid_of(pairs * lanes, kDotThreads), kDotThreads, 0, stream, call,
         lanes);
}

template <bool kFewRows>
void start_dots_of(uint32_t few, const TensorCall& call, cudaStream_t stream) {
  if (few <= 1) return start_dots<kFewRows, 1>(call, stream);
  if (few <= 4) return start_dots<kFewRows, 4>(call, stream);
  start_dots<kFewRows, kDotSide>(call, stream);
}

}  // namespace

void start_dot_product(const TensorCall& call, cudaStream_t stream) {
  if (call.m <= kDotSide) return start_dots_of<true>(call.m, call, stream);
  if (call.n > kDotSide) throw Failure(cudaErrorInvalidValue, "a product that is too wide for dot products");
  start_dots_of<false>(call.n, call, stream);
}

}  // namespace cuda
}  // namespace boreal
