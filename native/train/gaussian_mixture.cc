#include "train/gaussian_mixture.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "base/error.h"
#include "base/partition.h"
#include "base/thread_pool.h"
#include "linalg/cholesky.h"
#include "linalg/dense.h"
#include "train/dot.h"

namespace boreal {
namespace {

constexpr size_t kPartRows = 512;
constexpr size_t kBlockRows = 256;
constexpr size_t kParts = 64;
constexpr size_t kSumBytes = 128 << 20;  // of the sums of all parts
constexpr double kLog2Pi = 1.8378770664093454836;
constexpr double kTiny = 10 * std::numeric_limits<double>::epsilon();

class Em {
 public:
  Em(MatrixView<const double> x, std::vector<double>& resp, const MixtureSpec& spec,
     const CancelToken* cancel)
      : x_(x), resp_(resp), spec_(spec), cancel_(cancel), k_(spec.components), d_(x.cols) {
    const bool matrices = spec.type == CovarianceType::kFull || spec.type == CovarianceType::kTied;
    const size_t count = spec.type == CovarianceType::kTied ? 1 : k_;
    scatter_size_ = matrices ? count * d_ * d_ : k_ * d_;
    const size_t fitting = kSumBytes / (sizeof(double) * std::max<size_t>(1, scatter_size_ + k_ * d_));
    rows_ = partition_rows(x.rows, kPartRows, std::clamp<size_t>(fitting, 2, kParts));
  }

  // Weights, means and covariances from the responsibilities.
  void maximise(Mixture* m) const {
    sum_means(m);
    std::vector<std::vector<double>> parts(rows_.count());
    run([&](size_t part) { parts[part] = scatter(part, *m); });
    std::vector<double> sum(scatter_size_, 0.0);
    for (const std::vector<double>& part : parts) {
      for (size_t p = 0; p < sum.size(); ++p) sum[p] += part[p];
    }
    set_covariances(sum, m);
    double total = 0;
    for (const double weight : m->weights) total += weight;
    for (double& weight : m->weights) weight /= total;
  }

  // The factors of the inverse covariances.
  void factorise(Mixture* m) const {
    m->precisions.assign(m->covariances.size(), 0.0);
    if (spec_.reg_covar == 0) require_spread(*m);
    if (spec_.type == CovarianceType::kDiagonal || spec_.type == CovarianceType::kSpherical) {
      for (size_t p = 0; p < m->covariances.size(); ++p) {
        if (!(m->covariances[p] > 0)) collapse();
        m->precisions[p] = 1.0 / std::sqrt(m->covariances[p]);
      }
      return;
    }
    std::vector<double> lower(d_ * d_);
    for (size_t at = 0; at < m->covariances.size(); at += d_ * d_) {
      try {
        cholesky(dense_view<const double>(m->covariances.data() + at, d_, d_),
                 dense_view(lower.data(), d_, d_), {1, cancel_});
      } catch (const Error& error) {
        if (std::string(error.code()) == "ERR_NOT_POSITIVE_DEFINITE") collapse();
        throw;
      }
      invert_transposed(lower, m->precisions.data() + at);
    }
  }

  // Responsibilities, and the mean log-likelihood.
  double expect(const Mixture& m) {
    const std::vector<double> constant = constants(m);
    std::vector<double> sums(rows_.count());
    run([&](size_t part) {
      std::vector<double> centred(kBlockRows * d_), turned(kBlockRows * d_);
      for (size_t i = rows_.begin(part); i < rows_.end(part); i += kBlockRows) {
        const size_t count = std::min(kBlockRows, rows_.end(part) - i);
        double* const out = resp_.data() + i * k_;
        for (size_t c = 0; c < k_; ++c) {
          centre(i, count, m.means.data() + c * d_, centred.data());
          const double* const y = whiten(m, c, count, centred, &turned);
          for (size_t r = 0; r < count; ++r) {
            out[r * k_ + c] = constant[c] - 0.5 * dot(y + r * d_, y + r * d_, d_);
          }
        }
        for (size_t r = 0; r < count; ++r) sums[part] += normalise(out + r * k_);
      }
    });
    double total = 0;
    for (const double sum : sums) total += sum;
    return total / static_cast<double>(x_.rows);
  }

 private:
  [[noreturn]] static void collapse() {
    throw Error(
        "ERR_NOT_POSITIVE_DEFINITE",
        "A component has collapsed onto too few rows: use fewer components, another covarianceType, or a "
        "larger regCovar.");
  }

