#include "linalg/elementwise.h"

#include "base/error.h"
#include "kernels/dispatch.h"
#include "linalg/blocks.h"

namespace boreal {
namespace {

// Elements of one task: about 30 microseconds, several times what handing it to a thread costs.
constexpr size_t kCheap = 64 << 10;   // bound by memory
constexpr size_t kCostly = 16 << 10;  // exp and the like

size_t task_size(Unary f) {
  switch (f) {
    case Unary::kSigmoid:
    case Unary::kTanh:
    case Unary::kExp:
    case Unary::kExpm1:
    case Unary::kLog:
    case Unary::kLog1p:
    case Unary::kErf:
    case Unary::kGelu:
    case Unary::kSilu:
    case Unary::kSoftplus:
      return kCostly;
    default:
      return kCheap;
  }
}

[[noreturn]] void shapes_differ() { throw Error("ERR_SHAPE", "The shapes of the operands don't fit."); }

template <typename T, typename U>
void require_same_shape(const MatrixView<T>& x, const MatrixView<U>& y) {
  if (x.rows != y.rows || x.cols != y.cols) shapes_differ();
}

// A dense matrix is one row to whatever treats all elements alike.
template <typename T>
MatrixView<T> flat(MatrixView<T> x) {
  return {x.data, 1, x.rows * x.cols, x.rows * x.cols};
}
template <typename T, typename U>
bool both_dense(const MatrixView<T>& x, const MatrixView<U>& y) {
  return x.stride == x.cols && y.stride == y.cols && x.rows > 1;
}

template <typename T>
Operand<T> operand(MatrixView<const T> x, MatrixView<T> y) {
  if ((x.rows != y.rows && x.rows != 1) || (x.cols != y.cols && x.cols != 1)) shapes_differ();
  return {x.data, x.rows == 1 ? 0 : x.stride, x.cols == 1 ? size_t{0} : size_t{1}};
}

template <typename T>
Operand<T> shifted(const Operand<T>& x, const Block& block) {
  return {x.data + block.row_begin * x.row_step + block.col_begin * x.col_step, x.row_step, x.col_step};
}

template <typename T>
void run_softmax(bool log, MatrixView<const T> x, Axis axis, MatrixView<T> y, const RunOptions& options) {
  require_same_shape(x, y);
  const ElementwiseKernels<T>& k = elementwise_kernels<T>(kernels());
  if (axis == Axis::kCols) {
    const Partition rows{x.rows, std::max<size_t>(1, kCostly / std::max<size_t>(1, x.cols))};
    run_tasks(x.cols == 0 ? 0 : rows.count(), options, [&](size_t task) {
      const Block block{rows.begin(task), rows.end(task), 0, x.cols};
      const MatrixView<const T> from = block_of(x, block);
      const MatrixView<T> to = block_of(y, block);
      k.softmax_rows(log, from.data, from.stride, to.data, to.stride, from.rows, from.cols);
    });
    return;
  }
  const size_t width = std::max<size_t>(128, kCostly / std::max<size_t>(1, x.rows) / 64 * 64);
  const Partition cols{x.cols, width};
  run_tasks(x.rows == 0 ? 0 : cols.count(), options, [&](size_t task) {
    const Block block{0, x.rows, cols.begin(task), cols.end(task)};
    const MatrixView<const T> from = block_of(x, block);
    const MatrixView<T> to = block_of(y, block);
    k.softmax_cols(log, from.data, from.stride, to.data, to.stride, from.rows, from.cols);
  });
}

template <typename From, typename To>
void run_convert(void (*kernel)(const From*, size_t, To*, size_t, size_t, size_t) noexcept,
                 MatrixView<const From> x, MatrixView<To> y, const RunOptions& options) {
  require_same_shape(x, y);
  if (both_dense(x, y)) {
    x = flat(x);
    y = flat(y);
  }
  run_blocks(y.rows, y.cols, kCheap, options, [&](const Block& block) {
    const MatrixView<const From> from = block_of(x, block);
    const MatrixView<To> to = block_of(y, block);
    kernel(from.data, from.stride, to.data, to.stride, to.rows, to.cols);
  });
}

}  // namespace

template <typename T>
void apply_unary(Unary f, MatrixView<const T> x, MatrixView<T> y, const RunOptions& options) {
  require_same_shape(x, y);
  if (both_dense(x, y)) {
    x = flat(x);
    y = flat(y);
  }
  const auto kernel = elementwise_kernels<T>(kernels()).unary;
  run_blocks(y.rows, y.cols, task_size(f), options, [&](const Block& block) {
    const MatrixView<const T> from = block_of(x, block);
    const MatrixView<T> to = block_of(y, block);
    kernel(f, from.data, from.stride, to.data, to.stride, to.rows, to.cols);
  });
}

template <typename T>
void apply_binary(Binary f, MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> y,
                  const RunOptions& options) {
  Operand<T> left = operand(a, y), right = operand(b, y);
  const auto spans_all = [&](const Operand<T>& x) {  // one run of elements, or one element
    return x.col_step == 1 ? x.row_step == y.cols : x.row_step == 0;
  };
  if (y.stride == y.cols && spans_all(left) && spans_all(right)) y = flat(y);
  const auto kernel = elementwise_kernels<T>(kernels()).binary;
  run_blocks(y.rows, y.cols, f == Binary::kPow ? kCostly : kCheap, options, [&](const Block& block) {
    const MatrixView<T> to = block_of(y, block);
    kernel(f, shifted(left, block), shifted(right, block), to.data, to.stride, to.rows, to.cols);
  });
}

template <typename T>
void softmax(MatrixView<const T> x, Axis axis, MatrixView<T> y, const RunOptions& options) {
  run_softmax(false, x, axis, y, options);
}

template <typename T>
void log_softmax(MatrixView<const T> x, Axis axis, MatrixView<T> y, const RunOptions& options) {
  run_softmax(true, x, axis, y, options);
}

template <typename T>
void transpose(MatrixView<const T> x, MatrixView<T> y, const RunOptions& options) {
  if (x.rows != y.cols || x.cols != y.rows) shapes_differ();
  constexpr size_t kSide = 256;  // of a block: whole tiles, and both sides stay in the L2 cache
  const Partition rows{x.rows, kSide}, cols{x.cols, kSide};
  const auto kernel = elementwise_kernels<T>(kernels()).transpose;
  run_tasks(rows.count() * cols.count(), options, [&](size_t task) {
    const size_t i = task / cols.count(), j = task % cols.count();
    const MatrixView<const T> from = block_of(x, {rows.begin(i), rows.end(i), cols.begin(j), cols.end(j)});
    kernel(from.data, from.stride, &y.at(cols.begin(j), rows.begin(i)), y.stride, from.rows, from.cols);
  });
}

void convert(MatrixView<const float> x, MatrixView<double> y, const RunOptions& options) {
  run_convert(kernels().convert.to_f64, x, y, options);
}

void convert(MatrixView<const double> x, MatrixView<float> y, const RunOptions& options) {
  run_convert(kernels().convert.to_f32, x, y, options);
}

#define BOREAL_INSTANTIATE(T)                                                                 \
  template void apply_unary(Unary, MatrixView<const T>, MatrixView<T>, const RunOptions&);    \
  template void apply_binary(Binary, MatrixView<const T>, MatrixView<const T>, MatrixView<T>, \
                             const RunOptions&);                                              \
  template void softmax(MatrixView<const T>, Axis, MatrixView<T>, const RunOptions&);         \
  template void log_softmax(MatrixView<const T>, Axis, MatrixView<T>, const RunOptions&);     \
  template void transpose(MatrixView<const T>, MatrixView<T>, const RunOptions&);
BOREAL_INSTANTIATE(float)
BOREAL_INSTANTIATE(double)
#undef BOREAL_INSTANTIATE

}  // namespace boreal
