// Residuals and orthogonality of every decomposition against n * eps, on ordinary and on awkward matrices of
// sizes around all block sizes; refusals; the same bits at any number of threads; cancellation.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "base/error.h"
#include "linalg/cholesky.h"
#include "linalg/eigh.h"
#include "linalg/lu.h"
#include "linalg/qr.h"
#include "linalg/svd.h"
#include "test/decomposition_support.h"
#include "test/tolerance.h"

using namespace boreal::test;
using boreal::CancelToken;
using boreal::Error;
using boreal::Lu;
using boreal::RunOptions;

namespace {

const std::vector<size_t> kSizes{1, 2, 3, 4, 7, 15, 16, 17, 31, 32, 33, 48, 63, 64, 65, 100, 129, 150};
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

struct Named {
  std::string name;
  Full matrix;
};

std::vector<Named> awkward(size_t n) {
  return {{"zero", Full(n, n)},
          {"identity", identity(n)},
          {"ones", generate(n, n, [](size_t, size_t) { return 1.0; })},
          {"hilbert", hilbert(n)},
          {"wilkinson", wilkinson(n)},
          {"kahan", kahan(n)},
          {"graded", graded(n)},
          {"rank deficient", rank_deficient(n)},
          {"clustered", clustered(n)},
          {"huge", 1e300 * random_matrix(n, n, 9)},
          {"tiny", 1e-300 * random_matrix(n, n, 10)},
          {"subnormal", 1e-318 * random_matrix(n, n, 11)},
          {"jordan", generate(n, n, [](size_t i, size_t j) { return i == j || i + 1 == j ? 1.0 : 0.0; })},
          {"shift", generate(n, n, [](size_t i, size_t j) { return i + 1 == j ? 1.0 : 0.0; })},
          {"negative", -1.0 * identity(n)},
          {"anti-diagonal", generate(n, n, [&](size_t i, size_t j) { return i + j + 1 == n ? 2.0 : 0.0; })}};
}

std::string code_of(const std::function<void()>& f) {
  try {
    f();
  } catch (const Error& error) {
    return error.code();
  }
  return "";
}

// The norm of the residual may also be a few subnormals.
double bound(size_t n, const Full& a) { return norm_bound(n, frobenius(a)) + 1e-320; }

void check_qr(const Full& a, bool full) {
  const size_t k = full ? a.rows : std::min(a.rows, a.cols);
  Full q(a.rows, k), r(k, a.cols);
  boreal::qr(a.view(), q.out(), r.out());
  CHECK(frobenius(a - q * r) <= bound(std::max(a.rows, a.cols), a));
  CHECK(orthogonality(q) <= norm_bound(a.rows, 1));
  for (size_t i = 0; i < k; ++i) {
    for (size_t j = 0; j < std::min(i, a.cols); ++j) CHECK(r(i, j) == 0);
  }
}

std::vector<double> check_svd(const Full& a, bool full) {
  const size_t k = std::min(a.rows, a.cols), n = std::max(a.rows, a.cols);
  Full u(a.rows, full ? a.rows : k), vt(full ? a.cols : k, a.cols);
  std::vector<double> s(k);
  boreal::svd(a.view(), u.out(), s.data(), vt.out());
  CHECK(frobenius(a - u * (diagonal(s, u.cols, vt.rows) * vt)) <= bound(n, a));
  CHECK(orthogonality(u) <= norm_bound(n, 1));
  CHECK(orthogonality(transposed(vt)) <= norm_bound(n, 1));
  CHECK(std::is_sorted(s.rbegin(), s.rend()));
  if (k > 0) CHECK(s.back() >= 0);
  return s;
}

std::vector<double> check_eigh(const Full& a) {
  const size_t n = a.rows;
  Full v(n, n);
  std::vector<double> w(n);
  boreal::eigh(a.view(), w.data(), v.out());
  CHECK(frobenius(a * v - v * diagonal(w, n, n)) <= bound(n, a));
  CHECK(orthogonality(v) <= norm_bound(n, 1));
  CHECK(std::is_sorted(w.begin(), w.end()));
  return w;
}

void check_lu(const Full& a) {
  const size_t n = a.rows;
  const Full x = random_matrix(n, 3, 12), b = a * x;
  Full y(n, 3);
  boreal::solve(a.view(), b.view(), y.out());
  // Backward stable: |b - a y| is small beside |a| |y|.
  CHECK(frobenius(b - a * y) <= norm_bound(n, frobenius(a) * frobenius(y)));
  Full inverse(n, n);
  boreal::inverse(a.view(), inverse.out());
  CHECK(frobenius(a * inverse - identity(n)) <= norm_bound(n, frobenius(a) * frobenius(inverse)));
}

}  // namespace