  // Rows that are all alike leave a variance just above 0, since rounding, and what is added to the weight of
  // a component, move its mean from them: nothing but that says how far it reaches.
  void require_spread(const Mixture& m) const {
    const bool tied = spec_.type == CovarianceType::kTied,
               spherical = spec_.type == CovarianceType::kSpherical;
    const size_t stride = spec_.type == CovarianceType::kFull ? d_ + 1 : tied ? d_ + 1 : 1;
    const size_t each = m.covariances.size() / (tied ? 1 : k_);
    std::vector<double> moved((tied ? 1 : k_) * d_);  // squares of what means may be off by
    for (size_t c = 0; c < k_; ++c) {
      const double rows = m.weights[c] * static_cast<double>(x_.rows);
      for (size_t j = 0; j < d_; ++j) {
        const double error = std::fabs(m.means[c * d_ + j]) * kTiny * (8 + 2 / rows);
        moved[(tied ? 0 : c * d_) + j] += (tied ? m.weights[c] : 1) * error * error;
      }
    }
    for (size_t p = 0; p < moved.size(); ++p) {
      const size_t c = p / d_, j = p % d_;
      // A spherical component reaches as far as its columns do on average: one of them is enough.
      const double bound = spherical ? *std::max_element(moved.begin() + static_cast<ptrdiff_t>(c * d_),
                                                         moved.begin() + static_cast<ptrdiff_t>((c + 1) * d_))
                                     : moved[p];
      if (!(m.covariances[c * each + (spherical ? 0 : j * stride)] > bound)) collapse();
    }
  }

  template <typename Body>
  void run(const Body& body) const {
    ThreadPool::instance().parallel_for(rows_.count(), [&](size_t part, size_t) {
      check_cancel(cancel_);
      body(part);
    });
  }

  void centre(size_t first, size_t count, const double* mean, double* out) const {
    for (size_t r = 0; r < count; ++r) {
      const double* const row = x_.row(first + r);
      for (size_t j = 0; j < d_; ++j) out[r * d_ + j] = row[j] - mean[j];
    }
  }

  // centred times the factor of component c.
  const double* whiten(const Mixture& m, size_t c, size_t count, std::vector<double>& centred,
                       std::vector<double>* turned) const {
    if (spec_.type == CovarianceType::kFull || spec_.type == CovarianceType::kTied) {
      const size_t at = spec_.type == CovarianceType::kTied ? 0 : c * d_ * d_;
      multiply(1, Form::kAsIs, dense_view<const double>(centred.data(), count, d_), Form::kAsIs,
               dense_view<const double>(m.precisions.data() + at, d_, d_), 0,
               dense_view(turned->data(), count, d_), {1, nullptr});
      return turned->data();
    }
    if (spec_.type == CovarianceType::kDiagonal) {
      const double* const precisions = m.precisions.data() + c * d_;
      for (size_t r = 0; r < count; ++r) {
        for (size_t j = 0; j < d_; ++j) centred[r * d_ + j] *= precisions[j];
      }
    } else {
      for (size_t p = 0; p < count * d_; ++p) centred[p] *= m.precisions[c];
    }
    return centred.data();
  }

  // What a log density of each component has besides the squares, and the log weight.
  std::vector<double> constants(const Mixture& m) const {
    std::vector<double> result(k_);
    for (size_t c = 0; c < k_; ++c) {
      double log_det = 0;
      for (size_t j = 0; j < d_; ++j) {
        const size_t at = spec_.type == CovarianceType::kFull       ? c * d_ * d_ + j * (d_ + 1)
                          : spec_.type == CovarianceType::kTied     ? j * (d_ + 1)
                          : spec_.type == CovarianceType::kDiagonal ? c * d_ + j
                                                                    : c;
        log_det += std::log(m.precisions[at]);
      }
      result[c] = std::log(m.weights[c]) + log_det - 0.5 * static_cast<double>(d_) * kLog2Pi;
    }
    return result;
  }

  // Log densities to responsibilities; returns the logarithm of the sum of the densities.
  double normalise(double* log_density) const {
    const double largest = *std::max_element(log_density, log_density + k_);
    double sum = 0;
    for (size_t c = 0; c < k_; ++c) sum += log_density[c] = std::exp(log_density[c] - largest);
    for (size_t c = 0; c < k_; ++c) log_density[c] /= sum;
    return largest + std::log(sum);
  }

  void sum_means(Mixture* m) const {
    std::vector<std::vector<double>> parts(rows_.count());
    run([&](size_t part) {
      std::vector<double>& sums = parts[part];
      sums.assign(k_ * (d_ + 1), 0.0);
      for (size_t i = rows_.begin(part); i < rows_.end(part); ++i) {
        for (size_t c = 0; c < k_; ++c) {
          const double r = resp_[i * k_ + c];
          if (r == 0) continue;
          double* const to = sums.data() + c * (d_ + 1);
          const double* const row = x_.row(i);
          for (size_t j = 0; j < d_; ++j) to[j] += r * row[j];
          to[d_] += r;
        }
      }
    });
    m->weights.assign(k_, kTiny);
    m->means.assign(k_ * d_, 0.0);
    for (size_t c = 0; c < k_; ++c) {
      for (const std::vector<double>& part : parts) {
        for (size_t j = 0; j < d_; ++j) m->means[c * d_ + j] += part[c * (d_ + 1) + j];
        m->weights[c] += part[c * (d_ + 1) + d_];
      }
      for (size_t j = 0; j < d_; ++j) m->means[c * d_ + j] /= m->weights[c];
    }
  }

