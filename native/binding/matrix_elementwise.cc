// Elementwise functions of matrices, softmax, and data movement.
#include <type_traits>

#include "binding/exports.h"
#include "binding/matrix_call.h"

namespace boreal {
namespace {

// (code, a, b, out, cols): out = f(a, b), out having rows of `cols` values. The bits of code above f say
// whether a or b has one row or one column only, or b is a number.
template <typename T>
class BinaryOp {
 public:
  static constexpr size_t kArguments = 5;

  explicit BinaryOp(MatrixArguments& arguments) {
    const uint32_t code = arguments.code();
    if ((code & kFunction) >= kBinaryCount) throw Error("ERR_PARAMETER", "There is no such binary function.");
    f_ = static_cast<Binary>(code & kFunction);
    const OutputArray<T> out = arguments.output<T>(3, "out");
    const size_t cols = arguments.size(4, "cols"), rows = out.size == cols ? 1
                                                          : cols == 0      ? 0
                                                                           : out.size / cols;
    if (rows * cols != out.size) throw Error("ERR_SHAPE", "out does not hold whole rows.");
    out_ = dense_view(out.data, rows, cols);
    a_ = operand(arguments, 1, "a", (code & kRowA) != 0, (code & kColumnA) != 0);
    if ((code & kNumberB) != 0) {
      number_ = static_cast<T>(arguments.number(2, "b"));
    } else {
      b_ = operand(arguments, 2, "b", (code & kRowB) != 0, (code & kColumnB) != 0);
    }
    has_number_ = (code & kNumberB) != 0;
  }

  void run(const RunOptions& options) const {
    apply_binary<T>(f_, a_, has_number_ ? dense_view(&number_, 1, 1) : b_, out_, options);
  }

 private:
  enum Bits : uint32_t {
    kFunction = 15,
    kRowA = 16,
    kColumnA = 32,
    kRowB = 64,
    kColumnB = 128,
    kNumberB = 256
  };

  MatrixView<const T> operand(MatrixArguments& arguments, size_t i, const char* name, bool one_row,
                              bool one_column) const {
    const size_t rows = one_row ? 1 : out_.rows, cols = one_column ? 1 : out_.cols;
    return dense_view(arguments.input<T>(i, name, rows * cols, Aliasing::kSame), rows, cols);
  }

  Binary f_;
  bool has_number_;
  T number_ = 0;
  MatrixView<T> out_;
  MatrixView<const T> a_, b_;
};

// (code, x, out): out = f(x), code being f.
template <typename T>
class UnaryOp {
 public:
  static constexpr size_t kArguments = 3;

  explicit UnaryOp(MatrixArguments& arguments) {
    const uint32_t code = arguments.code();
    if (code >= kUnaryCount) throw Error("ERR_PARAMETER", "There is no such function.");
    f_ = static_cast<Unary>(code);
    const OutputArray<T> out = arguments.output<T>(2, "out");
    out_ = dense_view(out.data, 1, out.size);
    x_ = dense_view(arguments.input<T>(1, "x", out.size, Aliasing::kSame), 1, out.size);
  }

  void run(const RunOptions& options) const { apply_unary<T>(f_, x_, out_, options); }

 private:
  Unary f_;
  MatrixView<T> out_;
  MatrixView<const T> x_;
};

// (code, x, out, rows, cols): softmax of rows, or log_softmax, or of columns, as the bits of code say.
template <typename T>
class MatrixSoftmaxOp {
 public:
  static constexpr size_t kArguments = 5;

  explicit MatrixSoftmaxOp(MatrixArguments& arguments) {
    const uint32_t code = arguments.code();
    if ((code & ~(kOfColumns | kLog)) != 0) throw Error("ERR_PARAMETER", "There is no such softmax.");
    axis_ = (code & kOfColumns) != 0 ? Axis::kRows : Axis::kCols;
    log_ = (code & kLog) != 0;
    const size_t rows = arguments.size(3, "rows"), cols = arguments.size(4, "cols");
    const size_t count = checked_area(rows, cols);
    out_ = dense_view(arguments.output<T>(2, "out", count), rows, cols);
    x_ = dense_view(arguments.input<T>(1, "x", count, Aliasing::kSame), rows, cols);
  }

  void run(const RunOptions& options) const {
    if (log_) {
      log_softmax<T>(x_, axis_, out_, options);
    } else {
      softmax<T>(x_, axis_, out_, options);
    }
  }

 private:
  enum Bits : uint32_t { kOfColumns = 1, kLog = 2 };

  Axis axis_;
  bool log_;
  MatrixView<T> out_;
  MatrixView<const T> x_;
};

// (code, x, out, rows, cols): out [cols, rows] = x^T, x [rows, cols].
template <typename T>
class TransposeOp {
 public:
  static constexpr size_t kArguments = 5;

  explicit TransposeOp(MatrixArguments& arguments) {
    const size_t rows = arguments.size(3, "rows"), cols = arguments.size(4, "cols");
    const size_t count = checked_area(rows, cols);
    out_ = dense_view(arguments.output<T>(2, "out", count), cols, rows);
    x_ = dense_view(arguments.input<T>(1, "x", count), rows, cols);
  }

  void run(const RunOptions& options) const { transpose<T>(x_, out_, options); }

 private:
  MatrixView<T> out_;
  MatrixView<const T> x_;
};

// (code, x, out, rows, cols): out = x in the other precision.
template <typename T>
class ConvertOp {
 public:
  static constexpr size_t kArguments = 5;

  explicit ConvertOp(MatrixArguments& arguments) {
    const size_t rows = arguments.size(3, "rows"), cols = arguments.size(4, "cols");
    const size_t count = checked_area(rows, cols);
    out_ = dense_view(arguments.output<Other>(2, "out", count), rows, cols);
    x_ = dense_view(arguments.input<T>(1, "x", count), rows, cols);
  }

  void run(const RunOptions& options) const { convert(x_, out_, options); }

 private:
  using Other = std::conditional_t<std::is_same_v<T, float>, double, float>;

  MatrixView<Other> out_;
  MatrixView<const T> x_;
};

}  // namespace

void export_matrix_elementwise(napi_env env, napi_value exports) {
  export_matrix_call<BinaryOp>(env, exports, "matrixBinary", "matrixBinaryAsync");
  export_matrix_call<UnaryOp>(env, exports, "matrixUnary", "matrixUnaryAsync");
  export_matrix_call<MatrixSoftmaxOp>(env, exports, "matrixSoftmax", "matrixSoftmaxAsync");
  export_matrix_call<TransposeOp>(env, exports, "matrixTranspose", "matrixTransposeAsync");
  export_matrix_call<ConvertOp>(env, exports, "matrixConvert", "matrixConvertAsync");
}

}  // namespace boreal