TEST_CASE("decompositions: random matrices around the block sizes") {
  for (const size_t n : kSizes) {
    CAPTURE(n);
    const Full a = random_matrix(n, n, n);
    check_qr(a, false);
    check_svd(a, false);
    check_eigh(symmetric(a));
    check_lu(a);
    const Full spd = a * transposed(a) - (-0.01) * identity(n);
    Full l(n, n);
    boreal::cholesky(spd.view(), l.out());
    CHECK(frobenius(spd - l * transposed(l)) <= bound(n, spd));
    for (size_t i = 0; i < n; ++i) {
      CHECK(l(i, i) > 0);
      for (size_t j = i + 1; j < n; ++j) CHECK(l(i, j) == 0);
    }
  }
}

TEST_CASE("decompositions: rectangles") {
  for (const auto& [m, n] : std::vector<std::pair<size_t, size_t>>{{5, 1},
                                                                   {1, 5},
                                                                   {33, 32},
                                                                   {32, 33},
                                                                   {70, 20},
                                                                   {20, 70},
                                                                   {130, 65},
                                                                   {65, 130},
                                                                   {200, 3},
                                                                   {3, 200}}) {
    CAPTURE(m);
    CAPTURE(n);
    const Full a = random_matrix(m, n, m + n);
    for (const bool full : {false, true}) {
      check_qr(a, full);
      check_svd(a, full);
    }
  }
}

TEST_CASE("decompositions: awkward matrices") {
  for (const size_t n : {5, 40, 70}) {
    for (const Named& named : awkward(n)) {
      CAPTURE(n);
      CAPTURE(named.name);
      check_qr(named.matrix, false);
      check_svd(named.matrix, false);
      check_eigh(symmetric(named.matrix));
    }
  }
}

TEST_CASE("decompositions: all 3 x 3 matrices of zeros and ones, and random ones that are full of zeros") {
  for (size_t bits = 0; bits < 512; ++bits) {
    CAPTURE(bits);
    const Full a =
        generate(3, 3, [&](size_t i, size_t j) { return static_cast<double>(bits >> (3 * i + j) & 1); });
    check_qr(a, true);
    check_svd(a, true);
    check_eigh(symmetric(a));
  }
  for (uint64_t seed = 0; seed < 300; ++seed) {
    CAPTURE(seed);
    boreal::Rng rng(seed);
    const size_t rows = 1 + rng.below(9), cols = 1 + rng.below(9);
    const Full a = generate(rows, cols, [&](size_t, size_t) {
      return rng.below(3) == 0 ? std::ldexp(1.0, static_cast<int>(rng.below(60)) - 30) : 0.0;
    });
    check_qr(a, true);
    check_svd(a, true);
  }
}

