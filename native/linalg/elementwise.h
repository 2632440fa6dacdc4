// Elementwise arithmetic, reductions and data movement of whole matrices: the kernels over the thread pool.
// Work is cut by shape alone, so results do not depend on the number of threads. Small work runs on the
// calling thread and allocates nothing. Throws ERR_SHAPE when shapes don't fit, ERR_ABORTED when cancelled
// (the result is then unspecified).
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/cancel.h"
#include "base/matrix_view.h"
#include "kernels/kernels.h"

namespace boreal {

struct RunOptions {
  size_t max_threads = 0;  // 0: all of the pool, as far as the work is worth it
  const CancelToken* cancel = nullptr;
};

// y = f(x), same shape; y may be x itself.
template <typename T>
void apply_unary(Unary f, const MatrixView<const T>& x, const MatrixView<T>& y,
                 const RunOptions& options = {});

// y[i,j] = f(a[i,j], b[i,j]). a and b each have the rows of y or one row, the columns of y or one column,
// and are repeated along what they have one of. y may be a or b itself where that has y's shape.
template <typename T>
void apply_binary(Binary f, const MatrixView<const T>& a, const MatrixView<const T>& b,
                  const MatrixView<T>& y, const RunOptions& options = {});

enum class Axis : int32_t { kRows = 0, kCols = 1, kAll = 2 };  // what is summed over, as numpy numbers them

// Each row (kCols) or column (kRows) of y = exp(x - max) / sum; log_softmax: x - max - log sum. Not kAll. One
// with a NaN becomes all NaN. y may be x itself.
template <typename T>
void softmax(const MatrixView<const T>& x, Axis axis, const MatrixView<T>& y, const RunOptions& options = {});
template <typename T>
void log_softmax(const MatrixView<const T>& x, Axis axis, const MatrixView<T>& y,
                 const RunOptions& options = {});

// kVariance divides by count - ddof (infinite or NaN where that is <= 0). kNorm1, kNorm2, kNormMax are of the
// vector of the values reduced, without overflow or underflow on the way.
enum class Reduction : int32_t {
  kSum = 0,
  kMean = 1,
  kVariance = 2,
  kMin = 3,
  kMax = 4,
  kProduct = 5,
  kNorm1 = 6,
  kNorm2 = 7,
  kNormMax = 8,
};
constexpr int32_t kReductionCount = 9;
// out: [cols] for kRows, [rows] for kCols, [1] for kAll; it must not overlap x. Sums are pairwise in the type
// of x: the error bound grows with the logarithm of the count. Variance takes two passes over each part and
// merges parts by Chan, Golub & LeVeque. NaN propagates. Throws ERR_EMPTY for kMin and kMax of nothing; mean
// and variance of nothing are NaN, a sum and a norm 0, a product 1.
template <typename T>
void reduce(Reduction f, Axis axis, const MatrixView<const T>& x, double ddof, T* out,
            const RunOptions& options = {});

// out[...] = index of the first smallest (or largest) value, the first NaN before all (numpy's rule); kAll
// gives i * cols + j. Throws ERR_EMPTY for nothing.
template <typename T>
void arg_reduce(bool largest, Axis axis, const MatrixView<const T>& x, int64_t* out,
                const RunOptions& options = {});

// y[j,i] = x[i,j]; y must not overlap x.
template <typename T>
void transpose(const MatrixView<const T>& x, const MatrixView<T>& y, const RunOptions& options = {});

// y = x in the other precision, rounded to nearest even; y must not overlap x.
void convert(const MatrixView<const float>& x, const MatrixView<double>& y, const RunOptions& options = {});
void convert(const MatrixView<const double>& x, const MatrixView<float>& y, const RunOptions& options = {});

}  // namespace boreal
