// The tile of kSize x kSize that a block makes of a product on tensor cores by mma.sync: four warps, each a
// quarter; 64 bytes of every row at a time go through a ring of stages in shared memory, filled by
// asynchronous copies while older ones are multiplied.
//
// An element is one chain over k in ascending order, 32 bytes at a time, that starts from the bias; neither
// the size of the tile nor a row's place in it changes that, so that a row's bits don't depend on its batch.
// Sums of codes are exact.
//
// Per 32 bytes of k a warp of the large tile reads 4 KiB from shared memory for 64 x 64 sums: half of what
// the memory gives while the tensor cores of sm_80 work. Chunks of 16 bytes lie turned by bits of their row,
// so that eight rows of one chunk are in all banks.
#pragma once

#include <type_traits>

#include "cuda/launch.cuh"
#include "cuda/tensor.cuh"

namespace boreal {
namespace cuda {

constexpr unsigned kTensorThreads = 128;
constexpr uint32_t kDepth = 64;  // bytes of k in a stage
constexpr uint32_t kChunk = kElementRow, kChunks = kDepth / kChunk;

__device__ __forceinline__ uint32_t chunk_place(uint32_t row, uint32_t chunk) {
  return row * kDepth + (chunk ^ (row >> 1 & (kChunks - 1))) * kChunk;
}

template <int kSize>
struct TensorShape {
  static constexpr int kStages = kSize == 128 ? 3 : 4;
  static constexpr uint32_t kStageBytes = 2 * kSize * kDepth;
};

// Chunks of each operand that a thread brings to a stage.
template <int kSize>
constexpr uint32_t kRowLoads = kSize* kChunks / kTensorThreads;

// Chunks of rows of a matrix that lies in memory, `count` rows of `bytes` from `first` on: a thread brings
// those of one place in a stage.
template <int kSize>
struct MatrixRows {
  const unsigned char* data;
  uint32_t first, count, bytes;

