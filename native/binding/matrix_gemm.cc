// Products of matrices.
#include "binding/exports.h"
#include "binding/matrix_call.h"
#include "linalg/gemm.h"

namespace boreal {
namespace {

// (code, a, b, out, m, k, n, bias): out [m, n] = activation(op(a) op(b) + bias). The bits of code:
// activation, then whether a and b are transposed. bias [n] or null.
template <typename T>
class GemmOp {
 public:
  static constexpr size_t kArguments = 8;

  explicit GemmOp(MatrixArguments& arguments) {
    const uint32_t code = arguments.code();
    if ((code & kActivation) >= kUnaryCount) throw Error("ERR_PARAMETER", "There is no such activation.");
    options_.activation = static_cast<Unary>(code & kActivation);
    options_.transpose_a = (code & kTransposeA) != 0;
    options_.transpose_b = (code & kTransposeB) != 0;
    const size_t m = arguments.size(4, "m"), k = arguments.size(5, "k"), n = arguments.size(6, "n");
    c_ = dense_view(arguments.output<T>(3, "out", checked_area(m, n)), m, n);
    a_ = dense_view(arguments.input<T>(1, "a", checked_area(m, k)), m, k);
    b_ = dense_view(arguments.input<T>(2, "b", checked_area(k, n)), k, n);
    if (options_.transpose_a) a_ = dense_view(a_.data, k, m);
    if (options_.transpose_b) b_ = dense_view(b_.data, n, k);
    if (!is_nullish(arguments.env(), arguments[7])) options_.bias = arguments.input<T>(7, "bias", n);
  }

  void run(const RunOptions& run) const {
    GemmOptions<T> options = options_;
    options.max_threads = run.max_threads;
    options.cancel = run.cancel;
    gemm(a_, b_, c_, options);
  }

 private:
  enum Bits : uint32_t { kActivation = 63, kTransposeA = 64, kTransposeB = 128 };

  GemmOptions<T> options_;
  MatrixView<const T> a_, b_;
  MatrixView<T> c_;
};

}  // namespace

void export_matrix_gemm(napi_env env, napi_value exports) {
  export_matrix_call<GemmOp>(env, exports, "matrixGemm", "matrixGemmAsync");
}

}  // namespace boreal
