#include "nn/loss.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace boreal {
namespace nn {
namespace {

// Sums form.value(y, t) over a row's outputs.
template <typename Form>
void by_output(const LossRows& r, double share, const Form& form) {
  for (size_t i = 0; i < r.rows; ++i) {
    const float *y = r.y + i * r.outputs, *t = r.targets + i * r.outputs;
    double sum = 0;
    for (size_t j = 0; j < r.outputs; ++j) sum += form.value(double{y[j]}, double{t[j]});
    r.losses[i] = share * sum;
    if (r.dy == nullptr) continue;
    float* const dy = r.dy + i * r.outputs;
    const double factor = share * r.factors[i];
    for (size_t j = 0; j < r.outputs; ++j) {
      dy[j] = static_cast<float>(factor * form.gradient(double{y[j]}, double{t[j]}));
    }
  }
}

// scratch = log softmax, y = softmax, dy = (y sum t - t) factor.
void softmax_entropy(const Loss& loss, const LossRows& r, const Kernels& kernels) {
  const size_t n = r.outputs;
  const auto& elementwise = elementwise_kernels<float>(kernels);
  elementwise.softmax_rows(true, r.y, n, r.scratch, n, r.rows, n);
  elementwise.unary(Unary::kExp, r.scratch, n, r.y, n, r.rows, n);
  const double smooth = loss.label_smoothing, each = smooth / static_cast<double>(n);
  for (size_t i = 0; i < r.rows; ++i) {
    const float *log_p = r.scratch + i * n, *p = r.y + i * n;
    float* const dy = r.dy == nullptr ? nullptr : r.dy + i * n;
    if (loss.sparse() && smooth == 0) {
      const size_t label = static_cast<size_t>(r.classes[i]);
      r.losses[i] = -double{log_p[label]};
      if (dy == nullptr) continue;
      const float factor = r.factors[i];
      for (size_t j = 0; j < n; ++j) dy[j] = factor * p[j];
      dy[label] = factor * (p[label] - 1);
      continue;
    }
    const auto target = [&](size_t j) {
      const double t = loss.sparse() ? static_cast<size_t>(r.classes[i]) == j : double{r.targets[i * n + j]};
      return t * (1 - smooth) + each;
    };
    double sum = 0, total = 0;
    for (size_t j = 0; j < n; ++j) {
      const double t = target(j);
      total += t;
      if (t != 0) sum -= t * log_p[j];
    }
    r.losses[i] = sum;
    if (dy == nullptr) continue;
    for (size_t j = 0; j < n; ++j) dy[j] = static_cast<float>(r.factors[i] * (p[j] * total - target(j)));
  }
}

// max(z, 0) - z t + log(1 + e^-|z|), whose derivative is sigmoid(z) - t.
void sigmoid_entropy(const Loss& loss, const LossRows& r, const Kernels& kernels) {
  const size_t size = r.rows * r.outputs;
  const auto& elementwise = elementwise_kernels<float>(kernels);
  elementwise.unary(Unary::kSoftplus, r.y, size, r.scratch, size, 1, size);
  const double smooth = loss.label_smoothing, share = share_of_output(loss.kind, r.outputs);
  const auto target = [&](size_t k) { return r.targets[k] * (1 - smooth) + smooth / 2; };
  for (size_t i = 0; i < r.rows; ++i) {
    double sum = 0;
    for (size_t k = i * r.outputs; k < (i + 1) * r.outputs; ++k) sum += r.scratch[k] - r.y[k] * target(k);
    r.losses[i] = share * sum;
  }
  elementwise.unary(Unary::kSigmoid, r.y, size, r.y, size, 1, size);
  if (r.dy == nullptr) return;
  for (size_t i = 0; i < r.rows; ++i) {
    for (size_t k = i * r.outputs; k < (i + 1) * r.outputs; ++k) {
      r.dy[k] = static_cast<float>(share * r.factors[i] * (r.y[k] - target(k)));
    }
  }
}

// -sum t log p over probabilities p; Keras divides a row by its sum first, which has a gradient too.
void probability_entropy(const Loss& loss, const LossRows& r) {
  const size_t n = r.outputs;
  const double smooth = loss.label_smoothing, each = smooth / static_cast<double>(n);
  for (size_t i = 0; i < r.rows; ++i) {
    const float* const p = r.y + i * n;
    const auto target = [&](size_t j) {
      const double t = loss.sparse() ? static_cast<size_t>(r.classes[i]) == j : double{r.targets[i * n + j]};
      return t * (1 - smooth) + each;
    };
    double total = 0, mass = 0, sum = 0;
    for (size_t j = 0; j < n; ++j) total += p[j];
    for (size_t j = 0; j < n; ++j) {
      const double t = target(j), q = p[j] / total;
      if (t == 0) continue;
      if (q > kClip && q < 1 - kClip) mass += t;
      sum -= t * std::log(clamped(q, kClip, 1 - kClip));
    }
    r.losses[i] = sum;
    if (r.dy == nullptr) continue;
    for (size_t j = 0; j < n; ++j) {
      const double q = p[j] / total, own = q > kClip && q < 1 - kClip ? target(j) / p[j] : 0;
      r.dy[i * n + j] = static_cast<float>(r.factors[i] * (mass / total - own));
    }
  }
}

void categorical_hinge(const LossRows& r) {
  const size_t n = r.outputs;
  for (size_t i = 0; i < r.rows; ++i) {
    const float *y = r.y + i * n, *t = r.targets + i * n;
    double positive = 0, negative = -HUGE_VAL;
    size_t worst = 0;
    for (size_t j = 0; j < n; ++j) {
      positive += double{t[j]} * y[j];
      const double other = (1 - double{t[j]}) * y[j];
      if (other > negative || std::isnan(other)) {
        negative = other;
        worst = j;
      }
    }
    const double margin = negative - positive + 1;
    r.losses[i] = margin < 0 ? 0 : margin;
    if (r.dy == nullptr) continue;
    for (size_t j = 0; j < n; ++j) {
      const double slope = (j == worst ? 1 - double{t[j]} : 0) - t[j];
      r.dy[i * n + j] = margin > 0 ? static_cast<float>(r.factors[i] * slope) : 0.0f;
    }
  }
}

}  // namespace

Activation Loss::logits_of() const {
  switch (kind) {
    case LossKind::kBinaryCrossEntropy:
    case LossKind::kSummedBinaryCrossEntropy:
      return Activation::kSigmoid;
    case LossKind::kCategoricalCrossEntropy:
    case LossKind::kSparseCategoricalCrossEntropy:
      return Activation::kSoftmax;
    default:
      return Activation::kLinear;
  }
}

void Loss::check(size_t outputs) const {
  if (outputs == 0) throw Error("ERR_PARAMETER", "A loss needs an output.");
  if (!(delta > 0 && std::isfinite(delta))) throw Error("ERR_PARAMETER", "delta must be finite and above 0.");
  if (!(label_smoothing >= 0 && label_smoothing < 1)) {
    throw Error("ERR_PARAMETER", "labelSmoothing must be in [0, 1).");
  }
  if (logits && logits_of() == Activation::kLinear) {
    throw Error("ERR_PARAMETER", "Only cross-entropies take logits.");
  }
}

void loss_rows(const Loss& loss, const LossRows& r, const Kernels& kernels) {
  const double share = share_of_output(loss.kind, r.outputs);
  switch (loss.kind) {
    case LossKind::kMeanSquaredError:
      return by_output(r, share, SquaredError{});
    case LossKind::kHalfSquaredError:
      return by_output(r, share, HalfSquaredError{});
    case LossKind::kMeanAbsoluteError:
      return by_output(r, share, AbsoluteError{});
    case LossKind::kHuber:
      return by_output(r, share, HuberError{loss.delta});
    case LossKind::kLogCosh:
      return by_output(r, share, LogCosh{});
    case LossKind::kMeanSquaredLogarithmicError:
      return by_output(r, share, SquaredLogarithmicError{});
    case LossKind::kBinaryCrossEntropy:
    case LossKind::kSummedBinaryCrossEntropy:
      return loss.logits ? sigmoid_entropy(loss, r, kernels)
                         : by_output(r, share, BinaryCrossEntropy{loss.label_smoothing});
    case LossKind::kCategoricalCrossEntropy:
    case LossKind::kSparseCategoricalCrossEntropy:
      return loss.logits ? softmax_entropy(loss, r, kernels) : probability_entropy(loss, r);
    case LossKind::kKlDivergence:
      return by_output(r, share, KlDivergence{});
    case LossKind::kHinge:
      return by_output(r, share, Hinge{});
    case LossKind::kSquaredHinge:
      return by_output(r, share, SquaredHinge{});
    case LossKind::kCategoricalHinge:
      return categorical_hinge(r);
    case LossKind::kPoisson:
    case LossKind::kSummedPoisson:
      return by_output(r, share, PoissonLoss{});
  }
}

}  // namespace nn
}  // namespace boreal
