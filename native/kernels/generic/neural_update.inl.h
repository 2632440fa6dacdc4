// What optimizers do to parameters, a vector at a time, and sums over gradients.
#pragma once

#include "kernels/generic/neural_activation.inl.h"

namespace boreal {
namespace {

// a x + b y, rounded twice: no fma, whose lack would show on the scalar ISA.
inline F blend(float a, F x, float b, F y) { return number(a) * x + number(b) * y; }

// body(j, get, put, w): w is the parameters after decoupled decay.
template <typename Body>
BOREAL_INLINE void each_parameter(const UpdateTask& t, const Body& body) {
  const F shrink = number(t.shrink);
  each_float(t.n, [&](size_t j, auto get, auto put) {
    const F w = get(t.w + j);
    put(t.w + j, body(j, get, put, t.shrink == 1.0f ? w : w * shrink));
  });
}

inline F root(const UpdateTask& t, F v) {
  const F epsilon = number(t.epsilon);
  return t.epsilon_in_root ? sqrt(v + epsilon) : sqrt(v) + epsilon;
}

template <bool kCentred, bool kMomentum>
void update_rmsprop(const UpdateTask& t) {
  each_parameter(t, [&](size_t j, auto get, auto put, F w) {
    const F g = get(t.g + j), squares = blend(t.c[0], get(t.s0 + j), t.c[1], g * g);
    put(t.s0 + j, squares);
    F variance = squares;
    if constexpr (kCentred) {
      const F mean = blend(t.c[0], get(t.s2 + j), t.c[1], g);
      put(t.s2 + j, mean);
      variance = max(squares - mean * mean, number(0));  // rounding may leave it below 0
    }
    const F step = number(t.c[2]) * g / root(t, variance);
    if constexpr (kMomentum) {
      const F velocity = number(t.c[3]) * get(t.s1 + j) + step;
      put(t.s1 + j, velocity);
      return w - number(t.c[5]) * velocity;
    }
    return w - step;
  });
}

template <bool kAmsgrad>
void update_adam(const UpdateTask& t) {
  each_parameter(t, [&](size_t j, auto get, auto put, F w) {
    const F g = get(t.g + j);
    const F mean = blend(t.c[0], get(t.s0 + j), t.c[1], g);
    F squares = blend(t.c[2], get(t.s1 + j), t.c[3], g * g);
    put(t.s0 + j, mean);
    put(t.s1 + j, squares);
    if constexpr (kAmsgrad) {
      squares = max(get(t.s2 + j), squares);
      put(t.s2 + j, squares);
    }
    return w - number(t.c[5]) * mean / (sqrt(squares) * number(t.c[6]) + number(t.epsilon));
  });
}

void update(const UpdateTask& t) noexcept {
  switch (t.kind) {
    case UpdateKind::kPlain:
      return each_parameter(t,
                            [&](size_t j, auto get, auto, F w) { return w + number(t.c[1]) * get(t.g + j); });
    case UpdateKind::kMomentum:
      return each_parameter(t, [&](size_t j, auto get, auto put, F w) {
        const F g = get(t.g + j), velocity = blend(t.c[0], get(t.s0 + j), t.c[1], g);
        put(t.s0 + j, velocity);
        return w + blend(t.c[2], velocity, t.c[3], g);
      });
    case UpdateKind::kRmsprop:
      return update_rmsprop<false, false>(t);
    case UpdateKind::kRmspropMomentum:
      return update_rmsprop<false, true>(t);
    case UpdateKind::kRmspropCentred:
      return update_rmsprop<true, false>(t);
    case UpdateKind::kRmspropCentredMomentum:
      return update_rmsprop<true, true>(t);
    case UpdateKind::kAdagrad:
      return each_parameter(t, [&](size_t j, auto get, auto put, F w) {
        const F g = get(t.g + j), squares = get(t.s0 + j) + g * g;
        put(t.s0 + j, squares);
        return w - number(t.c[2]) * g / root(t, squares);
      });
    case UpdateKind::kAdam:
      return update_adam<false>(t);
    case UpdateKind::kAmsgrad:
      return update_adam<true>(t);
  }
}

void column_sums(const float* x, size_t xs, size_t rows, size_t cols, const float* start, float* y) noexcept {
  each_float(cols, [&](size_t j, auto get, auto put) {
    F sum = start == nullptr ? number(0) : get(start + j);
    for (size_t i = 0; i < rows; ++i) sum = sum + get(x + i * xs + j);
    put(y + j, sum);
  });
}

void scale(float factor, const float* x, float* y, size_t n) noexcept {
  each_float(n, [&](size_t j, auto get, auto put) { put(y + j, number(factor) * get(x + j)); });
}

void clip(float limit, const float* x, float* y, size_t n) noexcept {
  each_float(n, [&](size_t j, auto get, auto put) {
    put(y + j, maximum(minimum(get(x + j), number(limit)), number(-limit)));
  });
}

double sum_squares(const float* x, size_t n) noexcept {
  double sum[8] = {};
  size_t i = 0;
  for (; i + 8 <= n; i += 8) {
    for (size_t k = 0; k < 8; ++k) sum[k] += static_cast<double>(x[i + k]) * x[i + k];
  }
  for (size_t k = 0; i < n; ++i, ++k) sum[k] += static_cast<double>(x[i]) * x[i];
  return ((sum[0] + sum[4]) + (sum[1] + sum[5])) + ((sum[2] + sum[6]) + (sum[3] + sum[7]));
}

double penalize(float l1, float l2, const float* w, float* g, size_t n) noexcept {
  const F both = number(2 * l2);
  double magnitudes = 0;
  if (l1 == 0) {
    each_float(n, [&](size_t j, auto get, auto put) { put(g + j, get(g + j) + both * get(w + j)); });
  } else {
    each_float(n, [&](size_t j, auto get, auto put) {
      const F x = get(w + j);
      put(g + j, get(g + j) + (number(l1) * sign(x) + both * x));
    });
    for (size_t i = 0; i < n; ++i) magnitudes += w[i] < 0 ? -w[i] : w[i];
  }
  return l1 * magnitudes + l2 * sum_squares(w, n);
}

}  // namespace
}  // namespace boreal
