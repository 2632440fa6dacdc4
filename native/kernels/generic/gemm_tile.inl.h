// The register tile: R rows x V vectors of C stay in registers while k passes, one fma per vector, row and
// step; B is read by vectors, A by broadcasts. Unrolled by 4: without it the loop's own instructions cost up
// to a third. R x V >= 8 keeps two pipes of latency 4 busy, so few rows take several panels of columns at
// once.
#pragma once

#include "kernels/gemm_kernels.h"
#include "kernels/generic/unroll.h"

namespace boreal {
namespace {

template <typename T>
constexpr size_t kPanel = kTileVectors* Vec<T>::kLanes;  // columns of a panel of B
constexpr size_t kTileSums = kTileRows * kTileVectors;
// Columns that a tile can be wide: a vector where that halves a panel (the last columns, and the 10 or 16 of
// a small product), else whole panels.
constexpr bool kHalfPanels = kTileVectors == 2;
template <typename T>
constexpr size_t kLeastWidth = kHalfPanels ? Vec<T>::kLanes : kPanel<T>;

// Panels that a tile of so many rows covers when it is alone with its columns.
constexpr size_t tile_panels(size_t rows) {
  size_t panels = 4;
  while (panels > 1 && panels * rows * kTileVectors > kTileSums) panels /= 2;
  return panels;
}

enum class Start { kZero, kBias, kC };
// How a tile reads A: by rows or by columns; or as pack_rows made it, and B as pack_panels did. Then the
// steps are constants: kept in registers they would spill, and each spill is a load among those that feed the
// fmas.
enum class Layout { kPacked, kRowMajor, kColumnMajor };

// Rows of A that one pointer serves where A is read by rows. x86 addresses base, base + stride and
// base + 2 stride in one instruction: a pointer for each of a dozen rows would not fit its registers.
#if defined(__x86_64__)
constexpr size_t kPointerRows = 3;
#else
constexpr size_t kPointerRows = 1;
#endif

template <typename B>
struct Tile {
  using T = typename B::Value;
  const T* a;
  size_t a_row, a_step;  // element (r, p) of A at a[r * a_row + p * a_step]
  const typename B::Element* b;
  size_t b_step;   // from one row of B to the next (see B)
  size_t b_panel;  // from one panel of B to the next
  size_t k;
  T* c;
  size_t c_row;
  const T* bias;
  Start start;
};

// How a tile reads B and adds to its sums. Plain: B as it is, row p at b + p * b_step.
template <typename T>
struct Plain {
  using Value = T;
  using Element = T;
  static constexpr bool kPlain = true;                    // what pack_panels makes of a matrix of T
  static constexpr bool kPacksA = true;                   // A is numbers, which pack_rows may scale
  static constexpr size_t padded(size_t k) { return k; }  // rows of a packed panel
  static const T* advance(const T* b, size_t steps, size_t b_step) { return b + steps * b_step; }
  // Vector v of the row kStep (< 4) after b.
  template <size_t kStep>
  static Vec<T> row(const T* b, size_t b_step, size_t v) {
    return load(b + kStep * b_step + v * Vec<T>::kLanes);
  }
  static void add(Vec<T>& sum, Vec<T> a, Vec<T> b) { add_product(sum, a, b); }
};

// One step of k, the kStep-th (< 4) of a round: sum[r][v] += A[r, p] B[p, v]. Where the distances to the next
// step are constants, the pointers stay for a round; else they move on, each by an addition of its own: four
// steps' worth of addresses would spill.
template <typename B, size_t R, size_t P, size_t N, Layout kLayout, size_t kStep, typename V,
          size_t kPointers>
BOREAL_INLINE void tile_step(V (&sum)[R][P * N], const typename B::Value* (&a)[kPointers], size_t a_row,
                             size_t a_step, const typename B::Element* (&b)[P], size_t b_step) {
  constexpr bool kPacked = kLayout == Layout::kPacked, kRowMajor = kLayout == Layout::kRowMajor;
  constexpr bool kMovesB = !kPacked && B::kPlain;
  V column[P * N];
  BOREAL_UNROLL
  for (size_t p = 0; p < P; ++p) {
    BOREAL_UNROLL
    for (size_t v = 0; v < N; ++v) {
      column[p * N + v] = B::template row < kMovesB ? 0 : kStep > (b[p], b_step, v);
    }
    if (kMovesB) keep(b[p] = B::advance(b[p], 1, b_step));
  }
  BOREAL_UNROLL
  for (size_t r = 0; r < R; ++r) {
    const V value = broadcast(kRowMajor ? a[r / kPointerRows][r % kPointerRows * a_row]
                                        : a[0][(kPacked ? kStep * R : 0) + r]);
    BOREAL_UNROLL
    for (size_t v = 0; v < P * N; ++v) B::add(sum[r][v], value, column[v]);
  }
  if (kPacked) return;
  BOREAL_UNROLL
  for (size_t i = 0; i < kPointers; ++i) keep(a[i] += kRowMajor ? 1 : a_step);
}

// C[R, P panels, of each N vectors] = start + A B. By rows a_step is 1, else a_row is. Where N is not all of
// a panel P is 1.
template <typename B, size_t R, size_t P, size_t N, Layout kLayout>
BOREAL_NOINLINE void multiply_tile(const Tile<B>& t) {
  using T = typename B::Value;
  constexpr size_t kLanes = Vec<T>::kLanes, V = P * N;
  constexpr bool kPacked = kLayout == Layout::kPacked, kRowMajor = kLayout == Layout::kRowMajor;
  constexpr size_t kPointers = kRowMajor ? (R + kPointerRows - 1) / kPointerRows : 1;
  const T* a[kPointers];
  const typename B::Element* b[P];
  const size_t a_row = t.a_row, a_step = t.a_step;
  const size_t b_step = kPacked || !B::kPlain ? kPanel<T> : t.b_step;
  Vec<T> sum[R][V];
  BOREAL_UNROLL
  for (size_t i = 0; i < kPointers; ++i) a[i] = t.a + i * kPointerRows * a_row;
  BOREAL_UNROLL
  for (size_t p = 0; p < P; ++p) b[p] = t.b + p * t.b_panel;
  BOREAL_UNROLL
  for (size_t r = 0; r < R; ++r) {
    BOREAL_UNROLL
    for (size_t v = 0; v < V; ++v) sum[r][v] = broadcast(T(0));
  }
  if (R == kTileRows) {
    // The rows of C that the next tile starts from: its first fma would wait for them.
    BOREAL_UNROLL
    for (size_t r = 0; r < R; ++r) {
      prefetch(t.c + (R + r) * t.c_row);
      prefetch(t.c + (R + r) * t.c_row + V * kLanes - 1);
    }
  }
  if (t.start == Start::kC) {
    BOREAL_UNROLL
    for (size_t r = 0; r < R; ++r) {
      BOREAL_UNROLL
      for (size_t v = 0; v < V; ++v) sum[r][v] = load(t.c + r * t.c_row + v * kLanes);
    }
  } else if (t.start == Start::kBias) {
    BOREAL_UNROLL
    for (size_t v = 0; v < V; ++v) {
      const Vec<T> bias = load(t.bias + v * kLanes);
      BOREAL_UNROLL
      for (size_t r = 0; r < R; ++r) sum[r][v] = bias;
    }
  }
  size_t p = 0;
  for (; p + 4 <= t.k; p += 4) {
    tile_step<B, R, P, N, kLayout, 0>(sum, a, a_row, a_step, b, b_step);
    tile_step<B, R, P, N, kLayout, 1>(sum, a, a_row, a_step, b, b_step);
    tile_step<B, R, P, N, kLayout, 2>(sum, a, a_row, a_step, b, b_step);
    tile_step<B, R, P, N, kLayout, 3>(sum, a, a_row, a_step, b, b_step);
    if (kPacked) a[0] += 4 * R;
    if (kPacked || !B::kPlain) {
      BOREAL_UNROLL
      for (size_t q = 0; q < P; ++q) b[q] = B::advance(b[q], 4, b_step);
    }
  }
  if (p < t.k) tile_step<B, R, P, N, kLayout, 0>(sum, a, a_row, a_step, b, b_step);
  if (p + 1 < t.k) tile_step<B, R, P, N, kLayout, 1>(sum, a, a_row, a_step, b, b_step);
  if (p + 2 < t.k) tile_step<B, R, P, N, kLayout, 2>(sum, a, a_row, a_step, b, b_step);
  BOREAL_UNROLL
  for (size_t r = 0; r < R; ++r) {
    BOREAL_UNROLL
    for (size_t v = 0; v < V; ++v) store(t.c + r * t.c_row + v * kLanes, sum[r][v]);
  }
}

}  // namespace
}  // namespace boreal
