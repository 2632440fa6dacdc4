// Distances between rows, and the largest and smallest values with their positions.
#include "binding/exports.h"
#include "binding/matrix_call.h"
#include "linalg/distance.h"
#include "linalg/top_k.h"

namespace boreal {
namespace {

// (code, x, y, out, m, n, d): out [m, n] = distances of the rows of x [m, d] and y [n, d]; y may be null for
// x itself. The bits of code: the metric.
template <typename T>
class DistanceOp {
 public:
  static constexpr size_t kArguments = 7;

  explicit DistanceOp(MatrixArguments& arguments) {
    const uint32_t code = arguments.code();
    if (code > static_cast<uint32_t>(Metric::kCosine))
      throw Error("ERR_PARAMETER", "There is no such metric.");
    metric_ = static_cast<Metric>(code);
    const size_t m = arguments.size(4, "m"), n = arguments.size(5, "n"), d = arguments.size(6, "d");
    out_ = dense_view(arguments.output<T>(3, "out", checked_area(m, n)), m, n);
    x_ = dense_view(arguments.input<T>(1, "x", checked_area(m, d)), m, d);
    with_itself_ = is_nullish(arguments.env(), arguments[2]);
    if (!with_itself_) {
      y_ = dense_view(arguments.input<T>(2, "y", checked_area(n, d)), n, d);
    } else if (m != n) {
      throw Error("ERR_SHAPE", "out must be square.");
    }
  }

  void run(const RunOptions& options) const {
    if (with_itself_) {
      pairwise_distances(metric_, x_, out_, options);
    } else {
      pairwise_distances(x_, PackedRows<T>(metric_, y_, options), out_, options);
    }
  }

 private:
  Metric metric_;
  bool with_itself_;
  MatrixView<const T> x_, y_;
  MatrixView<T> out_;
};

// (code, x, values, indices, rows, cols, k): the k smallest or largest of x [rows, cols], [rows, k] of each
// row or [k, cols] of each column. indices is an Int32Array. The bits of code: whether the largest, whether
// of columns.
template <typename T>
class TopKOp {
 public:
  static constexpr size_t kArguments = 7;

  explicit TopKOp(MatrixArguments& arguments) {
    const uint32_t code = arguments.code();
    if ((code & ~(kLargest | kOfColumns)) != 0) throw Error("ERR_PARAMETER", "There is no such order.");
    order_ = (code & kLargest) != 0 ? Order::kLargest : Order::kSmallest;
    axis_ = (code & kOfColumns) != 0 ? Axis::kRows : Axis::kCols;
    const size_t rows = arguments.size(4, "rows"), cols = arguments.size(5, "cols");
    k_ = arguments.size(6, "k");
    const size_t results = checked_area(axis_ == Axis::kCols ? rows : cols, k_);
    values_ = arguments.output<T>(2, "values", results);
    indices_ = arguments.output<int32_t>(3, "indices", results);
    x_ = dense_view(arguments.input<T>(1, "x", checked_area(rows, cols)), rows, cols);
  }

  void run(const RunOptions& options) const { top_k(x_, axis_, k_, order_, values_, indices_, options); }

 private:
  enum Bits : uint32_t { kLargest = 1, kOfColumns = 2 };

  Order order_;
  Axis axis_;
  size_t k_;
  T* values_;
  int32_t* indices_;
  MatrixView<const T> x_;
};

}  // namespace

void export_matrix_distance(napi_env env, napi_value exports) {
  export_matrix_call<DistanceOp>(env, exports, "matrixDistance", "matrixDistanceAsync");
  export_matrix_call<TopKOp>(env, exports, "matrixTopK", "matrixTopKAsync");
}

}  // namespace boreal