  // Weighted squares about the means, of the rows of a part: two passes lose no digits far from 0.
  std::vector<double> scatter(size_t part, const Mixture& m) const {
    const bool matrices = spec_.type == CovarianceType::kFull || spec_.type == CovarianceType::kTied;
    std::vector<double> sums(scatter_size_, 0.0), centred(kBlockRows * d_);
    for (size_t i = rows_.begin(part); i < rows_.end(part); i += kBlockRows) {
      const size_t count = std::min(kBlockRows, rows_.end(part) - i);
      for (size_t c = 0; c < k_; ++c) {
        centre(i, count, m.means.data() + c * d_, centred.data());
        if (!matrices) {
          double* const to = sums.data() + c * d_;
          for (size_t r = 0; r < count; ++r) {
            const double weight = resp_[(i + r) * k_ + c];
            const double* const z = centred.data() + r * d_;
            for (size_t j = 0; j < d_; ++j) to[j] += weight * (z[j] * z[j]);
          }
          continue;
        }
        for (size_t r = 0; r < count; ++r) {
          const double root = std::sqrt(resp_[(i + r) * k_ + c]);
          for (size_t j = 0; j < d_; ++j) centred[r * d_ + j] *= root;
        }
        const ConstDense z = dense_view<const double>(centred.data(), count, d_);
        double* const to = sums.data() + (spec_.type == CovarianceType::kTied ? 0 : c * d_ * d_);
        multiply(1, Form::kTransposed, z, Form::kAsIs, z, 1, dense_view(to, d_, d_), {1, nullptr});
      }
    }
    return sums;
  }

  void set_covariances(const std::vector<double>& sum, Mixture* m) const {
    m->covariances = sum;
    if (spec_.type == CovarianceType::kTied) {
      double total = 0;
      for (const double weight : m->weights) total += weight;
      for (double& value : m->covariances) value /= total;
      for (size_t j = 0; j < d_; ++j) m->covariances[j * (d_ + 1)] += spec_.reg_covar;
      return;
    }
    const size_t each = sum.size() / k_;
    for (size_t c = 0; c < k_; ++c) {
      for (size_t p = 0; p < each; ++p) m->covariances[c * each + p] /= m->weights[c];
      const size_t step = spec_.type == CovarianceType::kFull ? d_ + 1 : 1;
      for (size_t p = 0; p < each; p += step) m->covariances[c * each + p] += spec_.reg_covar;
    }
    if (spec_.type != CovarianceType::kSpherical) return;
    for (size_t c = 0; c < k_; ++c) {
      double mean = 0;
      for (size_t j = 0; j < d_; ++j) mean += m->covariances[c * d_ + j];
      m->covariances[c] = mean / static_cast<double>(d_);
    }
    m->covariances.resize(k_);
  }

  // out = (l^-1)^T for a lower triangular l.
  void invert_transposed(const std::vector<double>& l, double* out) const {
    for (size_t column = 0; column < d_; ++column) {
      for (size_t i = column; i < d_; ++i) {
        double value = i == column ? 1.0 : 0.0;
        for (size_t p = column; p < i; ++p) value -= l[i * d_ + p] * out[column * d_ + p];
        out[column * d_ + i] = value / l[i * d_ + i];
      }
    }
  }

  MatrixView<const double> x_;
  std::vector<double>& resp_;
  const MixtureSpec& spec_;
  const CancelToken* cancel_;
  size_t k_, d_, scatter_size_ = 0;
  Partition rows_{};
};

void take(Span<double> given, std::vector<double>* to) {
  if (given.size == 0) return;
  if (given.size != to->size()) throw Error("ERR_SHAPE", "A part of the start has the wrong shape.");
  to->assign(given.begin(), given.end());
}

}  // namespace

Mixture fit_mixture(MatrixView<const double> x, std::vector<double>& responsibilities,
                    const MixtureStart& start, const MixtureSpec& spec, const CancelToken* cancel,
                    const std::function<void(size_t, size_t)>& progress) {
  if (spec.components < 1 || spec.components > x.rows) {
    throw Error("ERR_PARAMETER", "There are fewer rows than components.");
  }
  if (responsibilities.size() != x.rows * spec.components) {
    throw Error("ERR_SHAPE", "There must be one responsibility per row and component.");
  }
  Em em(x, responsibilities, spec, cancel);
  Mixture m;
  em.maximise(&m);
  take(start.weights, &m.weights);
  take(start.means, &m.means);
  m.precisions.resize(m.covariances.size());
  if (start.precisions.size > 0) {
    take(start.precisions, &m.precisions);
  } else {
    em.factorise(&m);
  }
  m.lower_bound = spec.lower_bound;
  while (m.iterations < spec.max_iter && !m.converged) {
    check_cancel(cancel);
    const double bound = em.expect(m);
    em.maximise(&m);
    em.factorise(&m);
    ++m.iterations;
    if (progress) progress(m.iterations, spec.max_iter);
    m.converged = std::fabs(bound - m.lower_bound) < spec.tol;
    m.lower_bound = bound;
    m.lower_bounds.push_back(bound);
  }
  return m;
}

}  // namespace boreal
