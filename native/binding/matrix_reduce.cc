// Reductions of matrices. Over one axis they write an array; over both they give a number, which costs less
// than an array of one.
#include <cstdint>
#include <limits>
#include <optional>

#include "base/aligned_buffer.h"
#include "binding/exports.h"
#include "binding/matrix_call.h"

namespace boreal {
namespace {

// Bits of code of both operations: the axis, then what the operation is.
constexpr uint32_t kAxisBits = 2;

Axis axis_of(uint32_t code) {
  const uint32_t axis = code & 3;
  if (axis > static_cast<uint32_t>(Axis::kAll)) throw Error("ERR_PARAMETER", "There is no such axis.");
  return static_cast<Axis>(axis);
}

size_t result_count(Axis axis, size_t rows, size_t cols) {
  return axis == Axis::kRows ? cols : axis == Axis::kCols ? rows : 1;
}

napi_value number_or_undefined(napi_env env, std::optional<double>&& number) {
  return number ? to_js(env, *number) : undefined(env);
}

// (code, x, out, rows, cols, ddof): out [cols] or [rows]; anything, and a number is returned, for both axes.
template <typename T>
class ReduceOp {
 public:
  static constexpr size_t kArguments = 6;

  explicit ReduceOp(MatrixArguments& arguments) : axis_(axis_of(arguments.code())) {
    const uint32_t f = arguments.code() >> kAxisBits;
    if (f >= kReductionCount) throw Error("ERR_PARAMETER", "There is no such reduction.");
    f_ = static_cast<Reduction>(f);
    const size_t rows = arguments.size(3, "rows"), cols = arguments.size(4, "cols");
    ddof_ = arguments.number(5, "ddof");
    if (axis_ != Axis::kAll) out_ = arguments.output<T>(2, "out", result_count(axis_, rows, cols));
    x_ = dense_view(arguments.input<T>(1, "x", checked_area(rows, cols)), rows, cols);
  }

  std::optional<double> run(const RunOptions& options) const {
    if (axis_ != Axis::kAll) {
      reduce<T>(f_, axis_, x_, ddof_, out_, options);
      return std::nullopt;
    }
    T result;
    reduce<T>(f_, axis_, x_, ddof_, &result, options);
    return static_cast<double>(result);
  }
  static napi_value deliver(napi_env env, std::optional<double>&& number) {
    return number_or_undefined(env, std::move(number));
  }

 private:
  Axis axis_;
  Reduction f_;
  double ddof_;
  T* out_ = nullptr;
  MatrixView<const T> x_;
};

// (code, x, out, rows, cols): the same for positions; out is an Int32Array.
template <typename T>
class ArgReduceOp {
 public:
  static constexpr size_t kArguments = 5;

  explicit ArgReduceOp(MatrixArguments& arguments) : axis_(axis_of(arguments.code())) {
    const uint32_t largest = arguments.code() >> kAxisBits;
    if (largest > 1) throw Error("ERR_PARAMETER", "There is no such reduction.");
    largest_ = largest == 1;
    const size_t rows = arguments.size(3, "rows"), cols = arguments.size(4, "cols");
    if (axis_ != Axis::kAll) {
      if ((axis_ == Axis::kRows ? rows : cols) > std::numeric_limits<int32_t>::max()) {
        throw Error("ERR_SHAPE",
                    "Positions along an axis of 2^31 values and more don't fit into an Int32Array.");
      }
      count_ = result_count(axis_, rows, cols);
      out_ = arguments.output<int32_t>(2, "out", count_);
    }
    x_ = dense_view(arguments.input<T>(1, "x", checked_area(rows, cols)), rows, cols);
  }

  std::optional<double> run(const RunOptions& options) const {
    if (axis_ == Axis::kAll) {
      int64_t position;
      arg_reduce<T>(largest_, axis_, x_, &position, options);
      return static_cast<double>(position);
    }
    const AlignedBuffer<int64_t> positions(count_);
    arg_reduce<T>(largest_, axis_, x_, positions.data(), options);
    for (size_t i = 0; i < count_; ++i) out_[i] = static_cast<int32_t>(positions[i]);
    return std::nullopt;
  }
  static napi_value deliver(napi_env env, std::optional<double>&& number) {
    return number_or_undefined(env, std::move(number));
  }

 private:
  Axis axis_;
  bool largest_;
  int32_t* out_ = nullptr;
  size_t count_ = 1;
  MatrixView<const T> x_;
};

}  // namespace

void export_matrix_reduce(napi_env env, napi_value exports) {
  export_matrix_call<ReduceOp>(env, exports, "matrixReduce", "matrixReduceAsync");
  export_matrix_call<ArgReduceOp>(env, exports, "matrixArgReduce", "matrixArgReduceAsync");
}

}  // namespace boreal
