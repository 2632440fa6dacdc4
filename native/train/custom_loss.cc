#include "train/custom_loss.h"

#include <cmath>
#include <limits>
#include <utility>

#include "base/error.h"

namespace boreal {
namespace {

class CustomLoss final : public HistLoss {
 public:
  explicit CustomLoss(std::vector<double> start) : start_(std::move(start)) {}

  size_t outputs() const override { return start_.size(); }
  bool constant_hessian() const override { return false; }
  std::vector<double> baseline(Span<double>, Span<double>) const override { return start_; }

  void bring(Span<float> gradient, Span<float> hessian) override {
    gradient_ = gradient;
    hessian_ = hessian;
  }

  // As brought, weights and all. Each is read once: the caller's memory may change meanwhile.
  void gradients(const double*, Span<double> y, Span<double>, size_t begin, size_t end, float* gradient,
                 float* hessian) const override {
    const size_t rows = y.size;
    if (gradient_.size != rows * outputs() || hessian_.size != rows * outputs()) {
      throw Error("ERR_SHAPE", "A custom loss must bring one gradient and Hessian for each row and output.");
    }
    for (size_t k = 0; k < outputs(); ++k) {
      for (size_t i = begin; i < end; ++i) {
        const float g = gradient_[k * rows + i], h = hessian_[k * rows + i];
        if (!std::isfinite(g) || !std::isfinite(h) || h < 0) {
          throw Error("ERR_GRADIENT",
                      "A custom loss must write a finite gradient and a finite Hessian >= 0 for each row and "
                      "output.",
                      static_cast<int64_t>(i));
        }
        gradient[k * rows + i] = g;
        hessian[k * rows + i] = h;
      }
    }
  }

  double sum(const double*, Span<double>, Span<double>, size_t, size_t) const override {
    return std::numeric_limits<double>::quiet_NaN();
  }

 private:
  std::vector<double> start_;
  Span<float> gradient_{}, hessian_{};
};

}  // namespace

std::unique_ptr<HistLoss> make_custom_loss(std::vector<double> start) {
  for (double score : start) {
    if (!std::isfinite(score)) throw Error("ERR_PARAMETER", "The start of a custom loss must be finite.");
  }
  if (start.empty()) throw Error("ERR_PARAMETER", "A custom loss has one output at least.");
  return std::make_unique<CustomLoss>(std::move(start));
}

}  // namespace boreal