  __device__ __forceinline__ void load(unsigned char* to, uint32_t step) const {
    const uint32_t chunk = threadIdx.x % kChunks, offset = step * kDepth + chunk * kChunk;
#pragma unroll
    for (uint32_t i = 0; i < kRowLoads<kSize>; ++i) {
      const uint32_t row = threadIdx.x / kChunks + i * (kTensorThreads / kChunks);
      const bool inside = first + row < count && offset < bytes;
      copy_async16(to + chunk_place(row, chunk), data + (inside ? size_t{first + row} * bytes + offset : 0),
                   inside);
    }
  }
};

// A tile of a product, by the whole block; rows_a.load(to, step) brings the rows of A, steps in order.
template <int kElement, int kSize, typename RowsA>
__device__ __forceinline__ void tensor_tile(const TensorCall& call, TensorTile tile, RowsA& rows_a) {
  using Sum = typename TensorSum<kElement>::Type;
  constexpr int kStages = TensorShape<kSize>::kStages;
  constexpr uint32_t kStageBytes = TensorShape<kSize>::kStageBytes;
  constexpr int kQuarter = kSize / 2, kRowBlocks = kQuarter / 16, kColumnBlocks = kQuarter / 8;
  unsigned char* const shared = shared_bytes();

  const uint32_t thread = threadIdx.x, lane = thread % 32, warp = thread / 32;
  const uint32_t first_row = tile.row * kSize, first_column = tile.column * kSize;

  const MatrixRows<kSize> rows_b{call.b, first_column, call.n, call.bytes};
  const uint32_t steps = (call.bytes + kDepth - 1) / kDepth;
  const auto load = [&](uint32_t step) {
    if (step < steps) {
      unsigned char* const a = shared + step % kStages * kStageBytes;
      rows_a.load(a, step);
      rows_b.load(a + kSize * kDepth, step);
    }
    copy_async_commit();  // also an empty group: waits count them
  };

  const uint32_t row0 = warp / 2 * kQuarter, column0 = warp % 2 * kQuarter;  // of the quarter
  Sum sum[kRowBlocks][kColumnBlocks][4];
#pragma unroll
  for (int j = 0; j < kColumnBlocks; ++j) {
    const uint32_t column = first_column + column0 + j * 8 + lane % 4 * 2;
    const Sum even = tensor_start<kElement>(call, column), odd = tensor_start<kElement>(call, column + 1);
#pragma unroll
    for (int i = 0; i < kRowBlocks; ++i) {
      sum[i][j][0] = sum[i][j][2] = even;
      sum[i][j][1] = sum[i][j][3] = odd;
    }
  }

  for (int step = 0; step < kStages - 1; ++step) load(step);
  for (uint32_t step = 0; step < steps; ++step) {
    copy_async_wait<kStages - 2>();
    __syncthreads();  // all of this stage is here, and the one before it has been read
    load(step + kStages - 1);
    const unsigned char* const a = shared + step % kStages * kStageBytes;
    const unsigned char* const b = a + kSize * kDepth;
#pragma unroll
    for (uint32_t half = 0; half < kChunks; half += 2) {
      uint32_t in_a[kRowBlocks][4], in_b[kColumnBlocks / 2][4];
#pragma unroll
      for (int i = 0; i < kRowBlocks; ++i) {
        load_matrices(in_a[i], a + chunk_place(row0 + i * 16 + lane % 16, half + lane / 16));
      }
#pragma unroll
      for (int j = 0; j < kColumnBlocks / 2; ++j) {
        load_matrices(in_b[j],
                      b + chunk_place(column0 + j * 16 + lane / 16 * 8 + lane % 8, half + lane / 8 % 2));
      }
#pragma unroll
      for (int i = 0; i < kRowBlocks; ++i) {
#pragma unroll
        for (int j = 0; j < kColumnBlocks; ++j) {
          multiply_block<kElement>(sum[i][j], in_a[i], in_b[j / 2][j % 2 * 2], in_b[j / 2][j % 2 * 2 + 1]);
        }
      }
    }
  }

  copy_async_wait<0>();
  __syncthreads();  // the stages are read, and of no more use
  using Stage = TensorStage<kElement, kQuarter>;
  const Stage stage{reinterpret_cast<Sum*>(shared + warp * Stage::kBytes)};
#pragma unroll
  for (int i = 0; i < kRowBlocks; ++i) {
#pragma unroll
    for (int j = 0; j < kColumnBlocks; ++j) {
      stage.put(lane, j, sum[i][j][0], sum[i][j][1], sum[i][j][2], sum[i][j][3]);
    }
    stage.write(call, lane, first_row + row0 + i * 16, first_column + column0);
  }
}

template <int kSize>
uint32_t tensor_tiles(const TensorCall& call) {
  return (call.m + kSize - 1) / kSize * ((call.n + kSize - 1) / kSize);
}
template <int kSize>
__device__ __forceinline__ TensorTile tile_of_block(const TensorCall& call) {
  return tensor_tile(blockIdx.x, (call.m + kSize - 1) / kSize, (call.n + kSize - 1) / kSize);
}
// Whether the large shape keeps all multiprocessors busy, and has columns for its second half.
inline bool takes_large_tiles(const TensorCall& call) {
  const uint32_t multiprocessors = static_cast<uint32_t>(limits_of_device().multiprocessors);
  return call.n > 64 && tensor_tiles<128>(call) >= multiprocessors;
}

// Starts a kernel of kSize on all tiles; its other arguments follow the call.
template <int kSize, typename Kernel, typename... Arguments>
void launch_tiles(Kernel kernel, cudaStream_t stream, const TensorCall& call, const Arguments&... others) {
  launch(kernel, tensor_tiles<kSize>(call), kTensorThreads,
         TensorShape<kSize>::kStages * TensorShape<kSize>::kStageBytes, stream, call, others...);
}

// body(std::integral_constant) with the kind of elements.
template <typename F>
void with_element(int element, F body) {
  switch (element) {
    case BOREAL_CUDA_FLOAT16:
      return body(std::integral_constant<int, BOREAL_CUDA_FLOAT16>{});
    case BOREAL_CUDA_BFLOAT16:
      return body(std::integral_constant<int, BOREAL_CUDA_BFLOAT16>{});
    case BOREAL_CUDA_TF32:
      return body(std::integral_constant<int, BOREAL_CUDA_TF32>{});
    case BOREAL_CUDA_CODE:
      return body(std::integral_constant<int, BOREAL_CUDA_CODE>{});
    default:
      throw Failure(cudaErrorInvalidValue, "a product of elements that this plug-in does not know");
  }
}

}  // namespace cuda
}  // namespace boreal
