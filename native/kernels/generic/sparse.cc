// The rows of b that a sparse row reads lie anywhere in memory, so each is fetched a few values ahead, and
// some of its columns stay in registers while all values go by.
#include BOREAL_SIMD

#include "kernels/generic/sparse_saga.inl.h"
#include "kernels/generic/unroll.h"
#include "kernels/sparse_kernels.h"

namespace boreal {
namespace {

constexpr size_t kLanes = Vec<double>::kLanes;
constexpr size_t kVectors = 4;  // of columns in registers
constexpr size_t kAhead = 8;
constexpr size_t kLine = 64 / sizeof(double);

inline void fetch(const double* row, size_t cols) {
#if defined(__GNUC__)
  for (size_t j = 0; j < cols; j += kLine) __builtin_prefetch(row + j);
#else
  (void)row;
  (void)cols;
#endif
}

// kWhole vectors of columns, and `rest` < kLanes columns after them.
template <size_t kWhole, bool kRest>
void add_columns(const double* b, size_t bs, const int32_t* columns, const double* x, size_t count,
                 size_t rest, double* y) {
  using V = Vec<double>;
  const V zero = broadcast(0.0);
  V sum[kVectors], last = zero;
  BOREAL_UNROLL
  for (size_t v = 0; v < kWhole; ++v) sum[v] = load(y + v * kLanes);
  if (kRest) last = load(y + kWhole * kLanes, rest, zero);
  for (size_t k = 0; k < count; ++k) {
    if (k + kAhead < count)
      fetch(b + static_cast<size_t>(columns[k + kAhead]) * bs, kWhole * kLanes + (kRest ? rest : 0));
    const double* const row = b + static_cast<size_t>(columns[k]) * bs;
    const V factor = broadcast(x[k]);
    BOREAL_UNROLL
    for (size_t v = 0; v < kWhole; ++v) sum[v] = fma(factor, load(row + v * kLanes), sum[v]);
    if (kRest) last = fma(factor, load(row + kWhole * kLanes, rest, zero), last);
  }
  BOREAL_UNROLL
  for (size_t v = 0; v < kWhole; ++v) store(y + v * kLanes, sum[v]);
  if (kRest) store(y + kWhole * kLanes, last, rest);
}

template <size_t kWhole>
void add_few(const double* b, size_t bs, const int32_t* columns, const double* x, size_t count, size_t cols,
             double* y) {
  const size_t rest = cols - kWhole * kLanes;
  if (rest == 0) return add_columns<kWhole, false>(b, bs, columns, x, count, rest, y);
  add_columns<kWhole, true>(b, bs, columns, x, count, rest, y);
}

void add_rows(const double* b, size_t bs, const int32_t* columns, const double* x, size_t count, size_t cols,
              double* y) noexcept {
  constexpr size_t kStep = kVectors * kLanes;
  // Half a vector at most: loads of a whole one reach into the next line, whatever their mask says.
  if constexpr (kLanes == 8) {
    if (cols <= kLanes / 2) return avx2::kSparse.add_rows(b, bs, columns, x, count, cols, y);
  }
  for (; cols >= kStep; cols -= kStep, b += kStep, y += kStep)
    add_columns<kVectors, false>(b, bs, columns, x, count, 0, y);
  static_assert(kVectors == 4, "a case for each number of vectors that may be left");
  if (cols == 0) return;
  switch (cols / kLanes) {
    case 0:
      return add_few<0>(b, bs, columns, x, count, cols, y);
    case 1:
      return add_few<1>(b, bs, columns, x, count, cols, y);
    case 2:
      return add_few<2>(b, bs, columns, x, count, cols, y);
    default:
      return add_few<3>(b, bs, columns, x, count, cols, y);
  }
}

}  // namespace

namespace BOREAL_ISA {

constexpr SparseKernels kSparse{add_rows, saga_catch_up, saga_step, saga_settle};

}  // namespace BOREAL_ISA
}  // namespace boreal
