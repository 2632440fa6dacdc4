#include "train/network_cuda.h"

#include <algorithm>
#include <numeric>
#include <string>

#include "base/error.h"
#include "nn/dense_layer.h"

namespace boreal {
namespace {

// What kernels count in 32 bits stays below: rows, columns, and elements by 256 at a time.
constexpr double kMostRows = 0x1p31;

BorealCudaTrainedLayer lower(const nn::Layer& layer, size_t index) {
  BorealCudaTrainedLayer out{};
  out.inputs = static_cast<uint32_t>(layer.inputs());
  out.outputs = static_cast<uint32_t>(layer.outputs());
  out.positions = 1;
  if (const auto* dense = dynamic_cast<const nn::DenseLayer*>(&layer)) {
    out.kind = BOREAL_CUDA_DENSE;
    out.positions = static_cast<uint32_t>(dense->positions());
    const std::vector<nn::ParameterBlock>& blocks = dense->blocks();
    out.has_bias = blocks.size() > 1;
    out.trainable = blocks[0].trainable;
    for (size_t b = 0; b < blocks.size(); ++b) {
      out.l1[b] = blocks[b].l1;
      out.l2[b] = blocks[b].l2;
    }
  } else if (const auto* activation = dynamic_cast<const nn::ActivationLayer*>(&layer)) {
    out.kind = BOREAL_CUDA_ELEMENTWISE;
    out.activation = static_cast<int32_t>(activation->kind());
    out.parameter = activation->parameter();
    out.width = static_cast<uint32_t>(activation->width());
  } else if (const auto* dropout = dynamic_cast<const nn::DropoutLayer*>(&layer)) {
    out.kind = BOREAL_CUDA_DROPOUT;
    out.threshold = dropout->threshold();
    out.scale = dropout->scale();
  } else {
    throw Error("ERR_NOT_SUPPORTED", "A GPU trains dense layers, activations and dropout only; layer " +
                                         std::to_string(index) + " is none of them.");
  }
  return out;
}

// What comes of an epoch, added up as its steps are reported.
class Tally {
 public:
  Tally(const CudaNetworkWork& work, const NetworkObjective& objective, double told,
        const Network::OnStep& on_step, const CancelToken* cancel)
      : work_(work),
        weighs_(objective.weighted_metrics),
        told_(told),
        on_step_(on_step),
        cancel_(cancel),
        counted_(objective.metrics.size()),
        results(work.steps.size() * (2 + counted_.size())) {
    result_.metrics.resize(counted_.size());
  }

  // For BorealCudaEpoch.
  static int on_steps(void* context, uint32_t done) {
    Tally& tally = *static_cast<Tally*>(context);
    tally.add(done);
    return tally.cancel_ != nullptr && tally.cancel_->cancelled() ? 1 : 0;
  }

  EpochResult finish(size_t made) {
    add(made);
    result_.finite = made == work_.steps.size();
    result_.loss = result_.finite ? loss_ / share_ : of(made)[0] * work_.divisors[made];
    return result_;
  }

 private:
  const double* of(size_t step) const { return results.data() + step * (2 + counted_.size()); }

  void add(size_t done) {
    for (size_t s = result_.steps; s < done; result_.steps = ++s) {
      const double rows = work_.steps[s].rows;
      loss_ += (told_ * of(s)[0] + of(s)[1]) * rows;
      share_ += rows;
      seen_ += weighs_ ? work_.weights[s] : rows;
      for (size_t m = 0; m < counted_.size(); ++m) {
        counted_[m] += of(s)[2 + m] * (weighs_ ? work_.divisors[s] : 1);
        result_.metrics[m] = counted_[m] / seen_;
      }
      if (on_step_) on_step_(s + 1, work_.steps.size(), loss_ / share_, result_.metrics);
    }
  }

