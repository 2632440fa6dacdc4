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

// Narrow layers one after another, of elements of 16 bits (tensor_mlp.cu).
void run_tensor_mlp(const StepCall& call);

// Codes of numbers by one range: as in kernels/int8_kernels.h, bit by bit. Of many numbers a quotient is made
// of the inverse, and corrected twice by what it leaves: that rounds as a division does (P. Markstein, IBM
// Journal of Research and Development 34, 1990) where nothing is too large or too small on the way.
class CodeRange {
 public:
  __device__ __forceinline__ explicit CodeRange(const BorealCudaCodes& codes)
      : scale_(codes.scale), zero_(codes.zero), inverse_(1 / codes.scale) {}

  template <int kCount>
  __device__ __forceinline__ void codes_of(const float (&x)[kCount], uint32_t (&codes)[kCount]) const {
    if (scale_ > 0x1p-60f && scale_ < 0x1p60f) {
#pragma unroll
      for (int i = 0; i < kCount; ++i) codes[i] = code_at(steps_of(x[i]));
    } else {
#pragma unroll
      for (int i = 0; i < kCount; ++i) codes[i] = code_of(x[i]);
    }
  }
  __device__ __forceinline__ uint32_t code_of(float x) const {
    const float steps = x / scale_;
    return code_at(fminf(fmaxf(steps, -kMostSteps), kMostSteps));
  }

 private:
  // Steps from zero beyond which every code is the first or the last one; a NaN goes down.
  static constexpr float kMostSteps = 1024;

  __device__ __forceinline__ float steps_of(float x) const {
    const float most = kMostSteps * scale_;
    x = fminf(fmaxf(x, -most), most);
    const float near = x * inverse_, nearer = fmaf(fmaf(-near, scale_, x), inverse_, near);
    return fmaf(fmaf(-nearer, scale_, x), inverse_, nearer);
  }
  __device__ __forceinline__ uint32_t code_at(float steps) const {
    // The addition rounds to whole numbers, the last bits of the sum.
    constexpr float kWhole = 0x1.8p23f;
    const int code = static_cast<int>(float_bits(steps + kWhole) - float_bits(kWhole)) + zero_;
    return static_cast<uint32_t>(code < 0 ? 0 : code > 255 ? 255 : code);
  }

  float scale_;
  int32_t zero_;
  float inverse_;
};

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

// kCount columns of a product from `column` on, a multiple of kCount, and what becomes of their sums.
template <int kElement, int kCount>
class TensorColumns {
 public:
  using Sum = typename TensorSum<kElement>::Type;

  __device__ __forceinline__ TensorColumns(const TensorCall& call, uint32_t column)
      : column_(column), range_(call.result) {
    if constexpr (kElement == BOREAL_CUDA_CODE) {
      codes_ = call.codes[0];
      for_all([&](int i) {
        known_[i] = column + i < call.n ? call.columns[column + i] : BorealCudaCodeColumn{0, 0, 0, 0};
      });
    }
  }

  __device__ __forceinline__ void store(const TensorCall& call, size_t row, const Sum (&sums)[kCount]) const {
    if (row >= call.m) return;
    float x[kCount];
    if constexpr (kElement == BOREAL_CUDA_CODE) {
      BorealCudaCodes codes = codes_;
      if (call.code_rows != 0) codes = codes_of(call.codes, static_cast<uint32_t>(row), call.code_rows);
      for_all([&](int i) {
        const float exact = static_cast<float>(sums[i] - codes.zero * known_[i].sum);
        x[i] = exact * (codes.scale * known_[i].scale) + known_[i].bias;
      });
    } else {
      for_all([&](int i) { x[i] = sums[i]; });
    }
    finish_all(call.finish, x);
    unsigned char* const to = static_cast<unsigned char*>(call.out) + row * call.out_bytes;
    if (call.elements) {
      store_elements(call, to, x);
    } else {
      store_numbers(call, reinterpret_cast<float*>(to), x);
    }
  }

 private:
  static_assert(kCount == 4 || (kCount == 2 && kElement == BOREAL_CUDA_CODE), "what a store takes");

  template <typename Body>
  static __device__ __forceinline__ void for_all(Body body) {
#pragma unroll
    for (int i = 0; i < kCount; ++i) body(i);
  }

