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
    case Unary::kSinPi:
    case Unary::kCosPi:
    case Unary::kNormalQuantile:
      return kCostly;
    default:
      return kCheap;
  }
}

[[noreturn]] void shapes_differ() { throw Error("ERR_SHAPE", "The shapes of the operands don't fit."); }

// A dense matrix is one row to whatever treats all elements alike.
template <typename T>
MatrixView<T> flat(const MatrixView<T>& x) {
  return {x.data, 1, x.rows * x.cols, x.rows * x.cols};
}

template <typename T>
Operand<T> operand(const MatrixView<const T>& x, const MatrixView<T>& y) {
  if ((x.rows != y.rows && x.rows != 1) || (x.cols != y.cols && x.cols != 1)) shapes_differ();
  return {x.data, x.rows == 1 ? 0 : x.stride, x.cols == 1 ? size_t{0} : size_t{1}};
}

template <typename T>
Operand<T> shifted(const Operand<T>& x, const Block& block) {
  return {x.data + block.row_begin * x.row_step + block.col_begin * x.col_step, x.row_step, x.col_step};
}

template <typename T>
void run_softmax(bool log, const MatrixView<const T>& x, Axis axis, const MatrixView<T>& y,
                 const RunOptions& options) {
  if (x.rows != y.rows || x.cols != y.cols) shapes_differ();
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

// kernel(x, y) of blocks of about `elements`, for a kernel that treats each element alike.
template <typename From, typename To, typename Kernel>
void map_elements(const MatrixView<const From>& x, const MatrixView<To>& y, size_t elements,
                  const RunOptions& options, const Kernel& kernel) {
  if (x.rows != y.rows || x.cols != y.cols) shapes_differ();
  if (y.rows * y.cols <= elements) {
    check_cancel(options.cancel);
    return kernel(x, y);
  }
  const bool dense = x.stride == x.cols && y.stride == y.cols;
  const MatrixView<const From> from = dense ? flat(x) : x;
  const MatrixView<To> to = dense ? flat(y) : y;
  run_blocks(Blocks(to.rows, to.cols, elements), options,
             [&](const Block& block) { kernel(block_of(from, block), block_of(to, block)); });
}

}  // namespace

template <typename T>
void apply_unary(Unary f, const MatrixView<const T>& x, const MatrixView<T>& y, const RunOptions& options) {
  const auto kernel = elementwise_kernels<T>(kernels()).unary;
  map_elements(x, y, task_size(f), options, [&](const MatrixView<const T>& from, const MatrixView<T>& to) {
    kernel(f, from.data, from.stride, to.data, to.stride, to.rows, to.cols);
  });
}

template <typename T>
void apply_binary(Binary f, const MatrixView<const T>& a, const MatrixView<const T>& b,
                  const MatrixView<T>& y, const RunOptions& options) {
  const Operand<T> left = operand(a, y), right = operand(b, y);
  const size_t elements = f == Binary::kPow ? kCostly : kCheap;
  const auto kernel = elementwise_kernels<T>(kernels()).binary;
  if (y.rows * y.cols <= elements) {
    check_cancel(options.cancel);
    return kernel(f, left, right, y.data, y.stride, y.rows, y.cols);
  }
  const auto spans_all = [&](const Operand<T>& x) {  // one run of elements, or one element
    return x.col_step == 1 ? x.row_step == y.cols : x.row_step == 0;
  };
  const MatrixView<T> to = y.stride == y.cols && spans_all(left) && spans_all(right) ? flat(y) : y;
  run_blocks(Blocks(to.rows, to.cols, elements), options, [&](const Block& block) {
    const MatrixView<T> part = block_of(to, block);
    kernel(f, shifted(left, block), shifted(right, block), part.data, part.stride, part.rows, part.cols);
  });
}

template <typename T>
void softmax(const MatrixView<const T>& x, Axis axis, const MatrixView<T>& y, const RunOptions& options) {
  run_softmax(false, x, axis, y, options);
}

template <typename T>
void log_softmax(const MatrixView<const T>& x, Axis axis, const MatrixView<T>& y, const RunOptions& options) {
  run_softmax(true, x, axis, y, options);
}

template <typename T>
void transpose(const MatrixView<const T>& x, const MatrixView<T>& y, const RunOptions& options) {
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

void convert(const MatrixView<const float>& x, const MatrixView<double>& y, const RunOptions& options) {
  const auto kernel = kernels().convert.to_f64;
  map_elements(x, y, kCheap, options, [&](const MatrixView<const float>& from, const MatrixView<double>& to) {
    kernel(from.data, from.stride, to.data, to.stride, to.rows, to.cols);
  });
}

void convert(const MatrixView<const double>& x, const MatrixView<float>& y, const RunOptions& options) {
  const auto kernel = kernels().convert.to_f32;
  map_elements(x, y, kCheap, options, [&](const MatrixView<const double>& from, const MatrixView<float>& to) {
    kernel(from.data, from.stride, to.data, to.stride, to.rows, to.cols);
  });
}

#define BOREAL_INSTANTIATE(T)                                                                            \
  template void apply_unary(Unary, const MatrixView<const T>&, const MatrixView<T>&, const RunOptions&); \
  template void apply_binary(Binary, const MatrixView<const T>&, const MatrixView<const T>&,             \
                             const MatrixView<T>&, const RunOptions&);                                   \
  template void softmax(const MatrixView<const T>&, Axis, const MatrixView<T>&, const RunOptions&);      \
  template void log_softmax(const MatrixView<const T>&, Axis, const MatrixView<T>&, const RunOptions&);  \
  template void transpose(const MatrixView<const T>&, const MatrixView<T>&, const RunOptions&);
BOREAL_INSTANTIATE(float)
BOREAL_INSTANTIATE(double)
#undef BOREAL_INSTANTIATE

}  // namespace boreal