TEST_CASE("decompositions: known values") {
  // The second difference has eigenvalues 2 - 2 cos(pi k / (n + 1)).
  const size_t n = 90;
  const Full a = generate(n, n, [](size_t i, size_t j) {
    return i == j ? 2.0 : i + 1 == j || j + 1 == i ? -1.0 : 0.0;
  });
  const std::vector<double> w = check_eigh(a), s = check_svd(a, false);
  for (size_t k = 0; k < n; ++k) {
    const double exact =
        2 - 2 * std::cos(std::acos(-1.0) * static_cast<double>(k + 1) / static_cast<double>(n + 1));
    CHECK(std::fabs(w[k] - exact) <= norm_bound(n, 4));
    CHECK(std::fabs(s[n - 1 - k] - exact) <= norm_bound(n, 4));
  }
  const Lu lu(a.view());
  const Lu::Determinant det = lu.determinant();
  CHECK(det.sign == 1);
  CHECK(std::fabs(det.log_abs - std::log(static_cast<double>(n + 1))) <= norm_bound(n, 4));
  CHECK(std::fabs(det.value - static_cast<double>(n + 1)) <= norm_bound(n, 4 * static_cast<double>(n + 1)));

  // LAPACK's signs: R's diagonal is the negative of the column's sign, and H = I below which all is zero.
  Full q(2, 2), r(2, 2);
  const Full b = generate(2, 2, [](size_t i, size_t j) {
    return i == 0 && j == 0 ? 3.0 : i == 1 && j == 0 ? 4.0 : 1.0;
  });
  boreal::qr(b.view(), q.out(), r.out());
  CHECK(std::fabs(r(0, 0) + 5) <= norm_bound(2, 5));
  boreal::qr(identity(2).view(), q.out(), r.out());
  CHECK(r.values == identity(2).values);
}

TEST_CASE("decompositions: determinants of permutations, singular and empty matrices") {
  const Full swap = generate(3, 3, [](size_t i, size_t j) { return (i + 1) % 3 == j ? 1.0 : 0.0; });
  CHECK(Lu(swap.view()).determinant().value == 1);
  const Full exchange = generate(2, 2, [](size_t i, size_t j) { return i == j ? 0.0 : 3.0; });
  CHECK(Lu(exchange.view()).determinant().value == -9);
  CHECK(Lu(exchange.view()).determinant().sign == -1);
  const Lu::Determinant none = Lu(Full(4, 4).view()).determinant();
  CHECK(none.sign == 0);
  CHECK(none.value == 0);
  CHECK(none.log_abs == -kInfinity);
  CHECK(Lu(Full(0, 0).view()).determinant().value == 1);
}

TEST_CASE("decompositions: the condition estimate is near the truth") {
  for (const size_t n : {2, 10, 40}) {
    const Full a = random_matrix(n, n, 20 + n);
    const auto norm1 = [](const Full& x) {
      double largest = 0;
      for (size_t j = 0; j < x.cols; ++j) {
        double sum = 0;
        for (size_t i = 0; i < x.rows; ++i) sum += std::fabs(x(i, j));
        largest = std::max(largest, sum);
      }
      return largest;
    };
    Full inverse(n, n);
    boreal::inverse(a.view(), inverse.out());
    const double exact = 1 / (norm1(a) * norm1(inverse));
    const double estimate = Lu(a.view()).reciprocal_condition();
    CHECK(estimate >= exact * (1 - norm_bound(n, 1)));
    CHECK(estimate <= 10 * exact);
  }
  CHECK(Lu(identity(7).view()).reciprocal_condition() == 1);
}

