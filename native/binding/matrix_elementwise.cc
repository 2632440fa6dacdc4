// Elementwise functions of matrices.
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
    f_ = static_cast<Binary>(code & kFunction);
    if (f_ > Binary::kPow) throw Error("ERR_PARAMETER", "There is no such binary function.");
    const OutputArray<T> out = arguments.output<T>(3, "out");
    const size_t cols = arguments.size(4, "cols"), rows = cols == 0 ? 0 : out.size / cols;
    if (rows * cols != out.size) throw Error("ERR_SHAPE", "out does not hold whole rows.");
    out_ = dense_view(out.data, rows, cols);
    a_ = operand(arguments, 1, "a", (code & kRowA) != 0, (code & kColumnA) != 0);
    if ((code & kNumberB) != 0) {
      number_ = static_cast<T>(arguments.number(2, "b"));
    } else {
      b_ = operand(arguments, 2, "b", (code & kRowB) != 0, (code & kColumnB) != 0);
    }
  }

  void run(const RunOptions& options) const {
    apply_binary(f_, a_, b_.data == nullptr ? dense_view(&number_, 1, 1) : b_, out_, options);
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
  MatrixView<T> out_;
  MatrixView<const T> a_, b_;
  T number_ = 0;
};

}  // namespace

void export_matrix_elementwise(napi_env env, napi_value exports) {
  export_matrix_call<BinaryOp>(env, exports, "matrixBinary", "matrixBinaryAsync");
}

}  // namespace boreal
