// Products of rows with a matrix in float32, and distances of rows from points, which differ in one line.
//
// An element is one chain over k in ascending order that starts from the bias, whichever kernel makes it: the
// choice between them may follow the number of rows, and a row's bits still do not depend on its batch. Tiles
// of A and B go through shared memory, as they lie, by asynchronous copies of the next ones while the present
// ones are used; a thread keeps a block of the result in registers, in rows and groups of columns that lie
// apart.
//
// Floor: 2 m n k operations over the peak of float32. For four k a thread of the large tile has 256
// multiply-adds and sixteen loads of 16 bytes from shared memory, and for 16 k four copies and their
// addresses: nine instructions of ten are multiply-adds. The lanes of a warp are such that each pair of
// neighbours or of next but one reads the same place, for which memory takes half as long.
#include <type_traits>

#include "cuda/combine.cuh"
#include "cuda/finish.cuh"
#include "cuda/launch.cuh"
#include "cuda/ptx.cuh"
#include "cuda/step.cuh"

namespace boreal {
namespace cuda {
namespace {

struct ProductCall {
  const float* a;      // [m, k]
  const float* b;      // [k, n]
  const float* start;  // [n], or null: 0
  float* out;          // [m, n]
  uint32_t m, n, k;
  Finish finish;
};

constexpr int kGroup = 4;   // elements that a thread loads at once
constexpr int kDepth = 16;  // k of a stage

// A tile of kSize x kSize by threads that have a block of kRows x kColumns each; a warp is 8 of them wide and
// 4 high.
template <int kSize, int kRows, int kColumns>
struct ProductShape {
  static constexpr int kDown = kSize / kRows, kAcross = kSize / kColumns;  // threads
  static constexpr unsigned kThreads = kDown * kAcross;
  static constexpr int kWarpsAcross = kAcross / 8, kParts = kColumns / kGroup;
  static_assert(kAcross % 8 == 0 && kDown % 4 == 0, "whole warps");
};

// A part of a tile on its way, zeros where there is none; kAligned: a group, else an element.
template <bool kAligned>
__device__ __forceinline__ void copy_part(float* to, const float* from, bool inside) {
  if constexpr (kAligned) {
    copy_async16(to, from, inside);
  } else {
    copy_async4(to, from, inside);
  }
}

// kAligned: k and n are multiples of kGroup.
template <typename Combine, int kSize, int kRows, int kColumns, bool kAligned>
__global__ void __launch_bounds__(ProductShape<kSize, kRows, kColumns>::kThreads, kSize == 128 ? 2 : 4)
    product_kernel(ProductCall call) {
  using Shape = ProductShape<kSize, kRows, kColumns>;
  __shared__ __align__(16) float a_tile[2][kSize][kDepth];
  __shared__ __align__(16) float b_tile[2][kDepth][kSize];

  const int thread = static_cast<int>(threadIdx.x), warp = thread / 32, lane = thread % 32;
  const uint32_t column_tiles = (call.n + kSize - 1) / kSize;
  const size_t first_row = size_t{blockIdx.x / column_tiles} * kSize;
  const uint32_t first_col = blockIdx.x % column_tiles * kSize;
  const int tx = warp % Shape::kWarpsAcross * 8 + lane / 2 % 8;
  const int ty = warp / Shape::kWarpsAcross * 4 + lane / 16 * 2 + lane % 2;
  const auto row_of = [&](int i) { return i * Shape::kDown + ty; };
  const auto column_of = [&](int part) { return part * (kSize / Shape::kParts) + tx * kGroup; };

  // Parts of a tile that a thread copies: always the same of its rows of A, and of its columns of B.
  constexpr int kPart = kAligned ? kGroup : 1;
  constexpr int kPartsA = kDepth / kPart, kPartsB = kSize / kPart;
  constexpr int kStepA = static_cast<int>(Shape::kThreads) / kPartsA;
  constexpr int kStepB = static_cast<int>(Shape::kThreads) / kPartsB;
  const int own_k = thread % kPartsA * kPart, own_row = thread / kPartsA;
  const int own_col = thread % kPartsB * kPart, own_line = thread / kPartsB;
  const uint32_t rows_here = static_cast<uint32_t>(call.m - first_row), columns_here = call.n - first_col;
  // The tiles in order, from places that all threads share: a thread's own are offsets from them.
  const float* const a_from = call.a + first_row * call.k;
  const float* const b_from = call.b + first_col;
  const auto load = [&](int stage, uint32_t k0) {
#pragma unroll
    for (int i = 0; i < kSize / kStepA; ++i) {
      const uint32_t row = static_cast<uint32_t>(own_row + i * kStepA), k = k0 + own_k;
      const bool inside = row < rows_here && k < call.k;
      copy_part<kAligned>(&a_tile[stage][row][own_k], inside ? a_from + size_t{row} * call.k + k : call.a,
                          inside);
    }
#pragma unroll
    for (int i = 0; i < kDepth / kStepB; ++i) {
      const uint32_t k = k0 + own_line + i * kStepB;
      const bool inside = k < call.k && static_cast<uint32_t>(own_col) < columns_here;
      copy_part<kAligned>(&b_tile[stage][own_line + i * kStepB][own_col],
                          inside ? b_from + size_t{k} * call.n + own_col : call.b, inside);
    }
    copy_async_commit();
  };

  float sum[kRows][kColumns];
#pragma unroll
  for (int j = 0; j < kColumns; ++j) {
    const uint32_t own = first_col + column_of(j / kGroup) + j % kGroup;
    const float start = call.start != nullptr && own < call.n ? call.start[own] : 0.0f;
#pragma unroll
    for (int i = 0; i < kRows; ++i) sum[i][j] = start;
  }
  const auto multiply = [&](const float(&a)[kRows], const float* line) {
    float b[kColumns];
#pragma unroll
    for (int part = 0; part < Shape::kParts; ++part) {
      const float4 four = *reinterpret_cast<const float4*>(line + column_of(part));
      b[part * kGroup] = four.x, b[part * kGroup + 1] = four.y;
      b[part * kGroup + 2] = four.z, b[part * kGroup + 3] = four.w;
    }
#pragma unroll
    for (int i = 0; i < kRows; ++i) {
#pragma unroll
      for (int j = 0; j < kColumns; ++j) sum[i][j] = Combine::add(sum[i][j], a[i], b[j]);
    }
  };

  if (call.k > 0) load(0, 0);
  int stage = 0;
  for (uint32_t k0 = 0; k0 < call.k; k0 += kDepth, stage = 1 - stage) {
    copy_async_wait<0>();
    __syncthreads();  // the stage is here, and the other one has been read
    if (call.k - k0 > kDepth) load(1 - stage, k0 + kDepth);
    if (call.k - k0 >= kDepth) {
#pragma unroll
      for (int kk = 0; kk < kDepth; kk += kGroup) {
        float a[kGroup][kRows];
#pragma unroll
        for (int i = 0; i < kRows; ++i) {
          const float4 four = *reinterpret_cast<const float4*>(&a_tile[stage][row_of(i)][kk]);
          a[0][i] = four.x, a[1][i] = four.y, a[2][i] = four.z, a[3][i] = four.w;
        }
#pragma unroll
        for (int e = 0; e < kGroup; ++e) multiply(a[e], b_tile[stage][kk + e]);
      }
    } else {
      // Zeros beyond k would turn a sum of -0 into 0.
#pragma unroll 1
      for (uint32_t kk = 0; kk < call.k - k0; ++kk) {
        float a[kRows];
#pragma unroll
        for (int i = 0; i < kRows; ++i) a[i] = a_tile[stage][row_of(i)][kk];
        multiply(a, b_tile[stage][kk]);
      }
    }
  }

#pragma unroll
  for (int i = 0; i < kRows; ++i) {
    const size_t row = first_row + row_of(i);
    if (row >= call.m) continue;
#pragma unroll
    for (int part = 0; part < Shape::kParts; ++part) {
      const uint32_t col = first_col + column_of(part);
      float y[kGroup];
#pragma unroll
      for (int e = 0; e < kGroup; ++e) y[e] = sum[i][part * kGroup + e];
      finish_all(call.finish, y);
      float* const to = call.out + row * call.n + col;
      if constexpr (kAligned) {
        if (col < call.n) *reinterpret_cast<float4*>(to) = {y[0], y[1], y[2], y[3]};
      } else {
#pragma unroll
        for (int e = 0; e < kGroup; ++e) {
          if (col + e < call.n) to[e] = y[e];
        }
      }
    }
  }
}

// Of few rows: elements of B that a thread has on their way, and threads of a block, a warp that finds its
// own multiprocessor.
constexpr uint32_t kAhead = 32;
constexpr unsigned kFewThreads = 32;

// A thread per element: for few rows, whose tiles would be empty.
template <typename Combine>
__global__ void few_rows_kernel(ProductCall call) {
  const size_t count = size_t{call.m} * call.n;
  for (size_t i = first_element(); i < count; i += element_step()) {
    const size_t row = i / call.n, col = i % call.n;
    const float* a = call.a + row * call.k;
    const float* b = call.b + col;
    float sum = call.start != nullptr ? call.start[col] : 0.0f;
    // The chain waits for memory but once for each group.
    uint32_t k = 0;
    for (; k + kAhead <= call.k; k += kAhead) {
      float next[kAhead];
#pragma unroll
      for (uint32_t i = 0; i < kAhead; ++i) next[i] = b[size_t{k + i} * call.n];
#pragma unroll
      for (uint32_t i = 0; i < kAhead; ++i) sum = Combine::add(sum, a[k + i], next[i]);
    }
    for (; k < call.k; ++k) sum = Combine::add(sum, a[k], b[size_t{k} * call.n]);
    call.out[i] = finish_inline(call.finish, sum);
  }
}

constexpr uint32_t kFewRows = 16;
// Below this many tiles of the large shape a device of today would have idle multiprocessors.
constexpr size_t kEnoughTiles = 128;

size_t tiles(uint32_t m, uint32_t n, uint32_t size) {
  return size_t{(m + size - 1) / size} * ((n + size - 1) / size);
}

template <typename Combine, int kSize, int kRows, int kColumns, bool kAligned>
void launch_tiles(const ProductCall& product, cudaStream_t stream) {
  // All along the grid's first side: the second one holds 65535 tiles, and a row's positions may need more.
  const dim3 grid(static_cast<unsigned>(tiles(product.m, product.n, kSize)));
  launch(product_kernel<Combine, kSize, kRows, kColumns, kAligned>, grid,
         ProductShape<kSize, kRows, kColumns>::kThreads, 0, stream, product);
}

template <typename Combine>
void start_product(const ProductCall& product, cudaStream_t stream) {
  if (product.m <= kFewRows) {
    launch(few_rows_kernel<Combine>, grid_of(size_t{product.m} * product.n, kFewThreads), kFewThreads, 0,
           stream, product);
    return;
  }
  constexpr bool kIsProduct = std::is_same_v<Combine, Multiply>;
  const bool aligned = product.k % kGroup == 0 && product.n % kGroup == 0;
  if constexpr (kIsProduct || std::is_same_v<Combine, SquaredDifference>) {
    if (product.n > 64 && tiles(product.m, product.n, 128) >= kEnoughTiles) {
      if (aligned) return launch_tiles<Combine, 128, 8, 8, true>(product, stream);
      if constexpr (kIsProduct) return launch_tiles<Combine, 128, 8, 8, false>(product, stream);
    }
  }
  if constexpr (kIsProduct) {
    if (aligned) return launch_tiles<Combine, 64, 8, 4, true>(product, stream);
  }
  launch_tiles<Combine, 64, 8, 4, false>(product, stream);
}

}  // namespace

Finish finish_of(const BorealCudaStep& step) {
  return {step.n[1], static_cast<Unary>(step.n[2]), static_cast<float>(step.x[0]),
          static_cast<float>(step.x[1]), static_cast<float>(step.x[2])};
}

void run_product(const StepCall& call) {
  const BorealCudaStep& step = call.step;
  const uint32_t parts = static_cast<uint32_t>(std::max(1, step.n[3]));
  const ProductCall product{
      call.in(0),        call.constant<float>(0), call.constant<float>(1),  call.out(),
      call.rows * parts, step.out_width / parts,  step.in_width[0] / parts, finish_of(step)};
  switch (step.n[0]) {
    case BOREAL_CUDA_SQUARED:
      return start_product<SquaredDifference>(product, call.stream);
    case BOREAL_CUDA_MAGNITUDE:
      return start_product<Magnitude>(product, call.stream);
    case BOREAL_CUDA_LARGEST:
      return start_product<LargestMagnitude>(product, call.stream);
    default:
      return start_product<Multiply>(product, call.stream);
  }
}

}  // namespace cuda
}  // namespace boreal
