// boreal's decompositions of [n, n] in float64.
#include "engines.h"
#include "linalg/cholesky.h"
#include "linalg/eigh.h"
#include "linalg/lu.h"
#include "linalg/qr.h"
#include "linalg/svd.h"
#include "operands.h"

namespace boreal_bench {
namespace {

// A result [rows, cols] that lives as long as the task.
struct Result {
  Result(size_t m, size_t n) : rows(m), cols(n), values(std::make_shared<AlignedBuffer<double>>(m * n)) {}
  boreal::MatrixView<double> view() const { return boreal::dense_view(values->data(), rows, cols); }
  std::vector<double> doubles() const { return to_doubles(values->data(), values->size()); }

  size_t rows, cols;
  std::shared_ptr<AlignedBuffer<double>> values;
};

}  // namespace

Task boreal_decomposition(const Problem& p) {
  const size_t n = p.n;
  boreal::RunOptions options;
  options.max_threads = p.threads;
  const bool symmetric = p.op == "cholesky" || p.op == "eigh";
  const boreal::MatrixView<const double> a =
      boreal::dense_view(symmetric ? positive_definite(p) : general(p), n, n);
  const Result y(n, n), z(n, n), v(n, 1);
  if (p.op == "solve") {
    const boreal::MatrixView<const double> b =
        boreal::dense_view<const double>(p.operand<double>(1, n), n, 1);
    return {[=] { boreal::solve(a, b, v.view(), options); }, [=] { return v.doubles(); }};
  }
  if (p.op == "inverse") {
    return {[=] { boreal::inverse(a, y.view(), options); }, [=] { return y.doubles(); }};
  }
  if (p.op == "cholesky") {
    return {[=] { boreal::cholesky(a, y.view(), options); }, [=] { return diagonal(y.values->data(), n); }};
  }
  if (p.op == "qr") return {[=] { boreal::qr(a, y.view(), z.view(), options); }};
  if (p.op == "svd") {
    return {[=] { boreal::svd(a, y.view(), v.values->data(), z.view(), options); },
            [=] { return v.doubles(); }};
  }
  if (p.op == "eigh") {
    return {[=] { boreal::eigh(a, v.values->data(), y.view(), options); }, [=] { return v.doubles(); }};
  }
  return {};
}

}  // namespace boreal_bench
