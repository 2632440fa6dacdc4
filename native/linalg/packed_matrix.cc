#include "linalg/packed_matrix.h"

#include <algorithm>

#include "base/error.h"
#include "kernels/dispatch_narrow.h"
#include "linalg/gemm_workspace.h"
#include "linalg/product_grid.h"

namespace boreal {
namespace {

template <typename T, typename Weight, typename Input>
GemmTask<T, Weight, Input> make_task(MatrixView<const Input> a, size_t n, MatrixView<T> c,
                                     const GemmOptions<T>& options, const Kernels& isa) {
  GemmTask<T, Weight, Input> task;
  task.m = a.rows;
  task.n = n;
  task.k = a.cols;
  task.a = a.data;
  task.a_row = a.stride;
  task.a_col = 1;
  task.b = nullptr;
  task.b_row = 0;
  task.b_col = 1;
  task.b_packed = true;
  task.c = c.data;
  task.c_row = c.stride;
  task.alpha = options.alpha;
  task.beta = options.beta;
  task.bias = options.bias;
  task.activation = options.activation;
  task.activate = elementwise_kernels<T>(isa).unary;
  return task;
}

// The task's block [i, i + rows) x [j, j + cols), j at a panel, each column of a panel of `depth` elements.
template <typename Task, typename Weight>
Task block_of(Task task, const Weight* packed, size_t depth, size_t i, size_t rows, size_t j, size_t cols) {
  task.m = rows;
  task.n = cols;
  task.a += i * task.a_row;
  task.b = packed + j * depth;
  task.c += i * task.c_row + j;
  if (task.bias != nullptr) task.bias += j;
  return task;
}

template <typename A, typename C>
void check_shapes(size_t k, size_t n, MatrixView<A> a, MatrixView<C> c) {
  if (a.cols != k || c.rows != a.rows || c.cols != n) {
    throw Error("ERR_SHAPE", "The shapes of a product don't fit.");
  }
}

}  // namespace

template <typename T>
PackedMatrix<T>::PackedMatrix(MatrixView<const T> b, bool transpose, const Kernels& isa)
    : isa_(&isa), rows_(transpose ? b.cols : b.rows), cols_(transpose ? b.rows : b.cols) {
  dots_ = gemm_kernels<T>(isa).prefers_dots(rows_, cols_);
  const GemmKernels<T>& kernels = product_kernels();
  const size_t row = transpose ? 1 : b.stride, col = transpose ? b.stride : 1;
  packed_ = AlignedBuffer<T>(dots_ ? rows_ * cols_ : kernels.packed_size(rows_, cols_));
  if (dots_) {
    kernels.pack_dots(b.data, row, col, rows_, cols_, packed_.data());
  } else {
    kernels.pack(b.data, row, col, rows_, cols_, packed_.data());
  }
}

template <typename T>
const GemmKernels<T>& PackedMatrix<T>::product_kernels() const {
  return dots_ ? gemm_kernels<T>(*isa_) : gemm_kernels_for<T>(cols_, *isa_);
}

template <typename T>
void PackedMatrix<T>::multiply(MatrixView<const T> a, MatrixView<T> c, const GemmOptions<T>& options) const {
  check_shapes(rows_, cols_, a, c);
  const GemmKernels<T>& kernels = product_kernels();
  const GemmTask<T> whole = make_task<T, T, T>(a, cols_, c, options, *isa_);
  const ProductShape shape{a.rows, cols_, rows_, kernels.tile_rows, dots_ ? cols_ : kernels.tile_cols, true};
  for_each_block(shape, options.max_threads, options.cancel,
                 [&](size_t i, size_t rows, size_t j, size_t cols) {
                   const GemmTask<T> task = block_of(whole, packed_.data(), rows_, i, rows, j, cols);
                   if (dots_) {
                     kernels.multiply_dots(task);
                   } else {
                     const GemmWorkspace<PackedBlocks, T> workspace(kernels.workspace(task));
                     kernels.multiply(task, workspace.data());
                   }
                 });
}

template class PackedMatrix<float>;
template class PackedMatrix<double>;

PackedBf16Matrix::PackedBf16Matrix(MatrixView<const float> b, bool transpose, const Kernels& isa)
    : isa_(&isa),
      rows_(transpose ? b.cols : b.rows),
      cols_(transpose ? b.rows : b.cols),
      packed_(isa.bf16.packed_size(rows_, cols_)) {
  isa.bf16.pack(b.data, transpose ? 1 : b.stride, transpose ? b.stride : 1, rows_, cols_, packed_.data());
}

void PackedBf16Matrix::multiply(MatrixView<const float> a, MatrixView<float> c,
                                const GemmOptions<float>& options) const {
  check_shapes(rows_, cols_, a, c);
  const Bf16Kernels& kernels = isa_->bf16;
  const auto whole = make_task<float, uint16_t, float>(a, cols_, c, options, *isa_);
  const size_t depth = rows_ + rows_ % 2;
  const ProductShape shape{a.rows, cols_, rows_, kernels.tile_rows, kernels.tile_cols, true};
  for_each_block(shape, options.max_threads, options.cancel,
                 [&](size_t i, size_t rows, size_t j, size_t cols) {
                   const auto task = block_of(whole, packed_.data(), depth, i, rows, j, cols);
                   const GemmWorkspace<PackedBlocks, float> workspace(kernels.workspace(task));
                   kernels.multiply(task, workspace.data());
                 });
}

void PackedBf16Matrix::multiply(MatrixView<const uint16_t> a, MatrixView<float> c,
                                const GemmOptions<float>& options) const {
  check_shapes(rows_, cols_, a, c);
  if (options.alpha != 1) throw Error("ERR_PARAMETER", "A product of bfloat16 matrices has no factor alpha.");
  const Bf16Kernels& kernels = isa_->bf16;
  if (kernels.multiply_bf16 == nullptr) {
    AlignedBuffer<float> wide(a.rows * a.cols);
    for (size_t i = 0; i < a.rows; ++i) kernels.to_float(a.row(i), wide.data() + i * a.cols, a.cols);
    return multiply(dense_view<const float>(wide.data(), a.rows, a.cols), c, options);
  }
  const auto whole = make_task<float, uint16_t, uint16_t>(a, cols_, c, options, *isa_);
  const size_t depth = rows_ + rows_ % 2;
  const ProductShape shape{a.rows, cols_, rows_, kernels.tile_rows, kernels.tile_cols, true};
  for_each_block(shape, options.max_threads, options.cancel,
                 [&](size_t i, size_t rows, size_t j, size_t cols) {
                   const auto task = block_of(whole, packed_.data(), depth, i, rows, j, cols);
                   const GemmWorkspace<PackedBlocks, float> workspace(kernels.workspace_bf16(task));
                   kernels.multiply_bf16(task, workspace.data());
                 });
}

}  // namespace boreal