  __device__ __forceinline__ void store_numbers(const TensorCall& call, float* to,
                                                const float (&x)[kCount]) const {
    if (call.n % kCount != 0) {
      for_all([&](int i) {
        if (column_ + i < call.n) to[column_ + i] = x[i];
      });
    } else if (column_ < call.n) {
      if constexpr (kCount == 4) {
        *reinterpret_cast<float4*>(to + column_) = {x[0], x[1], x[2], x[3]};
      } else {
        *reinterpret_cast<float2*>(to + column_) = {x[0], x[1]};
      }
    }
  }

  // Zeros behind the last column.
  __device__ __forceinline__ void store_elements(const TensorCall& call, unsigned char* to,
                                                 const float (&x)[kCount]) const {
    constexpr uint32_t kBytes = element_bytes(kElement);
    if (column_ * kBytes >= call.out_bytes) return;
    to += column_ * kBytes;
    if constexpr (kBytes == 1) {
      uint32_t y[kCount], all = 0;
      range_.codes_of(x, y);
      for_all([&](int i) { all |= column_ + i < call.n ? y[i] << 8 * i : 0; });
      if constexpr (kCount == 4) {
        *reinterpret_cast<uint32_t*>(to) = all;
      } else {
        *reinterpret_cast<uint16_t*>(to) = static_cast<uint16_t>(all);
      }
    } else {
      float y[kCount];
      for_all([&](int i) { y[i] = column_ + i < call.n ? x[i] : 0.0f; });
      if constexpr (kBytes == 4) {
        *reinterpret_cast<uint4*>(to) = {to_tf32(y[0]), to_tf32(y[1]), to_tf32(y[2]), to_tf32(y[3])};
      } else {
        *reinterpret_cast<uint2*>(to) = {two_elements<kElement>(y[0], y[1]),
                                         two_elements<kElement>(y[2], y[3])};
      }
    }
  }

  uint32_t column_;
  CodeRange range_;        // of codes that the results become
  BorealCudaCodes codes_;  // of the first row, or of all
  BorealCudaCodeColumn known_[kElement == BOREAL_CUDA_CODE ? kCount : 1];
};

// A warp's 16 rows of kColumns sums on their way through shared memory, where lanes that hold a block of them
// (ptx.cuh) meet those that write whole rows, four columns each. Groups of 8 columns are turned by their row,
// against conflicts of banks.
template <int kElement, int kColumns>
struct TensorStage {
  using Sum = typename TensorSum<kElement>::Type;
  struct alignas(16) Four {
    Sum sums[4];
  };
  struct alignas(8) Pair {
    Sum first, second;
  };
  static constexpr uint32_t kBytes = 16 * kColumns * sizeof(Sum);

  Sum* sums;

  static __device__ __forceinline__ uint32_t place(uint32_t row, uint32_t column) {
    return row * kColumns + (column ^ row % (kColumns / 8) * 8);
  }
  // The sums of block `block` of 8 columns.
  __device__ __forceinline__ void put(uint32_t lane, uint32_t block, Sum s0, Sum s1, Sum s2, Sum s3) const {
    *reinterpret_cast<Pair*>(sums + place(lane / 4, block * 8 + lane % 4 * 2)) = {s0, s1};
    *reinterpret_cast<Pair*>(sums + place(lane / 4 + 8, block * 8 + lane % 4 * 2)) = {s2, s3};
  }
  __device__ __forceinline__ void write(const TensorCall& call, uint32_t lane, size_t row,
                                        uint32_t column) const {
    constexpr uint32_t kAcross = kColumns / 4, kDown = 32 / kAcross;   // lanes that write a row, and rows
    constexpr uint32_t kAhead = kElement == BOREAL_CUDA_CODE ? 1 : 2;  // loads on their way
    const uint32_t own = lane % kAcross * 4;
    const TensorColumns<kElement, 4> columns(call, column + own);
    __syncwarp();
#pragma unroll 1
    for (uint32_t first = lane / kAcross; first < 16; first += kAhead * kDown) {
      Four fours[kAhead];
#pragma unroll
      for (uint32_t i = 0; i < kAhead; ++i) {
        fours[i] = *reinterpret_cast<const Four*>(sums + place(first + i * kDown, own));
      }
#pragma unroll
      for (uint32_t i = 0; i < kAhead; ++i) columns.store(call, row + first + i * kDown, fours[i].sums);
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
