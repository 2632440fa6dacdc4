// Decompositions of matrices. The arithmetic is float64: float32 is widened on the way in and rounded on the
// way out.
#include <algorithm>
#include <optional>

#include "binding/exports.h"
#include "binding/matrix_call.h"
#include "linalg/cholesky.h"
#include "linalg/eigh.h"
#include "linalg/lu.h"
#include "linalg/qr.h"
#include "linalg/svd.h"

namespace boreal {
namespace {

// Matrices of T as those of double.
template <typename T>
class Widened {
 public:
  Widened(const T* data, size_t rows, size_t cols) : data_(rows * cols), rows_(rows), cols_(cols) {
    std::copy(data, data + rows * cols, data_.data());
  }
  ConstDense view() const { return dense_view(static_cast<const double*>(data_.data()), rows_, cols_); }

 private:
  AlignedBuffer<double> data_;
  size_t rows_, cols_;
};
template <>
class Widened<double> {
 public:
  Widened(const double* data, size_t rows, size_t cols) : view_(dense_view(data, rows, cols)) {}
  ConstDense view() const { return view_; }

 private:
  ConstDense view_;
};

// A result of doubles that finish() puts into an array of T.
template <typename T>
class Narrowed {
 public:
  Narrowed(T* data, size_t rows, size_t cols) : to_(data), data_(rows * cols), rows_(rows), cols_(cols) {}
  Dense view() const { return dense_view(data_.data(), rows_, cols_); }
  void finish() const {
    std::transform(data_.begin(), data_.end(), to_, [](double value) { return static_cast<T>(value); });
  }

 private:
  T* to_;
  AlignedBuffer<double> data_;
  size_t rows_, cols_;
};
template <>
class Narrowed<double> {
 public:
  Narrowed(double* data, size_t rows, size_t cols) : view_(dense_view(data, rows, cols)) {}
  Dense view() const { return view_; }
  void finish() const {}

 private:
  Dense view_;
};

enum class Kind : uint32_t {
  kCholesky,      // out0 = L [n, n]
  kQr,            // out0 = Q, out1 = R
  kSvd,           // out0 = U, out1 = s, out2 = V^T
  kEigh,          // out0 = values [n], out1 = vectors [n, n]
  kInverse,       // out0 [n, n]
  kPinv,          // out0 [cols, rows]; number: rcond; gives the rank
  kSolve,         // out0 [n, b_cols] for b [n, b_cols]
  kLeastSquares,  // out0 [cols, b_cols] for b [rows, b_cols], out1 = s; number: rcond; gives the rank
  kRank,          // number: tolerance, or if negative relative to the largest; gives the rank
  kDeterminant,   // gives [sign, log |det|, det]
};

// (code, a, rows, cols, b, bCols, number, out0, out1, out2): what `kind` does not name is null, or any
// number. Bits of code: the kind, then whether Q, or U and V^T, are full squares. Gives a Float64Array of
// numbers.
template <typename T>
class DecompositionOp {
 public:
  static constexpr size_t kArguments = 10;

  explicit DecompositionOp(MatrixArguments& arguments)
      : kind_(static_cast<Kind>(arguments.code() & kKind)),
        full_((arguments.code() & kFull) != 0),
        rows_(arguments.size(2, "rows")),
        cols_(arguments.size(3, "cols")),
        b_cols_(arguments.size(5, "bCols")),
        number_(arguments.number(6, "number")) {
    if (kind_ > Kind::kDeterminant) throw Error("ERR_PARAMETER", "There is no such decomposition.");
    const size_t k = std::min(rows_, cols_), wide = full_ ? rows_ : k;
    switch (kind_) {
      case Kind::kCholesky:
      case Kind::kInverse:
        output(arguments, 0, rows_, cols_);
        break;
      case Kind::kQr:
        output(arguments, 0, rows_, wide);
        output(arguments, 1, wide, cols_);
        break;
      case Kind::kSvd:
        output(arguments, 0, rows_, wide);
        output(arguments, 1, 1, k);
        output(arguments, 2, full_ ? cols_ : k, cols_);
        break;
      case Kind::kEigh:
        output(arguments, 0, 1, rows_);
        output(arguments, 1, rows_, cols_);
        break;
      case Kind::kPinv:
        output(arguments, 0, cols_, rows_);
        break;
      case Kind::kSolve:
        output(arguments, 0, rows_, b_cols_);
        break;
      case Kind::kLeastSquares:
        output(arguments, 0, cols_, b_cols_);
        output(arguments, 1, 1, k);
        break;
      case Kind::kRank:
      case Kind::kDeterminant:
        break;
    }
    a_ = arguments.input<T>(1, "a", checked_area(rows_, cols_));
    if (kind_ == Kind::kSolve || kind_ == Kind::kLeastSquares) {
      b_ = arguments.input<T>(4, "b", checked_area(rows_, b_cols_));
    }
  }

  std::vector<double> run(const RunOptions& run) const {
    const Widened<T> a(a_, rows_, cols_), b(b_, b_ == nullptr ? 0 : rows_, b_cols_);
    const Narrowed<T> x = result(0), y = result(1), z = result(2);
    std::vector<double> numbers = compute(a.view(), b.view(), x.view(), y.view(), z.view(), run);
    for (const Narrowed<T>* out : {&x, &y, &z}) out->finish();
    return numbers;
  }

  static napi_value deliver(napi_env env, std::vector<double> numbers) {
    return to_js(env, std::move(numbers));
  }

 private:
  enum Bits : uint32_t { kKind = 15, kFull = 16 };
  struct Output {
    T* data = nullptr;
    size_t rows = 0, cols = 0;
  };

  void output(MatrixArguments& arguments, size_t index, size_t rows, size_t cols) {
    static constexpr const char* kNames[] = {"out0", "out1", "out2"};
    outputs_[index] = {arguments.output<T>(7 + index, kNames[index], checked_area(rows, cols)), rows, cols};
  }
  Narrowed<T> result(size_t i) const { return {outputs_[i].data, outputs_[i].rows, outputs_[i].cols}; }

  std::vector<double> compute(ConstDense a, ConstDense b, Dense x, Dense y, Dense z,
                              const RunOptions& run) const {
    switch (kind_) {
      case Kind::kCholesky:
        cholesky(a, x, run);
        break;
      case Kind::kQr:
        qr(a, x, y, run);
        break;
      case Kind::kSvd:
        svd(a, x, y.data, z, run);
        break;
      case Kind::kEigh:
        eigh(a, x.data, y, run);
        break;
      case Kind::kInverse:
        inverse(a, x, run);
        break;
      case Kind::kPinv:
        return {static_cast<double>(pseudo_inverse(a, number_, x, run))};
      case Kind::kSolve:
        solve(a, b, x, run);
        break;
      case Kind::kLeastSquares:
        return {static_cast<double>(least_squares(a, b, number_, x, y.data, run))};
      case Kind::kRank:
        return {static_cast<double>(matrix_rank(a, number_, run))};
      case Kind::kDeterminant: {
        const Lu::Determinant det = Lu(a, run).determinant();
        return {det.sign, det.log_abs, det.value};
      }
    }
    return {};
  }

  Kind kind_;
  bool full_;
  size_t rows_, cols_, b_cols_;
  double number_;
  Output outputs_[3];
  const T* a_ = nullptr;
  const T* b_ = nullptr;
};

}  // namespace

void export_matrix_decomposition(napi_env env, napi_value exports) {
  export_matrix_call<DecompositionOp>(env, exports, "matrixDecompose", "matrixDecomposeAsync");
}

}  // namespace boreal
