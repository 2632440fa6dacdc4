// Kernels of neural networks, in float32: activations and their gradients, dropout, and what optimizers do to
// parameters. The common rules stand in kernels.h.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace boreal {

// The values are those of JavaScript's side (lib/nn/layer-spec.ts). `a` is the activation's parameter.
enum class Activation : int32_t {
  kLinear = 0,
  kRelu = 1,
  kRelu6 = 2,      // min(max(x, 0), 6)
  kLeakyRelu = 3,  // x > 0 ? x : a x, a >= 0
  kElu = 4,        // x > 0 ? x : a (e^x - 1), a >= 0 (Clevert, Unterthiner & Hochreiter 2016)
  kSelu = 5,       // s (x > 0 ? x : a (e^x - 1)), a and s of Klambauer et al. (2017)
  kSigmoid = 6,
  kHardSigmoid = 7,  // relu6(x + 3) / 6
  kTanh = 8,
  kSoftplus = 9,
  kSoftsign = 10,  // x / (1 + |x|)
  kExponential = 11,
  kGelu = 12,      // x Phi(x) (Hendrycks & Gimpel 2016)
  kGeluTanh = 13,  // its approximation by tanh
  kSilu = 14,      // x sigmoid(x)
  kHardSilu = 15,  // x hardSigmoid(x)
  kMish = 16,      // x tanh(softplus(x)) (Misra 2019)
  kSoftmax = 17,   // of each row; these two are not for `activate` and `activate_back`
  kLogSoftmax = 18,
};
constexpr int32_t kActivationCount = 19;

// Whether the gradient follows from the value alone, so that the value may take the place of its argument.
constexpr bool gradient_by_value(Activation f) { return f < Activation::kGelu || f > Activation::kMish; }

// One step of one optimizer over n parameters. s0, s1, s2 are its state, each [n].
enum class UpdateKind : int32_t {
  // w += c[1] g
  kPlain = 0,
  // s0 = c[0] s0 + c[1] g;  w += c[2] s0 + c[3] g
  kMomentum = 1,
  // s0 = c[0] s0 + c[1] g^2;  w -= c[2] g / root(s0)
  kRmsprop = 2,
  // the same, with s1 = c[3] s1 + c[2] g / root(s0);  w -= c[5] s1
  kRmspropMomentum = 3,
  // the same two with the variance s0 - s2^2 for s0, s2 = c[0] s2 + c[1] g
  kRmspropCentred = 4,
  kRmspropCentredMomentum = 5,
  // s0 += g^2;  w -= c[2] g / root(s0)
  kAdagrad = 6,
  // s0 = c[0] s0 + c[1] g;  s1 = c[2] s1 + c[3] g^2;  w -= c[5] s0 / (sqrt(s1) c[6] + epsilon)
  kAdam = 7,
  // the same with s2 = max(s2, s1) for s1
  kAmsgrad = 8,
};
constexpr int32_t kUpdateCount = 9;

struct UpdateTask {
  UpdateKind kind;
  size_t n;
  float *w, *s0, *s1, *s2;
  const float* g;
  float c[7];
  float epsilon;
  bool epsilon_in_root;  // root(v) = sqrt(v + epsilon), else sqrt(v) + epsilon
  float shrink;          // w is multiplied by it first: decoupled weight decay; 1 for none
};

struct NeuralKernels {
  // y = f(x); y may be x.
  void (*activate)(Activation f, float a, const float* x, float* y, size_t n) noexcept;
  // dx = dy f'(x), where y = f(x); of x and y only the one is read that gradient_by_value says. dx may be dy.
  void (*activate_back)(Activation f, float a, const float* x, const float* y, const float* dy, float* dx,
                        size_t n) noexcept;
  // Gradient of softmax (log: of its logarithm) of rows, from its values y. dx may be dy.
  void (*softmax_back)(bool log, const float* y, const float* dy, float* dx, size_t rows,
                       size_t cols) noexcept;

  // y[i] = kept(first + i) ? scale x[i] : 0; a number is kept with probability 1 - threshold / 2^32, decided
  // by a hash of its index and the key: the same in every batch, thread and ISA. y may be x.
  void (*dropout)(uint64_t key, size_t first, uint32_t threshold, float scale, const float* x, float* y,
                  size_t n) noexcept;

  // No multiplication is fused with an addition: the same bits on every ISA.
  void (*update)(const UpdateTask& task) noexcept;
  // g += l1 sign(w) + 2 l2 w; returns sum l1 |w| + l2 w^2.
  double (*penalize)(float l1, float l2, const float* w, float* g, size_t n) noexcept;

  // y[j] = start[j] + sum of x[i, j] over the rows in order; start null: 0. start may be y.
  void (*column_sums)(const float* x, size_t xs, size_t rows, size_t cols, const float* start,
                      float* y) noexcept;
  // y[i] = scale x[i]; y may be x.
  void (*scale)(float scale, const float* x, float* y, size_t n) noexcept;
  // y[i] = min(max(x[i], -limit), limit); y may be x.
  void (*clip)(float limit, const float* x, float* y, size_t n) noexcept;
  // sum of x[i]^2 in float64, in eight chains whatever the ISA.
  double (*sum_squares)(const float* x, size_t n) noexcept;
};

}  // namespace boreal
