#include "nn/normalize.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "base/aligned_buffer.h"
#include "base/error.h"
#include "linalg/blocks.h"

namespace boreal {
namespace nn {
namespace {

constexpr size_t kTaskElements = 32 << 10;
constexpr size_t kMostParts = 16;  // of sums over rows

Partition row_tasks(size_t rows, size_t cols) {
  return {rows, std::max<size_t>(1, kTaskElements / std::max<size_t>(1, cols))};
}

Partition row_parts(size_t rows, size_t cols) {
  return partition_rows(rows, std::max<size_t>(1, kTaskElements / std::max<size_t>(1, cols)), kMostParts);
}

// sums [2, cols] of add(row, its two sums) over all rows: parts by shape, added in order, in float64.
template <typename Add>
void sum_rows(size_t rows, size_t cols, const RunOptions& options, float* first, float* second,
              const Add& add) {
  const Partition parts = row_parts(rows, cols);
  std::vector<double> sums(std::max<size_t>(1, parts.count()) * 2 * cols, 0.0);
  run_tasks(parts.count(), options, [&](size_t part) {
    double* a = sums.data() + part * 2 * cols;
    for (size_t i = parts.begin(part); i < parts.end(part); ++i) add(i, a, a + cols);
  });
  for (size_t part = 1; part < parts.count(); ++part) {
    for (size_t j = 0; j < 2 * cols; ++j) sums[j] += sums[part * 2 * cols + j];
  }
  for (size_t j = 0; j < cols; ++j) {
    first[j] = static_cast<float>(sums[j]);
    second[j] = static_cast<float>(sums[cols + j]);
  }
}

std::vector<float> inverse_deviation(size_t channels, float epsilon, const float* variance) {
  std::vector<float> inverse(channels);
  for (size_t c = 0; c < channels; ++c) inverse[c] = 1.0f / std::sqrt(variance[c] + epsilon);
  return inverse;
}

}  // namespace

void batch_norm_statistics(size_t rows, size_t channels, const float* x, float* mean, float* variance,
                           const RunOptions& options) {
  if (rows == 0) throw Error("ERR_EMPTY", "There are no rows to normalise.");
  const MatrixView<const float> view{x, rows, channels, channels};
  reduce<float>(Reduction::kMean, Axis::kRows, view, 0, mean, options);
  reduce<float>(Reduction::kVariance, Axis::kRows, view, 0, variance, options);
}

void batch_norm_update_running(size_t rows, size_t channels, float momentum, bool unbiased, const float* mean,
                               const float* variance, float* running_mean, float* running_variance) {
  const float correction =
      unbiased && rows > 1 ? static_cast<float>(rows) / static_cast<float>(rows - 1) : 1.0f;
  for (size_t c = 0; c < channels; ++c) {
    running_mean[c] = momentum * running_mean[c] + (1.0f - momentum) * mean[c];
    running_variance[c] = momentum * running_variance[c] + (1.0f - momentum) * variance[c] * correction;
  }
}

void batch_norm(size_t rows, size_t channels, float epsilon, const float* mean, const float* variance,
                const float* gamma, const float* beta, const float* x, float* y, const RunOptions& options) {
  std::vector<float> scale = inverse_deviation(channels, epsilon, variance);
  if (gamma != nullptr) {
    for (size_t c = 0; c < channels; ++c) scale[c] *= gamma[c];
  }
  std::vector<float> shift(channels, 0.0f);
  if (beta != nullptr) shift.assign(beta, beta + channels);
  const Partition tasks = row_tasks(rows, channels);
  run_tasks(tasks.count(), options, [&](size_t task) {
    for (size_t i = tasks.begin(task); i < tasks.end(task); ++i) {
      const float* from = x + i * channels;
      float* to = y + i * channels;
      for (size_t c = 0; c < channels; ++c) to[c] = (from[c] - mean[c]) * scale[c] + shift[c];
    }
  });
}

void batch_norm_gradient(size_t rows, size_t channels, float epsilon, bool fixed, const float* mean,
                         const float* variance, const float* gamma, const float* x, const float* dy,
                         float* dx, float* dgamma, float* dbeta, const RunOptions& options) {
  const std::vector<float> inverse = inverse_deviation(channels, epsilon, variance);
  sum_rows(rows, channels, options, dgamma, dbeta, [&](size_t i, double* by_gamma, double* by_beta) {
    const float* from = x + i * channels;
    const float* g = dy + i * channels;
    for (size_t c = 0; c < channels; ++c) {
      by_gamma[c] += static_cast<double>(g[c] * ((from[c] - mean[c]) * inverse[c]));
      by_beta[c] += static_cast<double>(g[c]);
    }
  });
  // dx = gamma / deviation * (dy - mean(dy) - normalised x * mean(dy * normalised x))
  std::vector<float> scale(inverse), mean_g(channels, 0.0f), mean_gx(channels, 0.0f);
  for (size_t c = 0; c < channels; ++c) {
    if (gamma != nullptr) scale[c] *= gamma[c];
    if (fixed || rows == 0) continue;
    mean_g[c] = dbeta[c] / static_cast<float>(rows);
    mean_gx[c] = dgamma[c] / static_cast<float>(rows) * inverse[c];
  }
  const Partition tasks = row_tasks(rows, channels);
  run_tasks(tasks.count(), options, [&](size_t task) {
    for (size_t i = tasks.begin(task); i < tasks.end(task); ++i) {
      const float* from = x + i * channels;
      const float* g = dy + i * channels;
      float* to = dx + i * channels;
      for (size_t c = 0; c < channels; ++c) {
        to[c] = scale[c] * (g[c] - mean_g[c] - (from[c] - mean[c]) * mean_gx[c]);
      }
    }
  });
}

void layer_norm(size_t rows, size_t cols, float epsilon, const float* gamma, const float* beta,
                const float* x, float* y, float* statistics, const RunOptions& options) {
  if (cols == 0) return;
  const Partition tasks = row_tasks(rows, cols);
  run_tasks(tasks.count(), options, [&](size_t task) {
    for (size_t i = tasks.begin(task); i < tasks.end(task); ++i) {
      const float* from = x + i * cols;
      float* to = y + i * cols;
      double sum = 0;
      for (size_t c = 0; c < cols; ++c) sum += static_cast<double>(from[c]);
      const double mean = sum / static_cast<double>(cols);
      double squares = 0;
      for (size_t c = 0; c < cols; ++c) {
        const double d = static_cast<double>(from[c]) - mean;
        squares += d * d;
      }
      const float center = static_cast<float>(mean);
      const float inverse = static_cast<float>(
          1.0 / std::sqrt(squares / static_cast<double>(cols) + static_cast<double>(epsilon)));
      if (statistics != nullptr) {
        statistics[2 * i] = center;
        statistics[2 * i + 1] = inverse;
      }
      for (size_t c = 0; c < cols; ++c) {
        const float normal = (from[c] - center) * inverse;
        const float scaled = gamma == nullptr ? normal : normal * gamma[c];
        to[c] = beta == nullptr ? scaled : scaled + beta[c];
      }
    }
  });
}

void layer_norm_gradient(size_t rows, size_t cols, const float* gamma, const float* statistics,
                         const float* x, const float* dy, float* dx, float* dgamma, float* dbeta,
                         const RunOptions& options) {
  if (dgamma != nullptr && dbeta != nullptr) {
    sum_rows(rows, cols, options, dgamma, dbeta, [&](size_t i, double* by_gamma, double* by_beta) {
      const float center = statistics[2 * i], inverse = statistics[2 * i + 1];
      for (size_t c = 0; c < cols; ++c) {
        const float g = dy[i * cols + c];
        by_gamma[c] += static_cast<double>(g * ((x[i * cols + c] - center) * inverse));
        by_beta[c] += static_cast<double>(g);
      }
    });
  }
  const Partition tasks = row_tasks(rows, cols);
  run_tasks(tasks.count(), options, [&](size_t task) {
    for (size_t i = tasks.begin(task); i < tasks.end(task); ++i) {
      const float* from = x + i * cols;
      const float* g = dy + i * cols;
      float* to = dx + i * cols;
      const float center = statistics[2 * i], inverse = statistics[2 * i + 1];
      double sum = 0, along = 0;
      for (size_t c = 0; c < cols; ++c) {
        const float scaled = gamma == nullptr ? g[c] : g[c] * gamma[c];
        sum += static_cast<double>(scaled);
        along += static_cast<double>(scaled * ((from[c] - center) * inverse));
      }
      const float mean = static_cast<float>(sum / static_cast<double>(cols));
      const float slope = static_cast<float>(along / static_cast<double>(cols));
      for (size_t c = 0; c < cols; ++c) {
        const float scaled = gamma == nullptr ? g[c] : g[c] * gamma[c];
        to[c] = inverse * (scaled - mean - (from[c] - center) * inverse * slope);
      }
    }
  });
}

}  // namespace nn
}  // namespace boreal
