// Sparse rows of float64 and their transpose, checked and copied once for many products.
#include <memory>
#include <utility>

#include "binding/csr_job.h"
#include "binding/exports.h"
#include "binding/matrix_call.h"

namespace boreal {
namespace {

class SparseOperator {
 public:
  SparseOperator(OwnCsr&& x, const CancelToken* cancel)
      : rows_(std::move(x)), view_(rows_.view()), transposed_(csr_transpose(view_, cancel)) {}
  SparseOperator(const SparseOperator&) = delete;
  SparseOperator& operator=(const SparseOperator&) = delete;

  CsrView<double> side(bool transposed) const { return transposed ? transposed_.view() : view_; }

  size_t bytes() const {
    const size_t values = view_.values.size * (sizeof(double) + sizeof(int32_t));
    return 2 * values + (view_.starts.size + transposed_.starts.size()) * sizeof(int32_t);
  }

 private:
  OwnCsr rows_;
  CsrView<double> view_;
  CsrRows<double> transposed_;
};

}  // namespace

template <>
struct HandleTraits<SparseOperator> {
  static constexpr napi_type_tag kTag = {0x3f7ac81e5d2b4960, 0xb82d61f09e4c735a};
  static constexpr const char* kName = "a handle of sparse rows";
  static size_t external_bytes(const SparseOperator& x) { return x.bytes(); }
};

namespace {

// starts, columns, values, cols, cancel: a handle.
napi_value make(Call& call) {
  CsrArguments x(call);
  x.limit_columns();
  auto work = [own = OwnCsr(std::move(x))](const CancelToken* cancel, const JobProgress&) mutable {
    return std::make_shared<SparseOperator>(std::move(own), cancel);
  };
  return EnvState::of(call.env())
      .start(train_options(call, CsrArguments::kCount, false), std::move(work), make_handle<SparseOperator>);
}

// (rows, transposed, b, out, width): out = x b, or x' b.
class ProductOp {
 public:
  static constexpr size_t kArguments = 5;

  explicit ProductOp(MatrixArguments& arguments)
      : rows_(from_handle<SparseOperator>(arguments.env(), arguments[0], "rows")),
        x_(rows_->side(to_bool(arguments.env(), arguments[1], "transposed"))),
        width_(arguments.size(4, "width")),
        out_(arguments.output<double>(3, "out", checked_area(x_.rows(), width_))),
        b_(arguments.input<double>(2, "b", checked_area(x_.cols, width_))) {}

  void run(const RunOptions& run) const { csr_product(x_, b_, {}, width_, out_, run.cancel); }

 private:
  std::shared_ptr<const SparseOperator> rows_;
  CsrView<double> x_;
  size_t width_;
  double* out_;
  const double* b_;
};

}  // namespace

void export_sparse_operator(napi_env env, napi_value exports) {
  export_function<make>(env, exports, "csrOperator");
  export_function<start_matrix_call_of<ProductOp>>(env, exports, "csrOperatorProduct");
}

}  // namespace boreal