TEST_CASE("decompositions: least squares, pseudo-inverse and rank") {
  for (const auto& [m, n] : std::vector<std::pair<size_t, size_t>>{{40, 10}, {10, 40}, {33, 33}}) {
    const Full a = random_matrix(m, n, 30), b = random_matrix(m, 2, 31);
    Full x(n, 2), y(n, m);
    std::vector<double> s(std::min(m, n));
    CHECK(boreal::least_squares(a.view(), b.view(), -1, x.out(), s.data()) == std::min(m, n));
    // The residual is orthogonal to the columns.
    CHECK(frobenius(transposed(a) * (b - a * x)) <=
          norm_bound(m + n, frobenius(a) * frobenius(a) * frobenius(x)));
    CHECK(boreal::pseudo_inverse(a.view(), -1, y.out()) == std::min(m, n));
    const double scale = frobenius(a) * frobenius(a) * frobenius(y);
    CHECK(frobenius(a * (y * a) - a) <= norm_bound(m + n, scale));
    CHECK(frobenius(x - y * b) <=
          norm_bound(m + n, frobenius(a) * frobenius(y) * frobenius(y) * frobenius(b)));
  }
  const Full low = rank_deficient(30), b = random_matrix(30, 1, 32);
  CHECK(boreal::matrix_rank(low.view(), -1e-14) == 10);
  CHECK(boreal::matrix_rank(low.view(), kInfinity) == 0);
  CHECK(boreal::matrix_rank(Full(3, 4).view(), -1e-14) == 0);
  Full x(30, 1);
  CHECK(boreal::least_squares(low.view(), b.view(), -1, x.out(), nullptr) == 10);
  // The least norm: x lies in the row space, so that projecting it there changes nothing.
  Full y(30, 30);
  boreal::pseudo_inverse(low.view(), -1, y.out());
  CHECK(frobenius(y * (low * x) - x) <= norm_bound(30, frobenius(y) * frobenius(low) * frobenius(x)));
}

TEST_CASE("decompositions: empty matrices, as numpy has them") {
  for (const auto& [m, n] : std::vector<std::pair<size_t, size_t>>{{0, 0}, {0, 3}, {3, 0}}) {
    for (const bool full : {false, true}) {
      check_qr(Full(m, n), full);
      check_svd(Full(m, n), full);
    }
  }
  check_eigh(Full(0, 0));
  Full none(0, 0), no_rows(0, 2);
  boreal::cholesky(none.view(), none.out());
  boreal::inverse(none.view(), none.out());
  boreal::solve(none.view(), no_rows.view(), no_rows.out());
  CHECK(boreal::matrix_rank(Full(0, 3).view(), -1e-14) == 0);
  Full x(3, 2);
  CHECK(boreal::least_squares(Full(0, 3).view(), Full(0, 2).view(), -1, x.out(), nullptr) == 0);
  CHECK(frobenius(x) == 0);
}

TEST_CASE("decompositions: what they refuse") {
  const Full wide(2, 3);
  Full square(2, 2), out(2, 2);
  std::vector<double> s(2);
  CHECK(code_of([&] { boreal::cholesky(wide.view(), out.out()); }) == "ERR_SHAPE");
  CHECK(code_of([&] { boreal::eigh(wide.view(), s.data(), out.out()); }) == "ERR_SHAPE");
  CHECK(code_of([&] { Lu lu(wide.view()); }) == "ERR_SHAPE");
  CHECK(code_of([&] { boreal::svd(wide.view(), square.out(), s.data(), out.out()); }) == "ERR_SHAPE");
  CHECK(code_of([&] { boreal::qr(wide.view(), square.out(), out.out()); }) == "ERR_SHAPE");
  for (const double bad : {kNan, kInfinity, -kInfinity}) {
    const std::string code = std::isnan(bad) ? "ERR_INPUT_NAN" : "ERR_INPUT_INFINITE";
    Full a = identity(2);
    a(1, 0) = bad;
    CHECK(code_of([&] { boreal::cholesky(a.view(), out.out()); }) == code);
    CHECK(code_of([&] { boreal::eigh(a.view(), s.data(), out.out()); }) == code);
    CHECK(code_of([&] { Lu lu(a.view()); }) == code);
    CHECK(code_of([&] { boreal::svd(a.view(), square.out(), s.data(), out.out()); }) == code);
    CHECK(code_of([&] { boreal::qr(a.view(), square.out(), out.out()); }) == code);
    CHECK(code_of([&] { boreal::solve(identity(2).view(), a.view(), out.out()); }) == code);
    // The upper half of a symmetric matrix is not read.
    a = identity(2);
    a(0, 1) = bad;
    boreal::cholesky(a.view(), out.out());
    CHECK(out.values == identity(2).values);
    boreal::eigh(a.view(), s.data(), out.out());
    CHECK(s == std::vector<double>{1, 1});
  }
  Full indefinite = identity(70);
  indefinite(50, 50) = -1;
  Full l(70, 70);
  try {
    boreal::cholesky(indefinite.view(), l.out());
    FAIL("an indefinite matrix was factored");
  } catch (const Error& error) {
    CHECK(std::string(error.code()) == "ERR_NOT_POSITIVE_DEFINITE");
    CHECK(error.row() == 50);
  }
  CHECK(code_of([&] { boreal::cholesky(square.view(), out.out()); }) == "ERR_NOT_POSITIVE_DEFINITE");
  CHECK(code_of([&] { boreal::inverse(square.view(), out.out()); }) == "ERR_SINGULAR");
  // So nearly singular that the condition overflows.
  const Full nearly = generate(2, 2, [](size_t i, size_t j) { return i != j ? 0.0 : i == 0 ? 1.0 : 5e-324; });
  CHECK(code_of([&] { boreal::inverse(nearly.view(), out.out()); }) == "ERR_SINGULAR");
  Full big(13, 13);
  CHECK(code_of([&] { boreal::inverse(hilbert(13).view(), big.out()); }) == "ERR_SINGULAR");
}

