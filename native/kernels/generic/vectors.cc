// The vector kernels of one instruction set. Rows are taken four at a time, so that what they share (x, y) is
// loaded once for four rows: these loops are bound by loads, not by arithmetic.
#include BOREAL_SIMD

#include "kernels/generic/unroll.h"
#include "kernels/isa.h"

namespace boreal {
namespace {

constexpr size_t kLanes = Vec<double>::kLanes;
constexpr size_t kRows = 4;

using V = Vec<double>;

inline V zero() { return broadcast(0.0); }

// Calls f(j, load, store) for whole vectors, then once for the rest; load(p) gives zeros beyond the end.
template <typename F>
inline void each_vector(size_t n, const F& f) {
  size_t j = 0;
  const auto whole = [](const double* p) { return load(p); };
  const auto put = [](double* p, V v) { store(p, v); };
  for (; j + kLanes <= n; j += kLanes) f(j, whole, put);
  const size_t rest = n - j;
  if (rest == 0) return;
  f(
      j, [rest](const double* p) { return load(p, rest, zero()); },
      [rest](double* p, V v) { store(p, v, rest); });
}

double dot(const double* x, const double* y, size_t n) noexcept {
  V sum[4] = {zero(), zero(), zero(), zero()};
  size_t j = 0;
  for (; j + 4 * kLanes <= n; j += 4 * kLanes) {
    BOREAL_UNROLL
    for (size_t u = 0; u < 4; ++u) sum[u] = fma(load(x + j + u * kLanes), load(y + j + u * kLanes), sum[u]);
  }
  each_vector(n - j, [&](size_t k, const auto& get, const auto&) {
    sum[0] = fma(get(x + j + k), get(y + j + k), sum[0]);
  });
  return reduce_add((sum[0] + sum[1]) + (sum[2] + sum[3]));
}

double max_abs(const double* x, size_t n) noexcept {
  V largest[2] = {zero(), zero()};
  // max(a, b) gives b where one is NaN, so the running maximum comes second... and stays.
  const auto keep = [](V value, V so_far) { return select(less(so_far, value), value, so_far); };
  size_t j = 0;
  for (; j + 2 * kLanes <= n; j += 2 * kLanes) {
    largest[0] = keep(abs(load(x + j)), largest[0]);
    largest[1] = keep(abs(load(x + j + kLanes)), largest[1]);
  }
  each_vector(n - j, [&](size_t k, const auto& get, const auto&) {
    largest[0] = keep(abs(get(x + j + k)), largest[0]);
  });
  return reduce_max(keep(largest[0], largest[1]));
}

void row_dots(const double* a, size_t as, size_t rows, size_t cols, const double* x, double* y) noexcept {
  size_t i = 0;
  for (; i + kRows <= rows; i += kRows, a += kRows * as) {
    V sum[kRows][2];
    for (size_t r = 0; r < kRows; ++r) sum[r][0] = sum[r][1] = zero();
    size_t j = 0;
    for (; j + 2 * kLanes <= cols; j += 2 * kLanes) {
      const V x0 = load(x + j), x1 = load(x + j + kLanes);
      BOREAL_UNROLL
      for (size_t r = 0; r < kRows; ++r) {
        sum[r][0] = fma(load(a + r * as + j), x0, sum[r][0]);
        sum[r][1] = fma(load(a + r * as + j + kLanes), x1, sum[r][1]);
      }
    }
    each_vector(cols - j, [&](size_t k, const auto& get, const auto&) {
      const V xk = get(x + j + k);
      for (size_t r = 0; r < kRows; ++r) sum[r][0] = fma(get(a + r * as + j + k), xk, sum[r][0]);
    });
    for (size_t r = 0; r < kRows; ++r) y[i + r] = reduce_add(sum[r][0] + sum[r][1]);
  }
  // The same order of summation as above: a row's bits don't depend on its place.
  for (; i < rows; ++i, a += as) {
    V sum[2] = {zero(), zero()};
    size_t j = 0;
    for (; j + 2 * kLanes <= cols; j += 2 * kLanes) {
      sum[0] = fma(load(a + j), load(x + j), sum[0]);
      sum[1] = fma(load(a + j + kLanes), load(x + j + kLanes), sum[1]);
    }
    each_vector(cols - j, [&](size_t k, const auto& get, const auto&) {
      sum[0] = fma(get(a + j + k), get(x + j + k), sum[0]);
    });
    y[i] = reduce_add(sum[0] + sum[1]);
  }
}

void add_rows(const double* a, size_t as, size_t rows, size_t cols, const double* x, double* y) noexcept {
  size_t i = 0;
  for (; i + 2 * kRows <= rows; i += 2 * kRows, a += 2 * kRows * as) {
    V factor[2 * kRows];
    BOREAL_UNROLL
    for (size_t r = 0; r < 2 * kRows; ++r) factor[r] = broadcast(x[i + r]);
    each_vector(cols, [&](size_t j, const auto& get, const auto& put) {
      V sum = get(y + j);
      BOREAL_UNROLL
      for (size_t r = 0; r < 2 * kRows; ++r) sum = fma(factor[r], get(a + r * as + j), sum);
      put(y + j, sum);
    });
  }
  for (; i < rows; ++i, a += as) {
    const V factor = broadcast(x[i]);
    each_vector(cols, [&](size_t j, const auto& get, const auto& put) {
      put(y + j, fma(factor, get(a + j), get(y + j)));
    });
  }
}

void rank_one(double* a, size_t as, size_t rows, size_t cols, const double* x, const double* y) noexcept {
  size_t i = 0;
  for (; i + kRows <= rows; i += kRows, a += kRows * as) {
    V factor[kRows];
    BOREAL_UNROLL
    for (size_t r = 0; r < kRows; ++r) factor[r] = broadcast(x[i + r]);
    each_vector(cols, [&](size_t j, const auto& get, const auto& put) {
      const V yj = get(y + j);
      BOREAL_UNROLL
      for (size_t r = 0; r < kRows; ++r) put(a + r * as + j, fma(factor[r], yj, get(a + r * as + j)));
    });
  }
  for (; i < rows; ++i, a += as) {
    const V factor = broadcast(x[i]);
    each_vector(cols, [&](size_t j, const auto& get, const auto& put) {
      put(a + j, fma(factor, get(y + j), get(a + j)));
    });
  }
}

void symmetric_rows(const double* a, size_t as, size_t first, size_t last, size_t n, const double* x,
                    double* y) noexcept {
  for (size_t i = first; i < last; i += kRows) {
    const size_t rows = last - i < kRows ? last - i : kRows;
    const double* const top = a + i * as;
    // The triangle on the diagonal, element by element.
    for (size_t r = 0; r < rows; ++r) {
      for (size_t c = r; c < rows; ++c) {
        const double value = top[r * as + i + c];
        y[i + r] += value * x[i + c];
        if (c != r) y[i + c] += value * x[i + r];
      }
    }
    const size_t right = i + rows;  // columns beyond the triangle: each element serves both sums
    if (rows == kRows) {
      V factor[kRows], sum[kRows];
      BOREAL_UNROLL
      for (size_t r = 0; r < kRows; ++r) {
        factor[r] = broadcast(x[i + r]);
        sum[r] = zero();
      }
      each_vector(n - right, [&](size_t k, const auto& get, const auto& put) {
        const size_t j = right + k;
        const V xj = get(x + j);
        V yj = get(y + j);
        BOREAL_UNROLL
        for (size_t r = 0; r < kRows; ++r) {
          const V value = get(top + r * as + j);
          yj = fma(value, factor[r], yj);
          sum[r] = fma(value, xj, sum[r]);
        }
        put(y + j, yj);
      });
      for (size_t r = 0; r < kRows; ++r) y[i + r] += reduce_add(sum[r]);
    } else {
      for (size_t r = 0; r < rows; ++r) {
        const V factor = broadcast(x[i + r]);
        V sum = zero();
        each_vector(n - right, [&](size_t k, const auto& get, const auto& put) {
          const V value = get(top + r * as + right + k);
          put(y + right + k, fma(value, factor, get(y + right + k)));
          sum = fma(value, get(x + right + k), sum);
        });
        y[i + r] += reduce_add(sum);
      }
    }
  }
}

void rotate(double* x, double* y, size_t n, double c, double s) noexcept {
  const V cosine = broadcast(c), sine = broadcast(s), minus_sine = broadcast(-s);
  each_vector(n, [&](size_t j, const auto& get, const auto& put) {
    const V xj = get(x + j), yj = get(y + j);
    put(x + j, fma(sine, yj, cosine * xj));
    put(y + j, fma(minus_sine, xj, cosine * yj));
  });
}

// One strip of columns, small enough for the L1 cache.
template <size_t kVectors, typename Get, typename Put>
inline void substitute_strip(const double* t, ptrdiff_t ti, ptrdiff_t tk, bool unit, double* b, ptrdiff_t bs,
                             size_t m, const Get& get, const Put& put) {
  for (size_t row = 0; row < m; ++row) {
    const ptrdiff_t i = static_cast<ptrdiff_t>(row);
    V sum[kVectors];
    BOREAL_UNROLL
    for (size_t v = 0; v < kVectors; ++v) sum[v] = get(b + i * bs + v * kLanes);
    for (ptrdiff_t k = 0; k < i; ++k) {
      const V factor = broadcast(-t[i * ti + k * tk]);
      BOREAL_UNROLL
      for (size_t v = 0; v < kVectors; ++v) sum[v] = fma(factor, get(b + k * bs + v * kLanes), sum[v]);
    }
    if (!unit) {
      const V diagonal = broadcast(t[i * (ti + tk)]);
      BOREAL_UNROLL
      for (size_t v = 0; v < kVectors; ++v) sum[v] = sum[v] / diagonal;
    }
    BOREAL_UNROLL
    for (size_t v = 0; v < kVectors; ++v) put(b + i * bs + v * kLanes, sum[v]);
  }
}

void substitute(const double* t, ptrdiff_t ti, ptrdiff_t tk, bool unit, double* b, ptrdiff_t bs, size_t m,
                size_t n) noexcept {
  constexpr size_t kWide = 6;
  size_t j = 0;
  const auto whole = [](const double* p) { return load(p); };
  const auto put = [](double* p, V v) { store(p, v); };
  for (; j + kWide * kLanes <= n; j += kWide * kLanes) {
    substitute_strip<kWide>(t, ti, tk, unit, b + j, bs, m, whole, put);
  }
  each_vector(n - j, [&](size_t k, const auto& get, const auto& put_some) {
    substitute_strip<1>(t, ti, tk, unit, b + j + k, bs, m, get, put_some);
  });
}

void pole_differences(Poles poles, const double* d, double origin, double* delta, size_t n) noexcept {
  const V o = broadcast(origin);
  if (poles == Poles::kPlain) {
    each_vector(n, [&](size_t j, const auto& get, const auto& put) { put(delta + j, get(d + j) - o); });
  } else {
    each_vector(n, [&](size_t j, const auto& get, const auto& put) {
      const V dj = get(d + j);
      put(delta + j, (dj - o) * (dj + o));
    });
  }
}

SecularSums secular_sums(const double* delta, const double* z2, double shift, size_t n) noexcept {
  const V x = broadcast(shift);
  V value[2] = {zero(), zero()}, slope[2] = {zero(), zero()};
  size_t j = 0;
  for (; j + 2 * kLanes <= n; j += 2 * kLanes) {
    BOREAL_UNROLL
    for (size_t u = 0; u < 2; ++u) {
      const V inverse = broadcast(1.0) / (load(delta + j + u * kLanes) - x);
      const V term = load(z2 + j + u * kLanes) * inverse;
      value[u] = value[u] + term;
      slope[u] = fma(term, inverse, slope[u]);
    }
  }
  SecularSums sums{reduce_add(value[0] + value[1]), reduce_add(slope[0] + slope[1])};
  for (; j < n; ++j) {
    const double inverse = 1 / (delta[j] - shift), term = z2[j] * inverse;
    sums.value += term;
    sums.slope += term * inverse;
  }
  return sums;
}

void scale_by_ratio(const double* gap, const double* delta, double* product, size_t n) noexcept {
  size_t j = 0;
  for (; j + kLanes <= n; j += kLanes)
    store(product + j, load(product + j) * (load(gap + j) / load(delta + j)));
  for (; j < n; ++j) product[j] *= gap[j] / delta[j];
}

double divide(const double* z, const double* gap, double* s, size_t n) noexcept {
  V squares[2] = {zero(), zero()};
  size_t j = 0;
  for (; j + 2 * kLanes <= n; j += 2 * kLanes) {
    BOREAL_UNROLL
    for (size_t u = 0; u < 2; ++u) {
      const V value = load(z + j + u * kLanes) / load(gap + j + u * kLanes);
      store(s + j + u * kLanes, value);
      squares[u] = fma(value, value, squares[u]);
    }
  }
  double sum = reduce_add(squares[0] + squares[1]);
  for (; j < n; ++j) {
    s[j] = z[j] / gap[j];
    sum += s[j] * s[j];
  }
  return sum;
}

}  // namespace

namespace BOREAL_ISA {

constexpr VectorKernels kVectors = {
    dot,    max_abs,    row_dots,         add_rows,     rank_one,       symmetric_rows,
    rotate, substitute, pole_differences, secular_sums, scale_by_ratio, divide};

}  // namespace BOREAL_ISA
}  // namespace boreal
