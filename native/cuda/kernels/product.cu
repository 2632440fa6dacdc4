// Products of rows with a matrix in float32, and distances of rows from points, which differ in one line.
//
// An element is one chain over k in ascending order that starts from the bias, whichever kernel makes it: the
// choice between them may follow the number of rows, and a row's bits still do not depend on its batch. Tiles
// of A and B go through shared memory, the next ones on their way from memory while the present ones are
// used; a thread keeps a block of the result in registers, in quarters that lie apart so that the loads of a
// warp meet no bank twice.
#include <type_traits>

#include "cuda/finish.cuh"
#include "cuda/launch.cuh"
#include "cuda/step.cuh"

namespace boreal {
namespace cuda {
namespace {

struct Multiply {
  static __device__ float add(float sum, float a, float b) { return fmaf(a, b, sum); }
};
struct SquaredDifference {
  static __device__ float add(float sum, float a, float b) {
    const float d = a - b;
    return fmaf(d, d, sum);
  }
};
struct Magnitude {
  static __device__ float add(float sum, float a, float b) { return sum + fabsf(a - b); }
};
struct LargestMagnitude {
  // A NaN counts for nothing.
  static __device__ float add(float sum, float a, float b) {
    const float d = fabsf(a - b);
    return d > sum ? d : sum;
  }
};

struct ProductCall {
  const float* a;      // [m, k]
  const float* b;      // [k, n]
  const float* start;  // [n], or null: 0
  float* out;          // [m, n]
  uint32_t m, n, k;
  Finish finish;
};

constexpr int kQuarter = 4;  // elements that a thread loads at once

// A tile of kRows x kCols by kThreads threads, each a block of kTile x kTile.
template <int kRows, int kCols, int kDepth, int kTile>
struct ProductShape {
  static constexpr int kThreadCols = kCols / kTile, kThreadRows = kRows / kTile;
  static constexpr int kSize = kThreadCols * kThreadRows;
  static constexpr int kParts = kTile / kQuarter;
  static constexpr int kLoadsA = kRows * kDepth / kSize, kLoadsB = kDepth * kCols / kSize;
  static_assert(kSize == static_cast<int>(kThreads), "the launch starts kThreads");
  static_assert(kLoadsA * kSize == kRows * kDepth && kLoadsB * kSize == kDepth * kCols, "whole loads");
};

template <typename Combine, int kRows, int kCols, int kDepth, int kTile>
__global__ void __launch_bounds__(kThreads) product_kernel(ProductCall call) {
  using Shape = ProductShape<kRows, kCols, kDepth, kTile>;
  // One more column of A than rows: its transposition would write to few banks otherwise.
  __shared__ __align__(16) float a_tile[2][kDepth][kRows + kQuarter];
  __shared__ __align__(16) float b_tile[2][kDepth][kCols];

  const int thread = static_cast<int>(threadIdx.x);
  const size_t first_row = size_t{blockIdx.y} * kRows, first_col = size_t{blockIdx.x} * kCols;
  const int tx = thread % Shape::kThreadCols, ty = thread / Shape::kThreadCols;

  float a_next[Shape::kLoadsA], b_next[Shape::kLoadsB];
  const auto fetch = [&](uint32_t k0) {
#pragma unroll
    for (int i = 0; i < Shape::kLoadsA; ++i) {
      const int at = thread + i * Shape::kSize, row = at / kDepth, kk = at % kDepth;
      const bool inside = first_row + row < call.m && k0 + kk < call.k;
      a_next[i] = inside ? call.a[(first_row + row) * call.k + k0 + kk] : 0.0f;
    }
#pragma unroll
    for (int i = 0; i < Shape::kLoadsB; ++i) {
      const int at = thread + i * Shape::kSize, kk = at / kCols, col = at % kCols;
      const bool inside = first_col + col < call.n && k0 + kk < call.k;
      b_next[i] = inside ? call.b[size_t{k0 + kk} * call.n + first_col + col] : 0.0f;
    }
  };
  const auto put = [&](int stage) {
#pragma unroll
    for (int i = 0; i < Shape::kLoadsA; ++i) {
      const int at = thread + i * Shape::kSize;
      a_tile[stage][at % kDepth][at / kDepth] = a_next[i];
    }
#pragma unroll
    for (int i = 0; i < Shape::kLoadsB; ++i) {
      const int at = thread + i * Shape::kSize;
      b_tile[stage][at / kCols][at % kCols] = b_next[i];
    }
  };
  // Row or column of this thread's element e within the tile.
  const auto row_of = [&](int e) {
    return e / kQuarter * (kRows / Shape::kParts) + ty * kQuarter + e % kQuarter;
  };
  const auto col_of = [&](int e) {
    return e / kQuarter * (kCols / Shape::kParts) + tx * kQuarter + e % kQuarter;
  };

  float sum[kTile][kTile];
#pragma unroll
  for (int j = 0; j < kTile; ++j) {
    const size_t col = first_col + col_of(j);
    const float start = call.start != nullptr && col < call.n ? call.start[col] : 0.0f;
#pragma unroll
    for (int i = 0; i < kTile; ++i) sum[i][j] = start;
  }
  const auto multiply = [&](int stage, int kk) {
    float a[kTile], b[kTile];
#pragma unroll
    for (int part = 0; part < Shape::kParts; ++part) {
      const float4 a4 = *reinterpret_cast<const float4*>(&a_tile[stage][kk][row_of(part * kQuarter)]);
      const float4 b4 = *reinterpret_cast<const float4*>(&b_tile[stage][kk][col_of(part * kQuarter)]);
      a[part * kQuarter] = a4.x, a[part * kQuarter + 1] = a4.y;
      a[part * kQuarter + 2] = a4.z, a[part * kQuarter + 3] = a4.w;
      b[part * kQuarter] = b4.x, b[part * kQuarter + 1] = b4.y;
      b[part * kQuarter + 2] = b4.z, b[part * kQuarter + 3] = b4.w;
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
    const size_t row = first_row + row_of(i);
    if (row >= call.m) continue;
#pragma unroll
    for (int j = 0; j < kTile; ++j) {
      const size_t col = first_col + col_of(j);
      if (col < call.n) call.out[row * call.n + col] = finish(call.finish, sum[i][j]);
    }
  }
}

// A thread per element: for few rows, whose tiles would be empty.
template <typename Combine>
__global__ void few_rows_kernel(ProductCall call) {
  const size_t count = size_t{call.m} * call.n;
  for (size_t i = first_element(); i < count; i += element_step()) {
    const size_t row = i / call.n, col = i % call.n;
    const float* a = call.a + row * call.k;
    const float* b = call.b + col;
    float sum = call.start != nullptr ? call.start[col] : 0.0f;
#pragma unroll 8
    for (uint32_t k = 0; k < call.k; ++k) sum = Combine::add(sum, a[k], b[size_t{k} * call.n]);
    call.out[i] = finish(call.finish, sum);
  }
}

constexpr uint32_t kFewRows = 16;
// Below this many tiles of the large shape a device of today would have idle multiprocessors.
constexpr size_t kEnoughTiles = 128;

size_t tiles(uint32_t m, uint32_t n, uint32_t size) {
  return size_t{(m + size - 1) / size} * ((n + size - 1) / size);
}

template <typename Combine, int kSize, int kDepth, int kTile>
void launch_tiles(const ProductCall& product, cudaStream_t stream) {
  // Rows may be more than a grid's second side holds: 2^20 rows are 2^14 tiles of 64.
  const dim3 grid((product.n + kSize - 1) / kSize, (product.m + kSize - 1) / kSize);
  launch(product_kernel<Combine, kSize, kSize, kDepth, kTile>, grid, kThreads, 0, stream, product);
}

template <typename Combine>
void start_product(const ProductCall& product, cudaStream_t stream) {
  if (product.m <= kFewRows) {
    launch(few_rows_kernel<Combine>, grid_of(size_t{product.m} * product.n, 64), 64, 0, stream, product);
    return;
  }
  if constexpr (std::is_same_v<Combine, Multiply> || std::is_same_v<Combine, SquaredDifference>) {
    if (product.n > 64 && tiles(product.m, product.n, 128) >= kEnoughTiles) {
      return launch_tiles<Combine, 128, 8, 8>(product, stream);
    }
  }
  launch_tiles<Combine, 64, 16, 4>(product, stream);
}

}  // namespace

void run_product(const StepCall& call) {
  const BorealCudaStep& step = call.step;
  const Finish finish{step.n[1], static_cast<Unary>(step.n[2]), static_cast<float>(step.x[0]),
                      static_cast<float>(step.x[1]), static_cast<float>(step.x[2])};
  const ProductCall product{call.in(0), call.constant<float>(0), call.constant<float>(1), call.out(),
                            call.rows,  step.out_width,          step.in_width[0],        finish};
  switch (step.n[0]) {
    case 1:
      return start_product<SquaredDifference>(product, call.stream);
    case 2:
      return start_product<Magnitude>(product, call.stream);
    case 3:
      return start_product<LargestMagnitude>(product, call.stream);
    default:
      return start_product<Multiply>(product, call.stream);
  }
}

}  // namespace cuda
}  // namespace boreal
