// What the kernels of tensor products share: their call, and what becomes of a finished pair of sums.
#pragma once

#include "cuda/finish.cuh"
#include "cuda/ptx.cuh"
#include "cuda/step.cuh"

namespace boreal {
namespace cuda {

struct TensorCall {
  const unsigned char* a;  // [m], rows of `bytes`
  const unsigned char* b;  // [n], such rows
  uint32_t m, n, bytes;
  Finish finish;
  // Numbers
  const float* bias;
  // Codes
  const BorealCudaCodeColumn* columns;
  const BorealCudaCodes* codes;  // of each code_rows rows
  uint32_t code_rows;            // 0: all rows have the first
  BorealCudaCodes result;
  // [m]: n numbers, or elements and zeros behind them in rows of out_bytes
  void* out;
  uint32_t out_bytes;
  bool elements;
};

// Of a step of a product; of one over windows all but `bytes` and codes.
TensorCall tensor_call(const StepCall& call);
// On warp groups (tensor_group.cu): compute capability 9.0.
void start_group_product(const TensorCall& call, int element, cudaStream_t stream);
// Of codes, of at most kDotSide rows or columns (dot_product.cu).
void start_dot_product(const TensorCall& call, cudaStream_t stream);

// Steps from zero beyond which every code is the first or the last one: as in kernels/int8_kernels.h, bit by
// bit.
__device__ inline uint32_t to_code(float x, const BorealCudaCodes& codes) {
  float steps = x / codes.scale;
  steps = steps > -1024.0f ? steps : -1024.0f;  // a NaN goes down
  steps = steps < 1024.0f ? steps : 1024.0f;
  const float code = rintf(steps) + static_cast<float>(codes.zero);
  return static_cast<uint32_t>(fminf(fmaxf(code, 0.0f), 255.0f));
}

// Where the sums of a column start.
template <int kElement>
__device__ __forceinline__ typename TensorSum<kElement>::Type tensor_start(const TensorCall& call,
                                                                           uint32_t column) {
  if constexpr (kElement == BOREAL_CUDA_CODE) return 0;
  return column < call.n ? call.bias[column] : 0.0f;
}

// What the codes of a row stand for.
__device__ __forceinline__ BorealCudaCodes codes_of(const BorealCudaCodes* codes, uint32_t row,
                                                    uint32_t rows) {
  return codes[rows == 0 ? 0 : rows == 1 ? row : row / rows];
}

__device__ __forceinline__ float tensor_value(const TensorCall& call, size_t, uint32_t, float sum) {
  return finish_inline(call.finish, sum);
}
__device__ __forceinline__ float tensor_value(const TensorCall& call, size_t row, uint32_t column,
                                              int32_t sum) {
  const BorealCudaCodes codes = codes_of(call.codes, static_cast<uint32_t>(row), call.code_rows);
  const BorealCudaCodeColumn c = call.columns[column];
  const float exact = static_cast<float>(sum - codes.zero * c.sum);
  return finish_inline(call.finish, exact * (codes.scale * c.scale) + c.bias);
}

// Writes columns `column`, which is even, and the next one of a row.
template <int kElement>
__device__ __forceinline__ void tensor_store(const TensorCall& call, size_t row, uint32_t column,
                                             typename TensorSum<kElement>::Type first,
                                             typename TensorSum<kElement>::Type second) {
  if (row >= call.m) return;
  unsigned char* to = static_cast<unsigned char*>(call.out) + row * call.out_bytes;
  if (!call.elements) {
    if (column >= call.n) return;
    float* const y = reinterpret_cast<float*>(to) + column;
    const float x0 = tensor_value(call, row, column, first);
    if (column + 1 == call.n) {
      y[0] = x0;
      return;
    }
    const float x1 = tensor_value(call, row, column + 1, second);
    if (call.n % 2 == 0) {
      *reinterpret_cast<float2*>(y) = {x0, x1};
    } else {
      y[0] = x0, y[1] = x1;
    }
    return;
  }
  constexpr uint32_t kBytes = element_bytes(kElement);
  if (column * kBytes >= call.out_bytes) return;
  const auto element = [&](uint32_t at, typename TensorSum<kElement>::Type sum) -> uint32_t {
    if (at >= call.n) return 0;
    const float x = tensor_value(call, row, at, sum);
    return kElement == BOREAL_CUDA_CODE ? to_code(x, call.result) : to_element(kElement, x);
  };
  const uint32_t e0 = element(column, first), e1 = element(column + 1, second);
  to += column * kBytes;
  if constexpr (kBytes == 1) {
    *reinterpret_cast<uint16_t*>(to) = static_cast<uint16_t>(e0 | e1 << 8);
  } else if constexpr (kBytes == 2) {
    *reinterpret_cast<uint32_t*>(to) = e0 | e1 << 16;
  } else {
    *reinterpret_cast<uint2*>(to) = {e0, e1};
  }
}

// A warp's 16 rows of kColumns sums on their way through shared memory, where lanes that hold a block of them
// (ptx.cuh) meet those that write whole rows. Groups of 8 columns are turned by their row, against conflicts
// of banks. One loop for all: unrolled it would take the compiler minutes.
template <int kElement, int kColumns>
struct TensorStage {
  using Sum = typename TensorSum<kElement>::Type;
  struct alignas(8) Pair {
    Sum first, second;
  };
  static constexpr uint32_t kBytes = 16 * kColumns * sizeof(Sum);

  Pair* pairs;

  static __device__ __forceinline__ uint32_t place(uint32_t row, uint32_t column) {
    return (row * kColumns + (column ^ row % (kColumns / 8) * 8)) / 2;
  }
  // The sums of block `block` of 8 columns.
  __device__ __forceinline__ void put(uint32_t lane, uint32_t block, Sum s0, Sum s1, Sum s2, Sum s3) const {
    pairs[place(lane / 4, block * 8 + lane % 4 * 2)] = {s0, s1};
    pairs[place(lane / 4 + 8, block * 8 + lane % 4 * 2)] = {s2, s3};
  }
  __device__ __forceinline__ void write(const TensorCall& call, uint32_t lane, size_t row,
                                        uint32_t column) const {
    __syncwarp();
#pragma unroll 1
    for (uint32_t i = lane; i < 16 * kColumns / 2; i += 32) {
      const uint32_t r = i / (kColumns / 2), c = i % (kColumns / 2) * 2;
      const Pair pair = pairs[place(r, c)];
      tensor_store<kElement>(call, row + r, column + c, pair.first, pair.second);
    }
    __syncwarp();  // before the next block goes there
  }
};

// Tiles in an order in which those that run together share rows of A and of B in the second-level cache.
struct TensorTile {
  uint32_t row, column;
};
__device__ inline TensorTile tensor_tile(uint32_t index, uint32_t row_tiles, uint32_t column_tiles) {
  constexpr uint32_t kBand = 8;  // rows of tiles, column after column
  const uint32_t first = index / (kBand * column_tiles) * kBand;
  const uint32_t rows = row_tiles - first < kBand ? row_tiles - first : kBand;
  const uint32_t within = index % (kBand * column_tiles);
  return {first + within % rows, within / rows};
}

}  // namespace cuda
}  // namespace boreal
