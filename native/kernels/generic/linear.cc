// The kernels of linear models of one instruction set. A group of kLinearLanes lanes is kParts vectors.
#include BOREAL_SIMD

#include "kernels/generic/log.inl.h"
#include "kernels/generic/unroll.h"
#include "kernels/isa.h"

namespace boreal {
namespace {

using V = Vec<double>;
constexpr size_t kLanes = V::kLanes;
constexpr size_t kParts = kLinearLanes / kLanes;
constexpr size_t kRows = 8;  // that sums down the rows take together

inline V zero() { return broadcast(0.0); }

inline double sum_lanes(const double* l) {
  return ((l[0] + l[4]) + (l[2] + l[6])) + ((l[1] + l[5]) + (l[3] + l[7]));
}
inline double sum_parts(const V (&parts)[kParts]) {
  double lanes[kLinearLanes];
  for (size_t p = 0; p < kParts; ++p) store(lanes + p * kLanes, parts[p]);
  return sum_lanes(lanes);
}

// Calls f(j, lanes, load of doubles, load of Ts, store) for whole vectors of columns and for the rest.
template <typename F>
BOREAL_INLINE void each_vector(size_t n, const F& f) {
  size_t j = 0;
  const auto get = [](const double* p) { return load(p); };
  const auto wide = [](const auto* p) { return load_wide(p); };
  const auto put = [](double* p, V v) { store(p, v); };
  for (; j + kLanes <= n; j += kLanes) f(j, get, wide, put);
  const size_t rest = n - j;
  if (rest == 0) return;
  f(
      j, [rest](const double* p) { return load(p, rest, zero()); },
      [rest](const auto* p) { return load_wide(p, rest); }, [rest](double* p, V v) { store(p, v, rest); });
}

template <size_t kTogether, typename T>
BOREAL_INLINE void scores_of_rows(const T* x, size_t xs, size_t cols, const double* w, double bias,
                                  double* y) {
  V sum[kTogether][kParts];
  BOREAL_UNROLL
  for (size_t r = 0; r < kTogether; ++r) {
    BOREAL_UNROLL
    for (size_t p = 0; p < kParts; ++p) sum[r][p] = zero();
  }
  size_t j = 0;
  for (; j + kLinearLanes <= cols; j += kLinearLanes) {
    BOREAL_UNROLL
    for (size_t p = 0; p < kParts; ++p) {
      const V wj = load(w + j + p * kLanes);
      BOREAL_UNROLL
      for (size_t r = 0; r < kTogether; ++r) {
        sum[r][p] = sum[r][p] + load_wide(x + r * xs + j + p * kLanes) * wj;
      }
    }
  }
  BOREAL_UNROLL
  for (size_t p = 0; p < kParts; ++p) {
    const size_t at = j + p * kLanes;
    if (at >= cols) break;
    const size_t count = cols - at < kLanes ? cols - at : kLanes;
    const bool whole = count == kLanes;
    const V wj = whole ? load(w + at) : load(w + at, count, zero());
    BOREAL_UNROLL
    for (size_t r = 0; r < kTogether; ++r) {
      const T* const row = x + r * xs + at;
      sum[r][p] = sum[r][p] + (whole ? load_wide(row) : load_wide(row, count)) * wj;
    }
  }
  for (size_t r = 0; r < kTogether; ++r) y[r] = sum_parts(sum[r]) + bias;
}

template <typename T>
void scores(const T* x, size_t xs, size_t rows, size_t cols, const double* w, double bias,
            double* y) noexcept {
  size_t i = 0;
  for (; i + kLanes <= rows; i += kLanes) scores_of_rows<kLanes>(x + i * xs, xs, cols, w, bias, y + i);
  for (; i < rows; ++i) scores_of_rows<1>(x + i * xs, xs, cols, w, bias, y + i);
}

// y[j] += the sum of factor[r] x[r,j] over kRows rows.
template <typename T>
BOREAL_INLINE void add_row_group(const T* x, size_t xs, size_t cols, const double* factor, double* y) {
  V f[kRows];
  BOREAL_UNROLL
  for (size_t r = 0; r < kRows; ++r) f[r] = broadcast(factor[r]);
  each_vector(cols, [&](size_t j, const auto& get, const auto& wide, const auto& put) {
    V term[kRows];
    BOREAL_UNROLL
    for (size_t r = 0; r < kRows; ++r) term[r] = f[r] * wide(x + r * xs + j);
    const V low = (term[0] + term[1]) + (term[2] + term[3]);
    const V high = (term[4] + term[5]) + (term[6] + term[7]);
    put(y + j, get(y + j) + (low + high));
  });
}

template <typename T>
BOREAL_INLINE void add_one_row(const T* x, size_t cols, double factor, double* y) {
  const V f = broadcast(factor);
  each_vector(cols, [&](size_t j, const auto& get, const auto& wide, const auto& put) {
    put(y + j, get(y + j) + f * wide(x + j));
  });
}

template <typename T>
void add_rows(const T* x, size_t xs, size_t rows, size_t cols, const double* s, double* y) noexcept {
  size_t i = 0;
  for (; i + kRows <= rows; i += kRows) add_row_group(x + i * xs, xs, cols, s + i, y);
  for (; i < rows; ++i) add_one_row(x + i * xs, cols, s[i], y);
}

template <typename T>
void add_gram(const T* x, size_t xs, size_t rows, size_t cols, const double* s, double* g,
              size_t gs) noexcept {
  size_t i = 0;
  for (; i + kRows <= rows; i += kRows) {
    const T* const group = x + i * xs;
    for (size_t j = 0; j < cols; ++j) {
      const size_t first = j / kLanes * kLanes;
      double factor[kRows];
      for (size_t r = 0; r < kRows; ++r) {
        factor[r] = static_cast<double>(group[r * xs + j]) * (s == nullptr ? 1.0 : s[i + r]);
      }
      add_row_group(group + first, xs, cols - first, factor, g + j * gs + first);
    }
  }
  for (; i < rows; ++i) {
    const T* const row = x + i * xs;
    for (size_t j = 0; j < cols; ++j) {
      const size_t first = j / kLanes * kLanes;
      const double factor = static_cast<double>(row[j]) * (s == nullptr ? 1.0 : s[i]);
      add_one_row(row + first, cols - first, factor, g + j * gs + first);
    }
  }
}

// ---- Losses ------------------------------------------------------------------------------------------
// Estrin's scheme: pairs of terms, then pairs of pairs, so that no chain of operations is long.
template <size_t kTerms>
inline V plain_polynomial(const double (&coefficients)[kTerms], V x) {
  constexpr size_t kPairs = (kTerms + 1) / 2;
  V pair[kPairs];
  BOREAL_UNROLL
  for (size_t i = 0; i < kPairs; ++i) {
    const V low = broadcast(coefficients[2 * i]);
    pair[i] =
        2 * i + 1 < kTerms ? low + x * broadcast(coefficients[2 * i + 1 < kTerms ? 2 * i + 1 : 0]) : low;
  }
  V power = x * x;
  BOREAL_UNROLL
  for (size_t width = kPairs; width > 1; width = (width + 1) / 2, power = power * power) {
    BOREAL_UNROLL
    for (size_t i = 0; i < width / 2; ++i) pair[i] = pair[2 * i] + power * pair[2 * i + 1];
    if (width % 2 == 1) pair[width / 2] = pair[width - 1];
  }
  return pair[0];
}

// e^x of x <= 0, up to 2 ulps; from -700 on what e^-700 is, so that nothing is subnormal.
inline V plain_exp(V x) {
  using C = ExpConstants<double>;
  const V bounded = max(broadcast(-700.0), x);
  const V n = round(bounded * broadcast(C::kLog2E));
  const V r = (bounded - n * broadcast(C::kLn2High)) - n * broadcast(C::kLn2Low);
  return scale2(broadcast(1.0) + (r + r * r * plain_polynomial(C::kQ, r)), n);
}

// log x of x >= 1, finite. log(1 + e) needs no log1p: beside a mean loss the rounding of 1 + e is nothing.
inline V plain_log(V x) {
  using C = LogConstants<double>;
  const SplitExponent<double> parts = split_exponent(x);
  const V f = parts.fraction - broadcast(1.0), s = f / (f + broadcast(2.0)), z = s * s;
  const V half_square = f * f * broadcast(0.5);
  const V rest = z * (z * plain_polynomial(C::kR, z) + broadcast(C::kTwoThirds));
  const V small = s * (half_square + rest) + parts.exponent * broadcast(ExpConstants<double>::kLn2Low);
  return parts.exponent * broadcast(ExpConstants<double>::kLn2High) - ((half_square - small) - f);
}

// Sums f(i, count, whole) over vectors of rows, in kLinearLanes lanes. Lanes beyond `count` must be 0.
template <typename F>
BOREAL_INLINE double sum_rows(size_t n, const F& f) {
  V total[kParts];
  for (size_t p = 0; p < kParts; ++p) total[p] = zero();
  size_t i = 0;
  for (; i + kLinearLanes <= n; i += kLinearLanes) {
    BOREAL_UNROLL
    for (size_t p = 0; p < kParts; ++p) total[p] = total[p] + f(i + p * kLanes, kLanes);
  }
  for (size_t p = 0; i < n; i += kLanes, ++p) {
    total[p] = total[p] + f(i, n - i < kLanes ? n - i : kLanes);
  }
  return sum_parts(total);
}

inline V get(const double* p, size_t count, double fill) {
  return count == kLanes ? load(p) : load(p, count, broadcast(fill));
}
inline void put(double* p, V v, size_t count) {
  if (count == kLanes) {
    store(p, v);
  } else {
    store(p, v, count);
  }
}

// 1 in the first lanes, 0 in the others.
inline V first_ones(size_t count) {
  static constexpr double kOnes[kLinearLanes] = {1, 1, 1, 1, 1, 1, 1, 1};
  return get(kOnes, count, 0.0);
}

template <bool kWeighted>
double binomial_loss(double* z, const double* sign, const double* weights, size_t n) {
  const V one = broadcast(1.0);
  return sum_rows(n, [&](size_t i, size_t count) {
    // Beyond the end: sign 0 and weight 0 give a loss of log 2, which the weight or the mask takes away.
    const V side = get(sign + i, count, 0.0), t = side * get(z + i, count, 0.0);
    const V e = plain_exp(-abs(t)), u = one + e;
    V slope = side * (select(less(t, zero()), e, one) / u), loss = plain_log(u) + max(zero(), t);
    if (kWeighted) {
      const V weight = get(weights + i, count, 0.0);
      slope = weight * slope;
      loss = weight * loss;
    } else if (count != kLanes) {
      loss = abs(side) * loss;
    }
    put(z + i, slope, count);
    return loss;
  });
}

double binomial(double* z, const double* sign, const double* weights, size_t n) noexcept {
  return weights == nullptr ? binomial_loss<false>(z, sign, nullptr, n)
                            : binomial_loss<true>(z, sign, weights, n);
}

double multinomial(double* z, size_t zs, size_t classes, const double* own, const double* weights,
                   size_t n) noexcept {
  return sum_rows(n, [&](size_t i, size_t count) {
    V largest = get(z + i, count, 0.0);
    for (size_t k = 1; k < classes; ++k) largest = max(largest, get(z + k * zs + i, count, 0.0));
    V sum = zero();
    for (size_t k = 0; k < classes; ++k) {
      const V e = plain_exp(get(z + k * zs + i, count, 0.0) - largest);
      put(z + k * zs + i, e, count);
      sum = sum + e;
    }
    const V loss = plain_log(sum) + (largest - get(own + i, count, 0.0));
    const V weight = weights == nullptr ? first_ones(count) : get(weights + i, count, 0.0);
    const V scale = weight / sum;
    for (size_t k = 0; k < classes; ++k) put(z + k * zs + i, get(z + k * zs + i, count, 0.0) * scale, count);
    return weight * loss;
  });
}

template <typename T>
constexpr LinearKernels<T> make_linear_kernels() {
  return {scores<T>, add_rows<T>, add_gram<T>};
}

}  // namespace

namespace BOREAL_ISA {

constexpr LinearKernels<float> kLinearF32 = make_linear_kernels<float>();
constexpr LinearKernels<double> kLinearF64 = make_linear_kernels<double>();
constexpr LogisticKernels kLogistic = {binomial, multinomial};

}  // namespace BOREAL_ISA
}  // namespace boreal
