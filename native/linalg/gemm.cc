#include "linalg/gemm.h"

#include <algorithm>

#include "base/error.h"
#include "kernels/dispatch.h"
#include "kernels/dispatch_narrow.h"
#include "linalg/gemm_workspace.h"
#include "linalg/product_grid.h"

namespace boreal {
namespace {

// C^T = B^T A^T by rows of A as it lies, for a transposed A and few columns: A would else be broadcast value
// by value for vectors that are mostly padding. C^T is made aside.
template <typename T>
void multiply_swapped(const GemmKernels<T>& kernels, const GemmTask<T>& task) {
  constexpr size_t kStrip = 512;
  const GemmWorkspace<SwappedResult, T> result(task.n * kStrip);
  T* const aside = result.data();
  for (size_t i = 0; i < task.m; i += kStrip) {
    const size_t rows = std::min(kStrip, task.m - i);
    T* const c = task.c + i * task.c_row;
    for (size_t j = 0; j < task.n; ++j) {
      const T bias = task.bias == nullptr ? T(0) : task.bias[j];
      for (size_t r = 0; r < rows; ++r) {
        aside[j * rows + r] = task.beta == T(0) ? bias : bias + task.beta * c[r * task.c_row + j];
      }
    }
    const GemmTask<T> swapped{
        task.n, rows,  task.k, task.b,     task.b_col, task.b_row, task.a + i,       task.a_col,   1,
        false,  aside, rows,   task.alpha, 1,          nullptr,    Unary::kIdentity, task.activate};
    const GemmWorkspace<PackedBlocks, T> workspace(kernels.workspace(swapped));
    kernels.multiply(swapped, workspace.data());
    for (size_t r = 0; r < rows; ++r) {
      for (size_t j = 0; j < task.n; ++j) c[r * task.c_row + j] = aside[j * rows + r];
    }
    if (task.activation != Unary::kIdentity) {
      task.activate(task.activation, c, task.c_row, c, task.c_row, rows, task.n);
    }
  }
}

}  // namespace

template <typename T>
void gemm(MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> c, const GemmOptions<T>& options) {
  const size_t m = options.transpose_a ? a.cols : a.rows, k = options.transpose_a ? a.rows : a.cols;
  const size_t n = options.transpose_b ? b.rows : b.cols, kb = options.transpose_b ? b.cols : b.rows;
  if (k != kb || c.rows != m || c.cols != n) throw Error("ERR_SHAPE", "The shapes of a product don't fit.");
  const Kernels& isa = options.kernels != nullptr ? *options.kernels : kernels();
  const GemmTask<T> whole{m,
                          n,
                          k,
                          a.data,
                          options.transpose_a ? 1 : a.stride,
                          options.transpose_a ? a.stride : 1,
                          b.data,
                          options.transpose_b ? 1 : b.stride,
                          options.transpose_b ? b.stride : 1,
                          false,
                          c.data,
                          c.stride,
                          options.alpha,
                          options.beta,
                          options.bias,
                          options.activation,
                          elementwise_kernels<T>(isa).unary};
  const GemmKernels<T>& wide = gemm_kernels<T>(isa);
  const bool dots = !options.transpose_a && wide.prefers_dots(k, std::max(n, options.whole_cols));
  // A factor other than these would round elsewhere; which way is taken must not show.
  const bool swapped =
      options.transpose_a && n <= wide.tile_cols / 4 && (options.alpha == T(1) || options.alpha == T(-1));
  const GemmKernels<T>& table = dots || swapped ? wide : gemm_kernels_for<T>(n, isa);
  ProductShape shape{m, n, k, table.tile_rows, table.tile_cols, false};
  // Dot products want whole columns.
  const GemmWorkspace<PackedColumns, T> columns(dots && whole.b_row != 1 ? k * n : 0);
  if (dots && whole.b_row != 1) table.pack_dots(b.data, whole.b_row, whole.b_col, k, n, columns.data());
  if (dots || swapped) shape.tile_cols = n;
  for_each_block(shape, options.max_threads, options.cancel,
                 [&](size_t i, size_t rows, size_t j, size_t cols) {
                   GemmTask<T> task = whole;
                   task.m = rows;
                   task.n = cols;
                   task.a += i * task.a_row;
                   task.b += j * task.b_col;
                   task.c += i * task.c_row + j;
                   if (task.bias != nullptr) task.bias += j;
                   if (dots) {
                     task.b_col = whole.b_row == 1 ? whole.b_col : k;
                     if (whole.b_row != 1) task.b = columns.data();
                     table.multiply_dots(task);
                   } else if (swapped) {
                     multiply_swapped(table, task);
                   } else {
                     const GemmWorkspace<PackedBlocks, T> workspace(table.workspace(task));
                     table.multiply(task, workspace.data());
                   }
                 });
}

template void gemm(MatrixView<const float>, MatrixView<const float>, MatrixView<float>,
                   const GemmOptions<float>&);
template void gemm(MatrixView<const double>, MatrixView<const double>, MatrixView<double>,
                   const GemmOptions<double>&);

}  // namespace boreal