TEST_CASE("decompositions: the same bits at any number of threads") {
  const size_t n = 200;
  const Full a = random_matrix(n, n, 40), b = random_matrix(n, 5, 41);
  const Full spd = a * transposed(a);
  const auto all = [&](size_t threads) {
    RunOptions run;
    run.max_threads = threads;
    std::vector<Full> results;
    const auto add = [&](size_t rows, size_t cols) {
      results.reserve(16);
      results.emplace_back(rows, cols);
      return results.back().out();
    };
    boreal::cholesky(spd.view(), add(n, n), run);
    boreal::solve(a.view(), b.view(), add(n, 5), run);
    boreal::inverse(a.view(), add(n, n), run);
    auto q = add(n, n), r = add(n, n);
    boreal::qr(a.view(), q, r, run);
    auto u = add(n, n), s = add(1, n), vt = add(n, n);
    boreal::svd(a.view(), u, s.data, vt, run);
    auto w = add(1, n), v = add(n, n);
    boreal::eigh(spd.view(), w.data, v, run);
    return results;
  };
  const std::vector<Full> one = all(1);
  for (const size_t threads : {2, 0}) {
    const std::vector<Full> many = all(threads);
    for (size_t i = 0; i < one.size(); ++i) {
      CAPTURE(i);
      CHECK(std::memcmp(one[i].values.data(), many[i].values.data(), one[i].values.size() * sizeof(double)) ==
            0);
    }
  }
}

TEST_CASE("decompositions: cancellation") {
  CancelToken token;
  token.cancel();
  RunOptions run;
  run.cancel = &token;
  const size_t n = 200;
  const Full a = random_matrix(n, n, 50), spd = a * transposed(a);
  Full x(n, n), y(n, n);
  std::vector<double> s(n);
  CHECK(code_of([&] { boreal::cholesky(spd.view(), x.out(), run); }) == "ERR_ABORTED");
  CHECK(code_of([&] { boreal::inverse(a.view(), x.out(), run); }) == "ERR_ABORTED");
  CHECK(code_of([&] { boreal::qr(a.view(), x.out(), y.out(), run); }) == "ERR_ABORTED");
  CHECK(code_of([&] { boreal::svd(a.view(), x.out(), s.data(), y.out(), run); }) == "ERR_ABORTED");
  CHECK(code_of([&] { boreal::eigh(spd.view(), s.data(), y.out(), run); }) == "ERR_ABORTED");
}
