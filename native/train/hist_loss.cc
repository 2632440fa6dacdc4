#include "train/hist_loss.h"

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "base/error.h"
#include "base/weights.h"
#include "device/portable_math.h"

namespace boreal {
namespace {

using namespace boosting;

// Sums in order, one chain, of rows with weight.
double weighted_mean(Span<double> y, Span<double> weights) {
  double sum = 0, total = 0;
  for (size_t i = 0; i < y.size; ++i) {
    const double weight = weights.size == 0 ? 1.0 : weights[i];
    sum += weight * y[i];
    total += weight;
  }
  return sum / total;
}

template <typename Loss>
class PointLoss final : public HistLoss {
 public:
  explicit PointLoss(Loss loss) : loss_(loss) {}

  bool constant_hessian() const override { return Loss::kConstantHessian; }
  double leaf_quantile() const override {
    if constexpr (std::is_same_v<Loss, Quantile>) return loss_.q;
    return 0;
  }

  std::vector<double> baseline(Span<double> y, Span<double> weights) const override {
    if constexpr (Loss::kStart == Start::kQuantile) {
      std::vector<QuantileValue> values;
      for (size_t i = 0; i < y.size; ++i) {
        const double weight = weights.size == 0 ? 1.0 : weights[i];
        if (weight > 0) values.push_back({y[i], weight});
      }
      return {averaged_quantile(&values, loss_.start())};
    }
    const double mean = weighted_mean(y, weights);
    if (Loss::kStart == Start::kMean) return {mean};
    constexpr double kLeast = 1e-15;
    if (Loss::kStart == Start::kLogMean) return {portable_log(std::max(mean, kLeast))};
    const double p = std::min(std::max(mean, kLeast), 1 - kLeast);
    return {portable_log(p / (1 - p))};
  }

  void gradients(const double* raw, Span<double> y, Span<double> weights, size_t begin, size_t end,
                 float* gradient, float* hessian) const override {
    if (weights.size == 0) {
      for (size_t i = begin; i < end; ++i) {
        const Slope slope = loss_.slope(y[i], raw[i]);
        gradient[i] = static_cast<float>(slope.gradient);
        if (hessian != nullptr) hessian[i] = static_cast<float>(slope.hessian);
      }
      return;
    }
    for (size_t i = begin; i < end; ++i) {
      const Slope slope = loss_.slope(y[i], raw[i]);
      gradient[i] = static_cast<float>(slope.gradient * weights[i]);
      hessian[i] = static_cast<float>(slope.hessian * weights[i]);
    }
  }

  double sum(const double* raw, Span<double> y, Span<double> weights, size_t begin,
             size_t end) const override {
    double total = 0;
    for (size_t i = begin; i < end; ++i) {
      total += (weights.size == 0 ? 1.0 : weights[i]) * loss_.value(y[i], raw[i]);
    }
    return total;
  }

 private:
  Loss loss_;
};

class Softmax final : public HistLoss {
 public:
  explicit Softmax(size_t classes) : classes_(classes) {}

  size_t outputs() const override { return classes_; }
  bool constant_hessian() const override { return false; }

  std::vector<double> baseline(Span<double> y, Span<double> weights) const override {
    std::vector<double> scores(classes_);
    double total = 0;
    for (size_t i = 0; i < y.size; ++i) {
      const double weight = weights.size == 0 ? 1.0 : weights[i];
      scores[static_cast<size_t>(y[i])] += weight;
      total += weight;
    }
    double mean = 0;
    for (double& score : scores) {
      score = portable_log(std::max(score / total, 1e-15));
      mean += score / static_cast<double>(classes_);
    }
    for (double& score : scores) score -= mean;
    return scores;
  }

  void gradients(const double* raw, Span<double> y, Span<double> weights, size_t begin, size_t end,
                 float* gradient, float* hessian) const override {
    const size_t rows = y.size;
    std::vector<double> exps(classes_);
    for (size_t i = begin; i < end; ++i) {
      const double total = exps_of({raw + i, rows, classes_}, &exps).total;
      const double weight = weights.size == 0 ? 1.0 : weights[i];
      for (size_t k = 0; k < classes_; ++k) {
        const Slope slope = SoftmaxRow::slope(exps[k] / total, static_cast<size_t>(y[i]) == k);
        gradient[k * rows + i] = static_cast<float>(slope.gradient * weight);
        hessian[k * rows + i] = static_cast<float>(slope.hessian * weight);
      }
    }
  }

  double sum(const double* raw, Span<double> y, Span<double> weights, size_t begin,
             size_t end) const override {
    const size_t rows = y.size;
    std::vector<double> exps(classes_);
    double total = 0;
    for (size_t i = begin; i < end; ++i) {
      const SoftmaxRow row{raw + i, rows, classes_};
      const Exps of = exps_of(row, &exps);
      total += (weights.size == 0 ? 1.0 : weights[i]) *
               row.value(static_cast<size_t>(y[i]), of.total, of.greatest);
    }
    return total;
  }

 private:
  struct Exps {
    double total, greatest;
  };
  static Exps exps_of(const SoftmaxRow& row, std::vector<double>* exps) {
    const double greatest = row.greatest();
    double total = 0;
    for (size_t k = 0; k < row.classes; ++k) total += (*exps)[k] = row.exp(k, greatest);
    return {total, greatest};
  }

  size_t classes_;
};

template <typename Loss>
std::unique_ptr<HistLoss> point(Loss loss) {
  return std::make_unique<PointLoss<Loss>>(loss);
}

}  // namespace

double HistLoss::total_weight(Span<double> weights, size_t rows) const {
  return boreal::total_weight(weights, rows);
}

void HistLoss::bring(Span<float>, Span<float>) {
  throw Error("ERR_PARAMETER", "This loss has gradients of its own.");
}

std::unique_ptr<HistLoss> HistLoss::make(LossKind kind, double parameter, size_t classes) {
  switch (kind) {
    case LossKind::kSquaredError:
      return point(SquaredError{});
    case LossKind::kAbsoluteError:
      return point(Quantile{0.5, 2.0});
    case LossKind::kQuantile:
      return point(Quantile{parameter, 1.0});
    case LossKind::kHuber:
      return point(Huber{parameter});
    case LossKind::kPoisson:
      return point(Poisson{});
    case LossKind::kGamma:
      return point(Gamma{});
    case LossKind::kTweedie:
      return point(Tweedie{parameter});
    case LossKind::kLogistic:
      return point(Logistic{});
    case LossKind::kSoftmax:
      return std::make_unique<Softmax>(classes);
    case LossKind::kCustom:
    case LossKind::kLambdaRank:
      break;
  }
  throw Error("ERR_PARAMETER", "There is no such loss.");
}

double averaged_quantile(std::vector<QuantileValue>* values, double quantile) {
  std::sort(values->begin(), values->end(), [](const QuantileValue& a, const QuantileValue& b) {
    return a.value < b.value || (a.value == b.value && a.weight < b.weight);
  });
  double total = 0;
  for (const QuantileValue& v : *values) total += v.weight;
  const double target = quantile * total;
  double sum = 0;
  size_t i = 0;
  while (i + 1 < values->size() && sum + (*values)[i].weight < target) sum += (*values)[i++].weight;
  const bool flat = i + 1 < values->size() && sum + (*values)[i].weight == target;
  const double value = (*values)[i].value;
  return flat ? 0.5 * value + 0.5 * (*values)[i + 1].value : value;
}

}  // namespace boreal
