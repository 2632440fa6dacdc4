// Elementwise arithmetic and reductions of whole matrices: the kernels over the thread pool. Work is cut by
// shape alone, so results do not depend on the number of threads.
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
void apply_unary(Unary f, MatrixView<const T> x, MatrixView<T> y, const RunOptions& options = {});

// y[i,j] = f(a[i,j], b[i,j]). a and b each have the rows of y or one row, the columns of y or one column,
// and are repeated along what they have one of. y may be a or b itself where that has y's shape.
template <typename T>
void apply_binary(Binary f, MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> y,
                  const RunOptions& options = {});

// Each row (axis 1) or column (axis 0) of y = exp(x - max) / sum. y may be x itself.
template <typename T>
void softmax(MatrixView<const T> x, int axis, MatrixView<T> y, const RunOptions& options = {});

enum class Axis : int32_t { kRows = 0, kCols = 1, kAll = 2 };  // what is summed over, as numpy numbers them

// kVariance divides by count - ddof. kNorm1, kNorm2, kNormMax are of the vector of the values reduced,
// without overflow or underflow on the way.
enum class Reduction : int32_t { kSum, kMean, kVariance, kMin, kMax, kProduct, kNorm1, kNorm2, kNormMax };
// out: [cols] for kRows, [rows] for kCols, [1] for kAll. Sums are pairwise, variance is two-pass, both in
// the type of x or wider. NaN propagates. Throws ERR_EMPTY for kMin and kMax of nothing; a mean of nothing is
// NaN, a sum 0, a product 1.
template <typename T>
void reduce(Reduction f, Axis axis, MatrixView<const T> x, double ddof, T* out,
            const RunOptions& options = {});

// out[...] = index of the first smallest (or largest) value, the first NaN before all (numpy's rule); kAll
// gives i * cols + j. Throws ERR_EMPTY for nothing.
template <typename T>
void arg_reduce(bool largest, Axis axis, MatrixView<const T> x, int64_t* out, const RunOptions& options = {});

}  // namespace boreal
