#include "train/network.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "base/error.h"
#include "nn/dense_layer.h"
#include "train/network_cuda.h"
#include "train/network_run.h"

namespace boreal {
namespace {

uint64_t mix(uint64_t x) {  // SplitMix64's
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
  return x ^ (x >> 31);
}

}  // namespace

Network::Network(std::vector<std::unique_ptr<nn::Layer>> layers, uint64_t seed, const Kernels& kernels)
    : layers_(std::move(layers)), kernels_(kernels), seed_(seed) {
  if (layers_.empty()) throw Error("ERR_SHAPE", "A network needs a layer.");
  size_t total = 0, width = layers_[0]->inputs();
  lowest_ = layers_.size();
  edges_.push_back(0);
  widths_.push_back(width);
  bool kept = true;  // whether the current buffer is the network's input, or read when the gradient passes
  for (size_t i = 0; i < layers_.size(); ++i) {
    const nn::Layer& layer = *layers_[i];
    if (layer.inputs() != width || layer.outputs() == 0) {
      throw Error("ERR_SHAPE", "Layer " + std::to_string(i) + " takes " + std::to_string(layer.inputs()) +
                                   " values a row; the one before it gives " + std::to_string(width) + ".");
    }
    width = layer.outputs();
    if (layer.in_place() && !kept) {
      edges_.push_back(edges_.back());
    } else {
      edges_.push_back(widths_.size());
      widths_.push_back(width);
    }
    kept = layer.in_place();
    offsets_.push_back(total);
    total += layer.parameter_count();
    const auto& blocks = layer.blocks();
    const bool learns = std::any_of(blocks.begin(), blocks.end(), [](const auto& b) { return b.trainable; });
    if (learns && lowest_ == layers_.size()) lowest_ = i;
  }
  parameters_ = AlignedBuffer<float>(total);
  std::fill(parameters_.begin(), parameters_.end(), 0.0f);
  for (size_t i = 0; i < layers_.size(); ++i) layers_[i]->bind(parameters_.data() + offsets_[i]);
}

size_t Network::state_stride() const {
  constexpr size_t kLine = kCacheLine / sizeof(float);
  return (parameters_.size() + kLine - 1) / kLine * kLine;
}

std::pair<nn::Loss, size_t> Network::comparison(const nn::Loss& loss) const {
  const auto* last = dynamic_cast<const nn::ActivationLayer*>(layers_.back().get());
  const bool matches = last != nullptr && layers_.size() > 1 && !loss.logits &&
                       last->kind() == loss.logits_of() && last->kind() != Activation::kLinear &&
                       (last->kind() != Activation::kSoftmax || last->width() == outputs());
  if (!matches) return {loss, layers_.size()};
  nn::Loss of_logits = loss;
  of_logits.logits = true;
  return {of_logits, layers_.size() - 1};
}

uint64_t Network::key_of(uint64_t steps, size_t layer) const {
  return mix(mix(seed_ + 0x9e3779b97f4a7c15ull * (steps + 1)) + layer);
}

std::vector<float> Network::optimizer_state() const {
  const size_t count = parameters_.size(), slots = count == 0 ? 0 : state_.size() / state_stride();
  std::vector<float> state(slots * count);
  for (size_t k = 0; k < slots; ++k)
    std::copy_n(state_.data() + k * state_stride(), count, state.data() + k * count);
  return state;
}

void Network::set_optimizer_state(uint64_t steps, Span<float> state) {
  const size_t count = parameters_.size();
  if (state.size != 0 && (count == 0 || state.size % count != 0 || state.size / count > 3)) {
    throw Error("ERR_SHAPE", "The optimizer's state does not fit the parameters.");
  }
  const size_t slots = count == 0 ? 0 : state.size / count;
  state_ = AlignedBuffer<float>(slots * state_stride());
  std::fill(state_.begin(), state_.end(), 0.0f);
  for (size_t k = 0; k < slots; ++k)
    std::copy_n(state.data + k * count, count, state_.data() + k * state_stride());
  steps_ = steps;
}

EpochResult Network::train(const NetworkData& data, const NetworkObjective& objective,
                           const TrainingOptions& options, const CancelToken* cancel, const OnStep& on_step,
                           CudaNetwork* device) {
  options.optimizer.check();
  const size_t needed = options.optimizer.slots() * state_stride();
  if (state_.size() != needed) {  // a new optimizer
    state_ = AlignedBuffer<float>(needed);
    std::fill(state_.begin(), state_.end(), options.optimizer.initial_state());
    steps_ = 0;
  }
  const std::vector<float> before(parameters_.begin(), parameters_.end());
  EpochResult result =
      device != nullptr ? device->train(*this, data, objective, options, cancel, on_step)
                        : NetworkRun(*this, data, objective, NetworkRun::Purpose::kTrain, &options, nullptr)
                              .run(cancel, on_step);
  if (!repair(before, options.optimizer.initial_state())) result.finite = false;
  return result;
}

// A step whose loss was finite may have overflowed in its gradient. Whether all was well.
bool Network::repair(const std::vector<float>& before, float initial_state) {
  const auto finite = [](float x) { return std::isfinite(x); };
  const bool sound = std::all_of(parameters_.begin(), parameters_.end(), finite);
  if (!sound) std::copy(before.begin(), before.end(), parameters_.begin());
  if (std::all_of(state_.begin(), state_.end(), finite)) return sound;
  std::fill(state_.begin(), state_.end(), initial_state);
  steps_ = 0;
  return sound;
}

EpochResult Network::evaluate(const NetworkData& data, const NetworkObjective& objective,
                              const CancelToken* cancel, float* outputs) {
  return NetworkRun(*this, data, objective, NetworkRun::Purpose::kEvaluate, nullptr, outputs).run(cancel, {});
}

EpochResult Network::gradient(const NetworkData& data, const NetworkObjective& objective, float* gradient,
                              const CancelToken* cancel) {
  return NetworkRun(*this, data, objective, NetworkRun::Purpose::kGradient, nullptr, gradient)
      .run(cancel, {});
}

size_t Network::memory_bytes() const {
  return (parameters_.size() + state_.size() + buffers_.size() + arena_.size()) * sizeof(float);
}

}  // namespace boreal
