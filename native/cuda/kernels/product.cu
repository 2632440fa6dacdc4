// Products of rows with a matrix in float32, and distances of rows from points, which differ in one line.
//
// An element is one chain over k in ascending order that starts from the bias, whichever kernel makes it: the
// choice between them may follow the number of rows, and a row's bits still do not depend on its batch. Tiles
// of A and B go through shared memory, the next ones on their way from memory while the present ones are
// used; a thread keeps a block of the result in registers, in groups that lie apart.
//
// Floor: 2 m n k operations over the peak of float32. For each k a thread of the large tile has 64
// multiply-adds and four loads of 16 bytes from shared memory, for 8 k two from memory and five stores: nine
// instructions of ten are multiply-adds.
#include <type_traits>

#include "cuda/combine.cuh"
#include "cuda/finish.cuh"
#include "cuda/launch.cuh"
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

constexpr int kGroup = 4;  // elements that a thread loads at once

// A tile of kSize x kSize by kThreads threads, each a block of kTile x kTile; a warp is 8 of them wide and 4
// high, so that a load of a group by all its lanes reads 128 bytes of B and 64 of A.
template <int kSize, int kDepth, int kTile>
struct ProductShape {
  static constexpr int kSide = kSize / kTile, kParts = kTile / kGroup;
  static constexpr int kLoads = kSize * kDepth / kGroup / static_cast<int>(kThreads);
  static_assert(kSide * kSide == static_cast<int>(kThreads), "the launch starts kThreads");
  static_assert(kLoads * kGroup * static_cast<int>(kThreads) == kSize * kDepth, "whole loads");
};

// Elements [at, at + 4) of a row of `count`, zeros beyond; kAligned: count is a multiple of 4.
template <bool kAligned>
__device__ __forceinline__ float4 load_group(const float* row, uint32_t at, uint32_t count) {
  if constexpr (kAligned) {
    return at < count ? *reinterpret_cast<const float4*>(row + at) : float4{0, 0, 0, 0};
  }
  return {at < count ? row[at] : 0.0f, at + 1 < count ? row[at + 1] : 0.0f,
          at + 2 < count ? row[at + 2] : 0.0f, at + 3 < count ? row[at + 3] : 0.0f};
}

