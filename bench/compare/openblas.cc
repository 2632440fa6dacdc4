// OpenBLAS and the LAPACK in it, called as Fortran calls it. LAPACK reads our row-major operands as their
// transposes, which cost the same and have the same inverse (transposed), singular values and eigenvalues.
#include <cblas.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "operands.h"
#include "problem.h"

extern "C" {
void dgetrf_(const int*, const int*, double*, const int*, int*, int*);
void dgetri_(const int*, double*, const int*, const int*, double*, const int*, int*);
void dgetrs_(const char*, const int*, const int*, const double*, const int*, const int*, double*, const int*,
             int*, size_t);
void dpotrf_(const char*, const int*, double*, const int*, int*, size_t);
void dgeqrf_(const int*, const int*, double*, const int*, double*, double*, const int*, int*);
void dorgqr_(const int*, const int*, const int*, double*, const int*, const double*, double*, const int*,
             int*);
void dgesdd_(const char*, const int*, const int*, double*, const int*, double*, double*, const int*, double*,
             const int*, double*, const int*, int*, int*, size_t);
void dsyevd_(const char*, const char*, const int*, double*, const int*, double*, double*, const int*, int*,
             const int*, int*, size_t, size_t);
}

namespace boreal_bench {
namespace {

Task matmul_f32(const Problem& p) {
  const float* a = p.operand<float>(0, p.m * p.k);
  const float* b = p.operand<float>(1, p.k * p.n);
  auto c = std::make_shared<AlignedBuffer<float>>(p.m * p.n);
  const int m = static_cast<int>(p.m), n = static_cast<int>(p.n), k = static_cast<int>(p.k);
  return {[=] {
            if (m == 1) {
              cblas_sgemv(CblasRowMajor, CblasTrans, k, n, 1, b, n, a, 1, 0, c->data(), 1);
            } else {
              cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, m, n, k, 1, a, k, b, n, 0, c->data(), n);
            }
          },
          [=] { return to_doubles(c->data(), c->size()); }};
}

Task matmul_f64(const Problem& p) {
  const double* a = p.operand<double>(0, p.m * p.k);
  const double* b = p.operand<double>(1, p.k * p.n);
  auto c = std::make_shared<AlignedBuffer<double>>(p.m * p.n);
  const int m = static_cast<int>(p.m), n = static_cast<int>(p.n), k = static_cast<int>(p.k);
  return {[=] {
            if (m == 1) {
              cblas_dgemv(CblasRowMajor, CblasTrans, k, n, 1, b, n, a, 1, 0, c->data(), 1);
            } else {
              cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, m, n, k, 1, a, k, b, n, 0, c->data(), n);
            }
          },
          [=] { return to_doubles(c->data(), c->size()); }};
}

// What the LAPACK tasks work in; sized once, so that a call allocates nothing.
struct Lapack {
  explicit Lapack(size_t order)
      : n(static_cast<int>(order)),
        a(order * order),
        u(order * order),
        vt(order * order),
        values(order),
        tau(order),
        pivots(order),
        integers(8 * order + 3),
        work(4 * order * order + 64 * order + 7),
        work_size(static_cast<int>(work.size())),
        integer_size(static_cast<int>(integers.size())) {}

  int n, info = 0;
  AlignedBuffer<double> a, u, vt, values, tau;
  AlignedBuffer<int> pivots, integers;
  AlignedBuffer<double> work;
  int work_size, integer_size;
};

Task decomposition(const Problem& p) {
  auto w = std::make_shared<Lapack>(p.n);
  const size_t n = p.n, bytes = n * n * sizeof(double);
  if (p.op == "solve") {
    const double* a = general(p);
    const double* b = p.operand<double>(1, n);
    return {[=] {
              const int one = 1;
              std::memcpy(w->a.data(), a, bytes);
              std::memcpy(w->values.data(), b, n * sizeof(double));
              dgetrf_(&w->n, &w->n, w->a.data(), &w->n, w->pivots.data(), &w->info);
              dgetrs_("T", &w->n, &one, w->a.data(), &w->n, w->pivots.data(), w->values.data(), &w->n,
                      &w->info, 1);
            },
            [=] { return to_doubles(w->values.data(), n); }};
  }
  if (p.op == "inverse") {
    const double* a = general(p);
    return {[=] {
              std::memcpy(w->a.data(), a, bytes);
              dgetrf_(&w->n, &w->n, w->a.data(), &w->n, w->pivots.data(), &w->info);
              dgetri_(&w->n, w->a.data(), &w->n, w->pivots.data(), w->work.data(), &w->work_size, &w->info);
            },
            [=] { return to_doubles(w->a.data(), n * n); }};
  }
  if (p.op == "cholesky") {
    const double* a = positive_definite(p);
    return {[=] {
              std::memcpy(w->a.data(), a, bytes);
              dpotrf_("U", &w->n, w->a.data(), &w->n, &w->info, 1);  // row-major: the lower triangle
            },
            [=] { return diagonal(w->a.data(), n); }};
  }
  if (p.op == "qr") {
    const double* a = general(p);
    return {[=] {
      std::memcpy(w->a.data(), a, bytes);
      dgeqrf_(&w->n, &w->n, w->a.data(), &w->n, w->tau.data(), w->work.data(), &w->work_size, &w->info);
      std::memcpy(w->u.data(), w->a.data(), bytes);  // R stays, Q is formed beside it
      dorgqr_(&w->n, &w->n, &w->n, w->u.data(), &w->n, w->tau.data(), w->work.data(), &w->work_size,
              &w->info);
    }};
  }
  if (p.op == "svd") {
    const double* a = general(p);
    return {[=] {
              std::memcpy(w->a.data(), a, bytes);
              dgesdd_("S", &w->n, &w->n, w->a.data(), &w->n, w->values.data(), w->u.data(), &w->n,
                      w->vt.data(), &w->n, w->work.data(), &w->work_size, w->integers.data(), &w->info, 1);
            },
            [=] { return to_doubles(w->values.data(), n); }};
  }
  if (p.op == "eigh") {
    const double* a = positive_definite(p);
    return {[=] {
              std::memcpy(w->a.data(), a, bytes);
              dsyevd_("V", "U", &w->n, w->a.data(), &w->n, w->values.data(), w->work.data(), &w->work_size,
                      w->integers.data(), &w->integer_size, &w->info, 1, 1);
            },
            [=] { return to_doubles(w->values.data(), n); }};
  }
  return {};
}

Task prepare(const Problem& p) {
  if (p.op == "matmul") return p.dtype == "f32" ? matmul_f32(p) : matmul_f64(p);
  return p.dtype == "f64" ? decomposition(p) : Task{};
}

}  // namespace

Engine openblas_engine(size_t threads) {
  openblas_set_num_threads(static_cast<int>(threads));
  // "OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH NO_AFFINITY Haswell MAX_THREADS=64": the version is the second
  // word.
  std::string config = openblas_get_config();
  config = config.substr(std::min(config.size(), config.find(' ') + 1));
  return {"openblas", config.substr(0, config.find(' ')) + " " + openblas_get_corename(), prepare};
}

}  // namespace boreal_bench
