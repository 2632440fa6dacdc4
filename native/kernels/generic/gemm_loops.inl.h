// The cache-blocking loops of BLIS in their usual order (columns, k, rows), each side packed where that pays.
// They decide nothing about bits: a sum goes on where the last block of k left it in C.
#pragma once

#include "kernels/generic/gemm_blocks.inl.h"

namespace boreal {
namespace {

// A's block leaves more than half of a second-level cache of 512 KiB to B, B's stays in the third-level one.
template <typename T>
constexpr size_t kBlockRows = (size_t{192} << 10) / (kDepth * sizeof(T)) / kTileRows* kTileRows;
template <typename T>
constexpr size_t kBlockCols = (size_t{2} << 20) / (kDepth * sizeof(T)) / kPanel<T>* kPanel<T>;

constexpr size_t least(size_t a, size_t b) { return a < b ? a : b; }
constexpr size_t round_up(size_t a, size_t b) { return (a + b - 1) / b * b; }

// Whether lines so far apart meet in one set of a first-level cache of 64 sets of 8 lines of 64 bytes, where
// more than 8 of them evict each other before they are used up. Nothing is evicted from what fits as a whole.
constexpr bool collide(size_t stride_bytes) { return stride_bytes % 4096 == 0; }
constexpr size_t kFits = size_t{24} << 10;

struct GemmPlan {
  bool pack_a, pack_b;
  size_t rows, depth, cols;  // of a block
};

template <typename B>
GemmPlan plan_of(const GemmTask<typename B::Value, typename B::Element>& t) {
  using T = typename B::Value;
  GemmPlan plan;
  const size_t a_bytes = t.m * t.k * sizeof(T), b_bytes = t.k * t.n * sizeof(T);
  // Reading B where it lies touches a line or two of each row per panel.
  const size_t b_most = collide(t.b_row * sizeof(T)) ? kFits : kUnpackedB;
  plan.pack_b = !t.b_packed && (t.b_col != 1 || (t.m > 4 * kTileRows && b_bytes > b_most));
  // A tile reads kTileRows lines of a row-major A side by side, of a transposed one a line from each row of
  // it.
  size_t a_most = kUnpackedA;
  if (t.a_col != 1) a_most = size_t{128} << 10;
  if (t.a_col == 1 && kTileRows > 8 && collide(t.a_row * sizeof(T))) a_most = kFits;
  plan.pack_a = B::kPacksA && (t.alpha != T(1) || (a_bytes > a_most && t.n > 4 * kPanel<T>));
  // As many steps in each block of k, in whole rounds of a tile.
  const size_t blocks = (t.k + kDepth - 1) / kDepth;
  plan.depth = blocks <= 1 ? t.k : round_up((t.k + blocks - 1) / blocks, 4);
  plan.rows = least(t.m, kBlockRows<T>);
  plan.cols = least(t.n, kBlockCols<T>);
  if (t.m <= kTileRows && !plan.pack_b) plan.depth = t.b_packed ? t.k : least(t.k, 16);
  if (t.m <= kTileRows && plan.pack_b) plan.cols = least(t.n, 4 * kPanel<T>);
  return plan;
}

template <typename T>
size_t a_elements(const GemmPlan& plan) {
  return plan.pack_a ? round_up(plan.rows * plan.depth, 64 / sizeof(T)) : 0;
}

template <typename B>
size_t workspace(const GemmTask<typename B::Value, typename B::Element>& t) noexcept {
  using T = typename B::Value;
  const GemmPlan plan = plan_of<B>(t);
  size_t cols = plan.pack_b ? round_up(plan.cols, kPanel<T>) : 0;
  if (!t.b_packed && !plan.pack_b && t.n % kLeastWidth<T> != 0) cols = kPanel<T>;  // the last is cut short
  return a_elements<T>(plan) + cols * plan.depth;
}

// C = beta C + bias
template <typename T, typename W>
void scale_rows(const GemmTask<T, W>& t) {
  constexpr size_t kLanes = Vec<T>::kLanes;
  const Vec<T> zero = broadcast(T(0)), beta = broadcast(t.beta);
  for (size_t i = 0; i < t.m; ++i) {
    T* const c = t.c + i * t.c_row;
    for (size_t j = 0; j < t.n; j += kLanes) {
      const size_t count = least(t.n - j, kLanes);
      const bool whole = count == kLanes;
      Vec<T> sum = zero;
      if (t.bias != nullptr) sum = whole ? load(t.bias + j) : load(t.bias + j, count, zero);
      if (t.beta != T(0)) sum = sum + beta * (whole ? load(c + j) : load(c + j, count, zero));
      if (whole) {
        store(c + j, sum);
      } else {
        store(c + j, sum, count);
      }
    }
  }
}

template <typename B>
void multiply(const GemmTask<typename B::Value, typename B::Element>& t,
              typename B::Value* workspace) noexcept {
  using T = typename B::Value;
  if (t.m == 0 || t.n == 0) return;
  const bool nothing = t.k == 0 || t.alpha == T(0);
  const bool scaled = t.beta != T(0) && (t.beta != T(1) || t.bias != nullptr);
  if (nothing || scaled) scale_rows(t);
  if (nothing) {
    if (t.activation != Unary::kIdentity) t.activate(t.activation, t.c, t.c_row, t.c, t.c_row, t.m, t.n);
    return;
  }
  const Start start = t.beta != T(0) ? Start::kC : t.bias != nullptr ? Start::kBias : Start::kZero;
  const GemmPlan plan = plan_of<B>(t);
  T* const packed_a = workspace;
  T* const packed_b = workspace + a_elements<T>(plan);

  for (size_t j = 0, cols; j < t.n; j += cols) {
    cols = least(t.n - j, plan.cols);
    for (size_t p = 0, depth; p < t.k; p += depth) {
      depth = least(t.k - p, plan.depth);
      Block<B> block;
      block.k = depth;
      block.c_row = t.c_row;
      block.start = p == 0 ? start : Start::kC;
      block.activation = p + depth == t.k ? t.activation : Unary::kIdentity;
      block.activate = t.activate;
      // B's columns from `whole` on, and with pack_b all of them, are read from packed_b.
      size_t whole = cols;
      block.b_padded = t.b_packed || plan.pack_b;
      if (t.b_packed) {
        block.b = t.b + j * B::padded(t.k) + p * kPanel<T>;
        block.b_step = kPanel<T>;
        block.b_panel = kPanel<T> * B::padded(t.k);
      } else if constexpr (B::kPlain) {
        const T* const b = t.b + p * t.b_row + j * t.b_col;
        if (!plan.pack_b) whole = cols / kLeastWidth<T> * kLeastWidth<T>;
        block.b = plan.pack_b ? packed_b : b;
        block.b_step = plan.pack_b ? kPanel<T> : t.b_row;
        block.b_panel = plan.pack_b ? kPanel<T> * depth : kPanel<T>;
        if (plan.pack_b) pack_panels(b, t.b_row, t.b_col, depth, cols, packed_b);
        if (whole < cols) pack_panels(b + whole, t.b_row, t.b_col, depth, cols - whole, packed_b);
      }
      for (size_t i = 0; i < t.m; i += block.m) {
        block.m = least(t.m - i, plan.rows);
        block.a = t.a + i * t.a_row + p * t.a_col;
        block.a_layout = t.a_col == 1 ? Layout::kRowMajor : Layout::kColumnMajor;
        block.a_stride = t.a_col == 1 ? t.a_row : t.a_col;
        if (B::kPacksA && plan.pack_a) {
          pack_rows(block.a, t.a_row, t.a_col, block.m, depth, t.alpha, packed_a);
          block.a = packed_a;
          block.a_layout = Layout::kPacked;
        }
        block.n = whole;
        block.c = t.c + i * t.c_row + j;
        block.bias = t.bias == nullptr ? nullptr : t.bias + j;
        multiply_block(block);
        if constexpr (B::kPlain) {
          if (whole == cols) continue;
          Block<B> rest = block;
          rest.n = cols - whole;
          rest.b_padded = true;
          rest.b = packed_b;
          rest.b_step = kPanel<T>;
          rest.c += whole;
          if (t.bias != nullptr) rest.bias += whole;
          multiply_block(rest);
        }
      }
    }
  }
}

}  // namespace
}  // namespace boreal