  const CudaNetworkWork& work_;
  const bool weighs_;
  const double told_;
  const Network::OnStep& on_step_;
  const CancelToken* const cancel_;
  std::vector<double> counted_;  // of each metric
  EpochResult result_;
  double loss_ = 0, share_ = 0, seen_ = 0;

 public:
  std::vector<double> results;  // of BorealCudaEpoch
};

}  // namespace

CudaNetwork::CudaNetwork(const Network& network, const NetworkData& data, const NetworkObjective& objective,
                         CudaTarget target, CudaStep step)
    : library_(*target.library),
      rows_(data.rows),
      batch_(std::min(objective.batch_size, data.rows)),
      metrics_(objective.metrics.size()) {
  if (data.rows == 0 || objective.batch_size == 0)
    throw Error("ERR_EMPTY", "There are no rows to learn from.");
  objective.loss.check(network.outputs());
  const auto [loss, count] = network.comparison(objective.loss);
  std::vector<BorealCudaTrainedLayer> layers;
  for (size_t i = 0; i < count; ++i) {
    const nn::Layer& layer = *network.layers_[i];
    const double widest = static_cast<double>(std::max(layer.inputs(), layer.outputs()));
    if (widest >= kMostRows || static_cast<double>(batch_) * widest >= kMostRows * 256) {
      throw Error("ERR_SHAPE", "A mini-batch is too large for this network.");
    }
    layers.push_back(lower(layer, i));
    const uint32_t positions = layers.back().positions;
    const bool too_wide = layers.back().kind == BOREAL_CUDA_DENSE &&
                          widest > static_cast<double>(BOREAL_CUDA_MOST_COLUMNS) * positions;
    if (too_wide || static_cast<double>(batch_) * positions >= kMostRows) {
      throw Error("ERR_SHAPE", "A mini-batch is too large for this network.");
    }
  }
  if (metrics_ > BOREAL_CUDA_METRICS || data.rows >= kMostRows) {
    throw Error("ERR_SHAPE", "There are more rows or metrics than a GPU takes.");
  }
  BorealCudaNetworkSpec spec{};
  spec.layers = layers.data();
  spec.layer_count = static_cast<uint32_t>(count);
  spec.loss = static_cast<int32_t>(loss.kind);
  spec.logits = loss.logits;
  spec.delta = loss.delta;
  spec.label_smoothing = loss.label_smoothing;
  for (size_t m = 0; m < metrics_; ++m) spec.metrics[m] = static_cast<int32_t>(objective.metrics[m]);
  spec.metric_count = static_cast<uint32_t>(metrics_);
  spec.weighted_metrics = objective.weighted_metrics;
  spec.batch = static_cast<uint32_t>(batch_);
  spec.x = data.x;
  spec.targets = data.targets;
  spec.classes = data.classes;
  spec.rows = data.rows;
  spec.apart = step == CudaStep::kApart;
  BorealCudaError error{};
  CudaLibrary::check(library_.api().training->network_create(target.device, &spec, &handle_, &error), error);
}

CudaNetwork::~CudaNetwork() {
  if (handle_ != nullptr) library_.api().training->network_destroy(handle_);
}

size_t CudaNetwork::together() const { return library_.api().training->network_together(handle_); }

CudaNetworkWork CudaNetwork::plan(const Network& network, const NetworkData& data,
                                  const NetworkObjective& objective, const TrainingOptions& options) const {
  CudaNetworkWork work;
  work.order.assign(options.order.begin(), options.order.end());
  if (work.order.empty()) {
    work.order.resize(rows_);
    std::iota(work.order.begin(), work.order.end(), 0);
  }
  const size_t rows = work.order.size(), count = (rows + batch_ - 1) / batch_;
  if (rows > rows_) throw Error("ERR_SHAPE", "The order names more rows than there are.");
  if (options.rates.size() != 1 && options.rates.size() < count) {
    throw Error("ERR_SHAPE", "There are fewer learning rates than steps.");
  }
  work.factors.resize(rows);
  for (size_t s = 0; s < count; ++s) {
    const size_t first = s * batch_, end = std::min(rows, first + batch_);
    double weight = 0;
    for (size_t i = first; i < end; ++i) {
      work.factors[i] = data.weights == nullptr ? 1.0f : data.weights[work.order[i]];
      weight += work.factors[i];
    }
    double divisor = objective.weighted_mean ? weight : static_cast<double>(end - first);
    if (!(divisor > 0)) divisor = 1;
    for (size_t i = first; i < end; ++i) {
      work.factors[i] = static_cast<float>(work.factors[i] / divisor);
    }
    const double rate = options.rates[options.rates.size() == 1 ? 0 : s];
    const UpdateTask task = options.optimizer.task(rate, network.steps_ + s + 1);
    BorealCudaTrainStep step{};
    step.first = static_cast<uint32_t>(first);
    step.rows = static_cast<uint32_t>(end - first);
    std::copy_n(task.c, 7, step.c);
    step.shrink = task.shrink;
    step.penalty_divisor = objective.penalty_per_row ? divisor : 1;
    work.steps.push_back(step);
    work.weights.push_back(weight);
    work.divisors.push_back(divisor);
    for (size_t i = 0; i < network.layers_.size(); ++i) {
      const bool drops = dynamic_cast<const nn::DropoutLayer*>(network.layers_[i].get()) != nullptr;
      if (drops) work.keys.push_back(network.key_of(network.steps_ + s, i));
    }
  }
  return work;
}

EpochResult CudaNetwork::train(Network& network, const NetworkData& data, const NetworkObjective& objective,
                               const TrainingOptions& options, const CancelToken* cancel,
                               const Network::OnStep& on_step) {
  check_cancel(cancel);
  if (data.rows != rows_ || std::min(objective.batch_size, rows_) != batch_ ||
      objective.metrics.size() != metrics_) {
    throw Error("ERR_SHAPE", "The network was placed on the GPU for other rows, metrics or mini-batches.");
  }
  const CudaNetworkWork work = plan(network, data, objective, options);

  // Copies: a failure leaves the network as it was.
  const size_t stride = network.state_stride();
  std::vector<float> parameters(network.parameters_.begin(), network.parameters_.end());
  std::vector<float> state(network.state_.begin(), network.state_.end());
  Tally tally(work, objective, objective.loss.told_share(network.outputs()), on_step, cancel);
  BorealCudaEpoch epoch{};
  epoch.parameters = parameters.data();
  for (size_t k = 0; k < options.optimizer.slots(); ++k) {
    epoch.state[options.optimizer.slot(k)] = state.data() + k * stride;
  }
  epoch.order = work.order.data();
  epoch.factors = work.factors.data();
  epoch.rows = work.order.size();
  epoch.steps = work.steps.data();
  epoch.step_count = static_cast<uint32_t>(work.steps.size());
  epoch.keys = work.keys.data();
  const UpdateTask task = options.optimizer.task(options.rates[0], 1);
  epoch.update = static_cast<int32_t>(task.kind);
  epoch.epsilon = task.epsilon;
  epoch.epsilon_in_root = task.epsilon_in_root;
  epoch.clip_norm = options.clip_norm;
  epoch.clip_global_norm = options.clip_global_norm;
  epoch.clip_value = options.clip_value;
  epoch.results = tally.results.data();
  epoch.on_steps = Tally::on_steps;
  epoch.context = &tally;
  BorealCudaError error{};
  const int status = library_.api().training->network_epoch(handle_, &epoch, &error);
  if (status == BOREAL_CUDA_OK || status == BOREAL_CUDA_ABORTED) {
    std::copy(parameters.begin(), parameters.end(), network.parameters_.begin());
    std::copy(state.begin(), state.end(), network.state_.begin());
    network.steps_ += epoch.steps_made;
  }
  CudaLibrary::check(status, error);
  return tally.finish(epoch.steps_made);
}

}  // namespace boreal
