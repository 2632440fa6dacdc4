// Activations, their gradients, and dropout.
#pragma once

#include "kernels/generic/unroll.h"
#include "kernels/generic/vector_math.inl.h"
#include "kernels/neural_kernels.h"

namespace boreal {
namespace {

using F = Vec<float>;

inline F number(float x) { return broadcast(x); }

// body(j, get, put) for whole vectors of n floats, then once for the rest; get gives zeros beyond the end.
template <typename Body>
BOREAL_INLINE void each_float(size_t n, const Body& body) {
  constexpr size_t kLanes = F::kLanes;
  size_t j = 0;
  for (; j + kLanes <= n; j += kLanes) {
    body(
        j, [](const float* p) { return load(p); }, [](float* p, F v) { store(p, v); });
  }
  const size_t rest = n - j;
  if (rest == 0) return;
  body(
      j, [rest](const float* p) { return load(p, rest, number(0)); },
      [rest](float* p, F v) { store(p, v, rest); });
}

constexpr float kSeluScale = 1.05070098735548049342f, kSeluAlpha = 1.67326324235437728482f;
constexpr float kRootHalf = 0.70710678118654752440f;     // sqrt(1/2)
constexpr float kNormal = 0.39894228040143267794f;       // 1 / sqrt(2 pi)
constexpr float kRootTwoByPi = 0.79788456080286535588f;  // sqrt(2 / pi)
constexpr float kGeluCubic = 0.044715f;

inline F positive_or(F x, F positive, F otherwise) { return select(less(number(0), x), positive, otherwise); }

inline F relu6(F x) {
  const F six = number(6);
  return select(less(six, x), six, relu(x));
}

inline F gelu_tanh_inner(F x) { return number(kRootTwoByPi) * fma(number(kGeluCubic) * x * x, x, x); }

// body(f): the function of one Vec.
template <typename Body>
BOREAL_INLINE void with_activation(Activation kind, float a, const Body& body) {
  switch (kind) {
    case Activation::kRelu:
      return body([](F x) { return relu(x); });
    case Activation::kRelu6:
      return body([](F x) { return relu6(x); });
    case Activation::kLeakyRelu:
      return body([a](F x) { return positive_or(x, x, number(a) * x); });
    case Activation::kElu:
      return body([a](F x) { return positive_or(x, x, number(a) * expm1(x)); });
    case Activation::kSelu:
      return body([](F x) {
        return positive_or(x, number(kSeluScale) * x, number(kSeluScale * kSeluAlpha) * expm1(x));
      });
    case Activation::kSigmoid:
      return body([](F x) { return sigmoid(x); });
    case Activation::kHardSigmoid:
      return body([](F x) { return relu6(x + number(3)) / number(6); });
    case Activation::kTanh:
      return body([](F x) { return tanh(x); });
    case Activation::kSoftplus:
      return body([](F x) { return softplus(x); });
    case Activation::kSoftsign:
      return body([](F x) { return x / (number(1) + abs(x)); });
    case Activation::kExponential:
      return body([](F x) { return exp(x); });
    case Activation::kGelu:
      return body([](F x) { return gelu(x); });
    case Activation::kGeluTanh:
      return body([](F x) { return number(0.5f) * x * (number(1) + tanh(gelu_tanh_inner(x))); });
    case Activation::kSilu:
      return body([](F x) { return silu(x); });
    case Activation::kHardSilu:
      return body([](F x) { return x * (relu6(x + number(3)) / number(6)); });
    case Activation::kMish:
      return body([](F x) { return x * tanh(softplus(x)); });
    case Activation::kLinear:
    case Activation::kSoftmax:
    case Activation::kLogSoftmax:
      return body([](F x) { return x; });
  }
}

// body(f): the derivative as a function of the value y or, as gradient_by_value says, of the argument x.
template <typename Body>
BOREAL_INLINE void with_derivative(Activation kind, float a, const Body& body) {
  const auto inside = [](F v, float low, float high, float slope) {
    return select(both(less(number(low), v), less(v, number(high))), number(slope), number(0));
  };
  switch (kind) {
    case Activation::kRelu:
      return body([](F y) { return positive_or(y, number(1), number(0)); });
    case Activation::kRelu6:
      return body([inside](F y) { return inside(y, 0, 6, 1); });
    case Activation::kLeakyRelu:
      return body([a](F y) { return positive_or(y, number(1), number(a)); });
    case Activation::kElu:
      return body([a](F y) { return positive_or(y, number(1), y + number(a)); });
    case Activation::kSelu:
      return body(
          [](F y) { return positive_or(y, number(kSeluScale), y + number(kSeluScale * kSeluAlpha)); });
    case Activation::kSigmoid:
      return body([](F y) { return y * (number(1) - y); });
    case Activation::kHardSigmoid:
      return body([inside](F y) { return inside(y, 0, 1, 1.0f / 6); });
    case Activation::kTanh:
      return body([](F y) { return number(1) - y * y; });
    case Activation::kSoftplus:
      return body([](F y) { return -expm1(-y); });
    case Activation::kSoftsign:
      return body([](F y) {
        const F rest = number(1) - abs(y);
        return rest * rest;
      });
    case Activation::kExponential:
      return body([](F y) { return y; });
    case Activation::kGelu:
      return body([](F x) {
        const F below = number(0.5f) * (number(1) + erf(x * number(kRootHalf)));
        return fma(x, number(kNormal) * exp(number(-0.5f) * x * x), below);
      });
    case Activation::kGeluTanh:
      return body([](F x) {
        const F t = tanh(gelu_tanh_inner(x)), one = number(1), half = number(0.5f);
        const F slope = number(kRootTwoByPi) * fma(number(3 * kGeluCubic) * x, x, one);
        return half * (one + t) + half * x * (one - t * t) * slope;
      });
    case Activation::kSilu:
      return body([](F x) {
        const F s = sigmoid(x);
        return s * fma(x, number(1) - s, number(1));
      });
    case Activation::kHardSilu:
      return body([](F x) {
        const F middle = (x + x + number(3)) / number(6);
        return select(less(number(3), x), number(1), select(less(x, number(-3)), number(0), middle));
      });
    case Activation::kMish:
      return body([](F x) {
        const F t = tanh(softplus(x));
        return fma(x * (number(1) - t * t), sigmoid(x), t);
      });
    case Activation::kLinear:
    case Activation::kSoftmax:
    case Activation::kLogSoftmax:
      return body([](F) { return number(1); });
  }
}

void activate(Activation kind, float a, const float* x, float* y, size_t n) noexcept {
  with_activation(kind, a, [&](auto f) {
    each_float(n, [&](size_t j, auto get, auto put) { put(y + j, f(get(x + j))); });
  });
}

void activate_back(Activation kind, float a, const float* x, const float* y, const float* dy, float* dx,
                   size_t n) noexcept {
  const float* const at = gradient_by_value(kind) ? y : x;
  with_derivative(kind, a, [&](auto f) {
    each_float(n, [&](size_t j, auto get, auto put) { put(dx + j, get(dy + j) * f(get(at + j))); });
  });
}

// softmax: dx = y (dy - sum y dy); its logarithm: dx = dy - e^y sum dy.
void softmax_back(bool log, const float* y, const float* dy, float* dx, size_t rows, size_t cols) noexcept {
  for (size_t i = 0; i < rows; ++i, y += cols, dy += cols, dx += cols) {
    F sum = number(0);
    each_float(cols, [&](size_t j, auto get, auto) {
      sum = log ? sum + get(dy + j) : fma(get(y + j), get(dy + j), sum);
    });
    const F total = number(reduce_add(sum));
    each_float(cols, [&](size_t j, auto get, auto put) {
      const F d = get(dy + j), v = get(y + j);
      put(dx + j, log ? d - exp(v) * total : v * (d - total));
    });
  }
}

// Two rounds of the 32-bit mixer "lowbias32" (Wellons, https://nullprogram.com/blog/2018/07/31/), each with
// half of the key. A plain loop over integers, which compilers turn into vectors.
void dropout(uint64_t key, size_t first, uint32_t threshold, float scale, const float* x, float* y,
             size_t n) noexcept {
  const uint32_t low = static_cast<uint32_t>(key), high = static_cast<uint32_t>(key >> 32);
  const uint32_t start = static_cast<uint32_t>(first);
  for (size_t i = 0; i < n; ++i) {
    uint32_t h = (start + static_cast<uint32_t>(i)) ^ low;
    h = (h ^ (h >> 16)) * 0x7feb352du;
    h = (h ^ (h >> 15)) * 0x846ca68bu;
    h = (h ^ (h >> 16)) + high;
    h = (h ^ (h >> 16)) * 0x7feb352du;
    h = (h ^ (h >> 15)) * 0x846ca68bu;
    h = h ^ (h >> 16);
    y[i] = h >= threshold ? scale * x[i] : 0.0f;
  }
}

}  // namespace
}  // namespace boreal
