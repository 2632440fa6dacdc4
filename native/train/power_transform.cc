// The likelihood of an exponent is -n/2 log(variance of the transformed values) + (exponent - 1) sum of the
// logs of the transform's slope (Yeo and Johnson 2000, equation 3.1). With L = log x, or log(1 + |x|), a
// transformed value is expm1(exponent L) / exponent, so the logarithms are taken once. The search is that of
// Brent (1973, chapter 5), within the exponents for which neither the values nor their squares leave the
// range of float64.
#include "train/power_transform.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/aligned_buffer.h"
#include "base/thread_pool.h"
#include "kernels/dispatch.h"

namespace boreal {
namespace {

constexpr size_t kBlock = 1024;
constexpr double kTolerance = 1.48e-8;
constexpr int kMostSteps = 500;

// Mean and sum of squared deviations, block by block (Chan, Golub & LeVeque 1979).
struct Spread {
  double count = 0, mean = 0, squares = 0;

  void add(const double* values, size_t size) {
    double sum = 0;
    for (size_t i = 0; i < size; ++i) sum += values[i] - values[0];
    const double own = values[0] + sum / static_cast<double>(size);
    double own_squares = 0;
    for (size_t i = 0; i < size; ++i) own_squares += (values[i] - own) * (values[i] - own);
    const double total = count + static_cast<double>(size);
    const double delta = own - mean;
    squares += own_squares + delta * delta * (count * (static_cast<double>(size) / total));
    mean += delta * (static_cast<double>(size) / total);
    count = total;
  }
};

// One column's logarithms: those of numbers that `exponent` bends, then those that `2 - exponent` does.
class Likelihood {
 public:
  Likelihood(AlignedBuffer<double> logs, size_t upper, size_t size, double slope, double farthest)
      : logs_(std::move(logs)), upper_(upper), size_(size), slope_(slope), farthest_(farthest) {}

  double operator()(double exponent) const {
    Spread spread;
    add(logs_.data(), upper_, exponent, 1, &spread);
    add(logs_.data() + upper_, size_ - upper_, 2 - exponent, -1, &spread);
    const double n = static_cast<double>(size_);
    return -n / 2 * std::log(spread.squares / n) + (exponent - 1) * slope_;
  }

 private:
  void add(const double* logs, size_t size, double exponent, double sign, Spread* spread) const {
    const ElementwiseKernels<double>& kernels = elementwise_kernels<double>(boreal::kernels());
    const bool bends = std::fabs(exponent) > std::numeric_limits<double>::epsilon();
    // The variance of numbers of one side is the same without the -1 of expm1, in which steep powers drown.
    const bool steep = (upper_ == 0 || upper_ == size_) && std::fabs(exponent) * farthest_ > 1;
    const Unary power = steep ? Unary::kExp : Unary::kExpm1;
    double block[kBlock];
    for (size_t begin = 0; begin < size; begin += kBlock) {
      const size_t count = std::min(kBlock, size - begin);
      const double factor = bends ? exponent : sign;
      for (size_t i = 0; i < count; ++i) block[i] = factor * logs[begin + i];
      if (bends) {
        kernels.unary(power, block, count, block, count, 1, count);
        for (size_t i = 0; i < count; ++i) block[i] *= sign / exponent;
      }
      spread->add(block, count);
    }
  }

