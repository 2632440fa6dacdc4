#include "nn/norm_layers.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>

#include "base/error.h"
#include "nn/embedding.h"
#include "nn/normalize.h"

namespace boreal {
namespace nn {
namespace {

RunOptions threads_of(const LayerRows& rows) {
  RunOptions options;
  options.max_threads = rows.max_threads;
  return options;
}

// g = sums over rows, in order and in float64, of dy (x - mean) rate and of dy.
template <typename Normalised>
void sum_gradients(size_t rows, size_t cols, const float* dy, const Normalised& normalised, float* dgamma,
                   float* dbeta) {
  std::vector<double> scale(dgamma == nullptr ? 0 : cols), shift(dbeta == nullptr ? 0 : cols);
  for (size_t i = 0; i < rows; ++i, dy += cols) {
    for (size_t j = 0; j < scale.size(); ++j) scale[j] += double{dy[j]} * normalised(i, j);
    for (size_t j = 0; j < shift.size(); ++j) shift[j] += dy[j];
  }
  for (size_t j = 0; j < scale.size(); ++j) dgamma[j] = static_cast<float>(scale[j]);
  for (size_t j = 0; j < shift.size(); ++j) dbeta[j] = static_cast<float>(shift[j]);
}

}  // namespace

BatchNormLayer::BatchNormLayer(size_t positions, size_t channels, const Options& options,
                               const Kernels& kernels)
    : Layer(positions * channels, positions * channels, kernels),
      positions_(positions),
      channels_(channels),
      options_(options) {
  ParameterBlock block;
  block.size = channels;
  block.trainable = options.trainable;
  for (size_t k = 0; k < learned(); ++k) blocks_.push_back(block);
  block.trainable = false;
  blocks_.push_back(block);
  blocks_.push_back(block);
}

// batch_memo: mean, variance, and what backward finds of gamma and beta.
void BatchNormLayer::forward(const LayerRows& r) const {
  const size_t rows = r.rows * positions_;
  const float *mean = moving_mean(), *variance = moving_variance();
  if (uses_batch(r)) {
    batch_norm_statistics(rows, channels_, r.x, r.batch_memo, r.batch_memo + channels_, threads_of(r));
    mean = r.batch_memo;
    variance = r.batch_memo + channels_;
  }
  batch_norm(rows, channels_, static_cast<float>(options_.epsilon), mean, variance, gamma(), beta(), r.x, r.y,
             threads_of(r));
}

void BatchNormLayer::backward(const LayerRows& r) const {
  const size_t rows = r.rows * positions_;
  if (uses_batch(r)) {
    // Without a dx to be asked for, that of dy serves: nothing reads dy again but joint_gradient, which has
    // what it needs.
    float* const dx = r.dx != nullptr ? r.dx : const_cast<float*>(r.dy);
    return batch_norm_gradient(rows, channels_, static_cast<float>(options_.epsilon), false, r.batch_memo,
                               r.batch_memo + channels_, gamma(), r.x, r.dy, dx, r.batch_memo + 2 * channels_,
                               r.batch_memo + 3 * channels_, threads_of(r));
  }
  if (r.dx == nullptr) return;
  std::vector<float> rate(channels_);
  for (size_t j = 0; j < channels_; ++j) {
    rate[j] = static_cast<float>((gamma() == nullptr ? 1.0 : gamma()[j]) /
                                 std::sqrt(moving_variance()[j] + options_.epsilon));
  }
  for (size_t i = 0; i < rows; ++i) {
    for (size_t j = 0; j < channels_; ++j) r.dx[i * channels_ + j] = r.dy[i * channels_ + j] * rate[j];
  }
}

void BatchNormLayer::joint_gradient(const LayerRows& r, float* g) const {
  float* const dgamma = options_.scale ? g : nullptr;
  float* const dbeta = options_.center ? g + (options_.scale ? channels_ : 0) : nullptr;
  if (uses_batch(r)) {
    if (dgamma != nullptr) std::copy_n(r.batch_memo + 2 * channels_, channels_, dgamma);
    if (dbeta != nullptr) std::copy_n(r.batch_memo + 3 * channels_, channels_, dbeta);
    return;
  }
  const float *const mean = moving_mean(), *const variance = moving_variance();
  std::vector<double> rate(channels_);
  for (size_t j = 0; j < channels_; ++j) rate[j] = 1 / std::sqrt(variance[j] + options_.epsilon);
  const auto normalised = [&](size_t i, size_t j) {
    return (double{r.x[i * channels_ + j]} - mean[j]) * rate[j];
  };
  sum_gradients(r.rows * positions_, channels_, r.dy, normalised, dgamma, dbeta);
}

void BatchNormLayer::commit(const LayerRows& r) const {
  if (!uses_batch(r)) return;
  batch_norm_update_running(r.rows * positions_, channels_, static_cast<float>(options_.momentum),
                            options_.unbiased, r.batch_memo, r.batch_memo + channels_, moving_mean(),
                            moving_variance());
}

LayerNormLayer::LayerNormLayer(size_t positions, size_t width, double epsilon, bool scale, bool center,
                               bool trainable, const Kernels& kernels)
    : Layer(positions * width, positions * width, kernels),
      positions_(positions),
      width_(width),
      epsilon_(static_cast<float>(epsilon)),
      scale_(scale),
      center_(center) {
  ParameterBlock block;
  block.size = width;
  block.trainable = trainable;
  if (scale) blocks_.push_back(block);
  if (center) blocks_.push_back(block);
}

void LayerNormLayer::forward(const LayerRows& r) const {
  const float* const gamma = scale_ ? parameters_ : nullptr;
  const float* const beta = center_ ? parameters_ + (scale_ ? width_ : 0) : nullptr;
  layer_norm(r.rows * positions_, width_, epsilon_, gamma, beta, r.x, r.y, r.memo, threads_of(r));
}

void LayerNormLayer::backward(const LayerRows& r) const {
  if (r.dx == nullptr) return;
  layer_norm_gradient(r.rows * positions_, width_, scale_ ? parameters_ : nullptr, r.memo, r.x, r.dy, r.dx,
                      nullptr, nullptr, threads_of(r));
}

void LayerNormLayer::joint_gradient(const LayerRows& r, float* g) const {
  const auto normalised = [&](size_t i, size_t j) {
    return (double{r.x[i * width_ + j]} - r.memo[2 * i]) * r.memo[2 * i + 1];
  };
  float* const dbeta = center_ ? g + (scale_ ? width_ : 0) : nullptr;
  sum_gradients(r.rows * positions_, width_, r.dy, normalised, scale_ ? g : nullptr, dbeta);
}

EmbeddingLayer::EmbeddingLayer(size_t positions, size_t entries, size_t width, const ParameterBlock& table,
                               const Kernels& kernels)
    : Layer(positions, positions * width, kernels), entries_(entries), width_(width) {
  blocks_.push_back(table);
  blocks_[0].size = entries * width;
}

// memo: the numbers as indices, in the place of floats.
void EmbeddingLayer::forward(const LayerRows& r) const {
  const size_t count = r.rows * inputs_;
  int32_t* const index = reinterpret_cast<int32_t*>(r.memo);
  for (size_t k = 0; k < count; ++k) {
    if (!(r.x[k] >= 0 && r.x[k] < static_cast<float>(entries_) && std::floor(r.x[k]) == r.x[k])) {
      throw Error("ERR_PARAMETER", "An embedding of " + std::to_string(entries_) + " entries met " +
                                       std::to_string(r.x[k]) + ": its inputs are whole numbers from 0 on.");
    }
    index[k] = static_cast<int32_t>(r.x[k]);
  }
  embedding(entries_, width_, parameters_, count, index, r.y, threads_of(r));
}

void EmbeddingLayer::backward(const LayerRows& r) const {
  if (r.dx != nullptr) std::memset(r.dx, 0, r.rows * inputs_ * sizeof(float));
}

void EmbeddingLayer::joint_gradient(const LayerRows& r, float* g) const {
  embedding_gradient(entries_, width_, r.rows * inputs_, reinterpret_cast<const int32_t*>(r.memo), r.dy, -1,
                     g, threads_of(r));
}

}  // namespace nn
}  // namespace boreal