template <typename Combine, int kSize, int kDepth, int kTile, bool kAligned>
__global__ void __launch_bounds__(kThreads, 2) product_kernel(ProductCall call) {
  using Shape = ProductShape<kSize, kDepth, kTile>;
  constexpr int kGroupsA = kDepth / kGroup, kGroupsB = kSize / kGroup;
  // A is turned on its way; its rows are moved by their k, so that the stores of a warp meet no bank twice.
  __shared__ __align__(16) float a_tile[2][kDepth][kSize];
  __shared__ __align__(16) float b_tile[2][kDepth][kSize];
  const auto turned = [](int row, int kk) { return row ^ kk / kGroup * (32 / kGroupsA); };

  const int thread = static_cast<int>(threadIdx.x), warp = thread / 32, lane = thread % 32;
  const uint32_t column_tiles = (call.n + kSize - 1) / kSize;
  const size_t first_row = size_t{blockIdx.x / column_tiles} * kSize;
  const uint32_t first_col = blockIdx.x % column_tiles * kSize;
  const int tx = warp % 2 * 8 + lane % 8, ty = warp / 2 * 4 + lane / 8;

  float4 a_next[Shape::kLoads] = {}, b_next[Shape::kLoads] = {};
  const auto fetch = [&](uint32_t k0) {
#pragma unroll
    for (int i = 0; i < Shape::kLoads; ++i) {
      const int at = thread + i * static_cast<int>(kThreads);
      const size_t row = first_row + at / kGroupsA;
      a_next[i] = row < call.m
                      ? load_group<kAligned>(call.a + row * call.k, k0 + at % kGroupsA * kGroup, call.k)
                      : float4{0, 0, 0, 0};
      const uint32_t kk = k0 + at / kGroupsB;
      b_next[i] = kk < call.k ? load_group<kAligned>(call.b + size_t{kk} * call.n,
                                                     first_col + at % kGroupsB * kGroup, call.n)
                              : float4{0, 0, 0, 0};
    }
  };
  const auto put = [&](int stage) {
#pragma unroll
    for (int i = 0; i < Shape::kLoads; ++i) {
      const int at = thread + i * static_cast<int>(kThreads), kk = at % kGroupsA * kGroup;
      const int row = turned(at / kGroupsA, kk);
      a_tile[stage][kk][row] = a_next[i].x;
      a_tile[stage][kk + 1][row] = a_next[i].y;
      a_tile[stage][kk + 2][row] = a_next[i].z;
      a_tile[stage][kk + 3][row] = a_next[i].w;
      *reinterpret_cast<float4*>(&b_tile[stage][at / kGroupsB][at % kGroupsB * kGroup]) = b_next[i];
    }
  };
  // First row or column of this thread's group of elements within the tile: its groups lie apart.
  const auto place = [&](int part, int side) { return part * (kSize / Shape::kParts) + side * kGroup; };

  float sum[kTile][kTile];
#pragma unroll
  for (int j = 0; j < kTile; ++j) {
    const uint32_t col = first_col + place(j / kGroup, tx) + j % kGroup;
    const float start = call.start != nullptr && col < call.n ? call.start[col] : 0.0f;
#pragma unroll
    for (int i = 0; i < kTile; ++i) sum[i][j] = start;
  }
  const auto multiply = [&](int stage, int kk) {
    float a[kTile], b[kTile];
#pragma unroll
    for (int part = 0; part < Shape::kParts; ++part) {
      const float4 a4 = *reinterpret_cast<const float4*>(&a_tile[stage][kk][turned(place(part, ty), kk)]);
      const float4 b4 = *reinterpret_cast<const float4*>(&b_tile[stage][kk][place(part, tx)]);
      a[part * kGroup] = a4.x, a[part * kGroup + 1] = a4.y;
      a[part * kGroup + 2] = a4.z, a[part * kGroup + 3] = a4.w;
      b[part * kGroup] = b4.x, b[part * kGroup + 1] = b4.y;
      b[part * kGroup + 2] = b4.z, b[part * kGroup + 3] = b4.w;
    }
#pragma unroll
    for (int i = 0; i < kTile; ++i) {
#pragma unroll
      for (int j = 0; j < kTile; ++j) sum[i][j] = Combine::add(sum[i][j], a[i], b[j]);
    }
  };

  const uint32_t tiles = (call.k + kDepth - 1) / kDepth;
  if (tiles > 0) {
    fetch(0);
    put(0);
  }
  __syncthreads();
  for (uint32_t tile = 0; tile < tiles; ++tile) {
    const int stage = static_cast<int>(tile % 2);
    const uint32_t rest = call.k - tile * kDepth;
    if (tile + 1 < tiles) fetch((tile + 1) * kDepth);
    if (rest >= kDepth) {
#pragma unroll
      for (int kk = 0; kk < kDepth; ++kk) multiply(stage, kk);
    } else {
      // Zeros beyond k would turn a sum of -0 into 0.
      for (uint32_t kk = 0; kk < rest; ++kk) multiply(stage, static_cast<int>(kk));
    }
    if (tile + 1 < tiles) put(1 - stage);
    __syncthreads();
  }

#pragma unroll
  for (int i = 0; i < kTile; ++i) {
    const size_t row = first_row + place(i / kGroup, ty) + i % kGroup;
    if (row >= call.m) continue;
#pragma unroll
    for (int part = 0; part < Shape::kParts; ++part) {
      const uint32_t col = first_col + place(part, tx);
      float y[kGroup];
#pragma unroll
      for (int e = 0; e < kGroup; ++e) y[e] = finish_inline(call.finish, sum[i][part * kGroup + e]);
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

template <typename Combine, int kSize, int kDepth, int kTile, bool kAligned>
void launch_tiles(const ProductCall& product, cudaStream_t stream) {
  // All along the grid's first side: the second one holds 65535 tiles, and a row's positions may need more.
  const dim3 grid(static_cast<unsigned>(tiles(product.m, product.n, kSize)));
  launch(product_kernel<Combine, kSize, kDepth, kTile, kAligned>, grid, kThreads, 0, stream, product);
}

template <typename Combine>
void start_product(const ProductCall& product, cudaStream_t stream) {
  if (product.m <= kFewRows) {
    launch(few_rows_kernel<Combine>, grid_of(size_t{product.m} * product.n, kFewThreads), kFewThreads, 0,
           stream, product);
    return;
  }
  constexpr bool kIsProduct = std::is_same_v<Combine, Multiply>;
  if constexpr (kIsProduct || std::is_same_v<Combine, SquaredDifference>) {
    if (product.n > 64 && tiles(product.m, product.n, 128) >= kEnoughTiles) {
      if (product.k % kGroup == 0 && product.n % kGroup == 0) {
        return launch_tiles<Combine, 128, 8, 8, true>(product, stream);
      }
      if constexpr (kIsProduct) return launch_tiles<Combine, 128, 8, 8, false>(product, stream);
    }
  }
  launch_tiles<Combine, 64, 16, 4, false>(product, stream);
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