  AlignedBuffer<double> logs_;
  size_t upper_, size_;
  double slope_, farthest_;
};

// Where f is greatest in [low, high]: golden sections, and parabolas through the best three points.
template <typename F>
double maximise(double low, double high, const CancelToken* cancel, const F& f) {
  const double golden = (3 - std::sqrt(5.0)) / 2;
  const double rounding = std::sqrt(std::numeric_limits<double>::epsilon());
  double x = low + golden * (high - low), second = x, third = x;
  double fx = -f(x), f_second = fx, f_third = fx, step = 0, before = 0;
  for (int i = 0; i < kMostSteps; ++i) {
    check_cancel(cancel);
    const double middle = (low + high) / 2;
    const double least = rounding * std::fabs(x) + kTolerance / 3;
    if (std::fabs(x - middle) <= 2 * least - (high - low) / 2) break;
    bool sections = true;
    if (std::fabs(before) > least) {
      const double r = (x - second) * (fx - f_third);
      double q = (x - third) * (fx - f_second);
      double p = (x - third) * q - (x - second) * r;
      q = 2 * (q - r);
      if (q > 0) p = -p;
      q = std::fabs(q);
      const double last = before;
      before = step;
      if (std::fabs(p) < std::fabs(q * last / 2) && p > q * (low - x) && p < q * (high - x)) {
        sections = false;
        step = p / q;
        const double at = x + step;
        if (at - low < 2 * least || high - at < 2 * least) step = x < middle ? least : -least;
      }
    }
    if (sections) {
      before = x >= middle ? low - x : high - x;
      step = golden * before;
    }
    const double at = x + (std::fabs(step) >= least ? step : std::copysign(least, step));
    const double value = -f(at);
    if (value <= fx) {
      (at >= x ? low : high) = x;
      third = second, f_third = f_second;
      second = x, f_second = fx;
      x = at, fx = value;
    } else {
      (at < x ? low : high) = at;
      if (value <= f_second || second == x) {
        third = second, f_third = f_second;
        second = at, f_second = value;
      } else if (value <= f_third || third == x || third == second) {
        third = at, f_third = value;
      }
    }
  }
  return x;
}

// values: [size], none of them NaN.
double exponent_of(const std::vector<double>& values, PowerMethod method, const CancelToken* cancel) {
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  if (*least == *most) return 1;
  const bool signed_numbers = method == PowerMethod::kYeoJohnson;
  const size_t size = values.size();
  AlignedBuffer<double> logs(size);
  size_t upper = 0, lower = size;
  double slope = 0, farthest = 0;
  for (const double value : values) {
    const bool negative = signed_numbers && value < 0;
    const double log = signed_numbers ? std::log1p(std::fabs(value)) : std::log(value);
    logs[negative ? --lower : upper++] = log;
    slope += negative ? -log : log;
    farthest = std::max(farthest, std::fabs(log));
  }
  // exponent L stays within these; twenty times the largest value of the training rows may come later.
  using Limits = std::numeric_limits<double>;
  const double reach = (signed_numbers ? std::log1p(20 * std::max(std::fabs(*least), std::fabs(*most)))
                                       : farthest + std::log(20.0));
  const double floor = (std::log(Limits::min()) - std::log(Limits::epsilon())) / 2 / reach;
  const double ceiling = (std::log(Limits::max()) + std::log(Limits::epsilon())) / 2 / reach;
  double low = floor, high = ceiling;
  if (upper == 0) {
    low = 2 - ceiling, high = 2 - floor;
  } else if (upper < size) {
    low = std::max(2 - ceiling, floor), high = std::min(2 - floor, ceiling);
    if (low > high) return 1;  // numbers so huge on both sides that every other exponent leaves the range
  }
  const Likelihood likelihood(std::move(logs), upper, size, slope, farthest);
  return maximise(low, high, cancel, likelihood);
}

}  // namespace

template <typename T>
std::vector<double> power_exponents(MatrixView<const T> x, PowerMethod method, const CancelToken* cancel) {
  std::vector<double> exponents(x.cols, std::numeric_limits<double>::quiet_NaN());
  ThreadPool::instance().parallel_for(x.cols, [&](size_t j, size_t) {
    std::vector<double> values;
    values.reserve(x.rows);
    for (size_t i = 0; i < x.rows; ++i) {
      if (!std::isnan(x.at(i, j))) values.push_back(static_cast<double>(x.at(i, j)));
    }
    if (!values.empty()) exponents[j] = exponent_of(values, method, cancel);
  });
  return exponents;
}

template std::vector<double> power_exponents<float>(MatrixView<const float>, PowerMethod, const CancelToken*);
template std::vector<double> power_exponents<double>(MatrixView<const double>, PowerMethod,
                                                     const CancelToken*);

}  // namespace boreal
