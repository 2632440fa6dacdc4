#include <algorithm>
#include <chrono>

#include "cuda/launch.cuh"
#include "cuda/network.cuh"
#include "cuda/program.cuh"

namespace boreal {
namespace cuda {
namespace {

// Steps between two looks at whether to go on, at most; fewer while they take longer than this.
constexpr uint32_t kMostAtOnce = 1024;
constexpr std::chrono::milliseconds kLook{20};

constexpr size_t kLeast = 1;  // elements of an array: none has no address

// Parameters of a thread of the update; those of the tail have many partial sums.
constexpr uint32_t kOwn = 4, kOwnOfTail = 1;

}  // namespace

bool TrainedNetwork::Rules::operator==(const Rules& other) const {
  return update == other.update && epsilon_in_root == other.epsilon_in_root && states == other.states &&
         epsilon == other.epsilon && clip_norm == other.clip_norm &&
         clip_global_norm == other.clip_global_norm && clip_value == other.clip_value;
}

template <typename T>
T* TrainedNetwork::take(size_t count) {
  memory_.emplace_back(std::max(count, kLeast) * sizeof(T));
  return reinterpret_cast<T*>(memory_.back().data());
}

template <typename T>
T* TrainedNetwork::take_copy(const T* from, size_t count) {
  T* const to = take<T>(count);
  check(cudaMemcpy(to, from, count * sizeof(T), cudaMemcpyHostToDevice), "copying rows to the device");
  return to;
}

TrainedNetwork::TrainedNetwork(int device, const BorealCudaNetworkSpec& spec)
    : device_((use_device(device), device)),
      layers_(spec.layers, spec.layers + spec.layer_count),
      batch_(spec.batch),
      rows_(spec.rows),
      most_steps_((spec.rows + spec.batch - 1) / spec.batch) {
  const Limits limits = limits_of_device();
  multiprocessors_ = limits.multiprocessors;
  const size_t rows = static_cast<size_t>(spec.rows), outputs = layers_.back().outputs;
  x_ = take_copy(spec.x, rows * layers_.front().inputs);
  loss_.targets = spec.targets == nullptr ? nullptr : take_copy(spec.targets, rows * outputs);
  loss_.classes = spec.classes == nullptr ? nullptr : take_copy(spec.classes, rows);
  order_ = take<int32_t>(rows);
  factors_ = take<float>(rows);
  steps_ = take<BorealCudaTrainStep>(most_steps_);
  place_layers();
  tail_.first = layers_.size();
  if (spec.apart == 0) tail_ = plan_tail(layers_, offsets_, batch_, limits);
  keys_ = take<uint64_t>(most_steps_ * dropout_count_);
  clock_ = {steps_, take<Progress>(1), order_, factors_};

  loss_.clock = clock_;
  loss_.kind = static_cast<nn::LossKind>(spec.loss);
  loss_.logits = spec.logits != 0;
  loss_.delta = spec.delta;
  loss_.label_smoothing = spec.label_smoothing;
  loss_.outputs = static_cast<uint32_t>(outputs);
  loss_.batch = batch_;
  std::copy_n(spec.metrics, BOREAL_CUDA_METRICS, loss_.metrics);
  loss_.metric_count = spec.metric_count;
  loss_.losses = take<double>(batch_);
  loss_.counted = take<double>(size_t{batch_} * spec.metric_count);
  place_parameters();
  place_values();
  if (tail_.layers.empty()) {
    loss_.y = values_.back();
    loss_.dy = gradients_.back();
    loss_.p = loss_.logits ? take<float>(batch_ * outputs) : nullptr;
  }
  finish_ = {clock_,
             batch_,
             spec.metric_count,
             spec.weighted_metrics != 0,
             loss_.losses,
             loss_.counted,
             update_.penalties,
             update_.block_count,
             take<double>(most_steps_ * (2 + spec.metric_count))};
  if (!tail_.layers.empty()) tail_call_.layers = take_copy(tail_.layers.data(), tail_.layers.size());
  // What has left the host may still be on its way; the own stream would not wait for it.
  check(cudaStreamSynchronize(nullptr), "copying rows to the device");
}

TrainedNetwork::~TrainedNetwork() {
  cudaSetDevice(device_);  // it may be lost by now; its memory is gone then
}

bool TrainedNetwork::learns(size_t layer) const {
  return layers_[layer].kind == BOREAL_CUDA_DENSE && layers_[layer].trainable != 0;
}

bool TrainedNetwork::is_elementwise(size_t layer) const {
  if (layer >= layers_.size() || layers_[layer].kind != BOREAL_CUDA_ELEMENTWISE) return false;
  const auto activation = static_cast<Activation>(layers_[layer].activation);
  return activation != Activation::kSoftmax && activation != Activation::kLogSoftmax;
}

// What belongs to which layer.
void TrainedNetwork::place_layers() {
  lowest_ = layers_.size();
  for (size_t i = 0; i < layers_.size(); ++i) {
    const Layer& layer = layers_[i];
    offsets_.push_back(parameters_);
    dropouts_.push_back(dropout_count_);
    dropout_count_ += layer.kind == BOREAL_CUDA_DROPOUT ? 1 : 0;
    if (learns(i)) lowest_ = std::min(lowest_, i);
    if (layer.kind != BOREAL_CUDA_DENSE) continue;
    const uint64_t width = layer.inputs / layer.positions, units = layer.outputs / layer.positions;
    parameters_ += (width + (layer.has_bias != 0 ? 1 : 0)) * units;
  }
}

// Parameters, gradients in parts, and what is learned of them.
void TrainedNetwork::place_parameters() {
  std::vector<Segment> segments;
  uint64_t partials = 0;
  products_.resize(layers_.size());
  const auto add_segments = [&](size_t i, uint64_t partial, uint64_t stride, uint32_t splits, uint32_t each) {
    const Layer& layer = layers_[i];
    const uint64_t units = layer.outputs / layer.positions, kernel = layer.inputs / layer.positions * units;
    const uint64_t counts[2] = {kernel, layer.has_bias != 0 ? units : 0};
    for (uint64_t b = 0, at = 0; b < 2; at += counts[b++]) {
      if (counts[b] == 0) continue;
      segments.push_back({offsets_[i] + at, counts[b], partial + at, stride, splits, update_.block_count,
                          each, layer.l1[b], layer.l2[b]});
      update_.block_count += blocks_of(counts[b], each);
    }
  };
  for (size_t i = 0; i < tail_.first; ++i) {
    if (!learns(i)) continue;
    const Layer& layer = layers_[i];
    GradientCall& product = products_[i];
    product.clock = clock_;
    product.x.width = layer.inputs / layer.positions;
    product.positions = layer.positions;
    product.units = layer.outputs / layer.positions;
    product.has_bias = layer.has_bias != 0;
    plan_gradient(&product, batch_, multiprocessors_);
    const uint64_t count = (uint64_t{product.x.width} + (product.has_bias ? 1 : 0)) * product.units;
    add_segments(i, partials, count, product.splits, kOwn);
    partials += count * product.splits;
  }
  const uint64_t tail = partials;
  for (size_t i = tail_.first; i < layers_.size(); ++i) {
    if (learns(i)) {
      add_segments(i, tail + tail_.layers[i - tail_.first].partial, tail_.part, tail_.blocks, kOwnOfTail);
    }
  }
  partials += tail_.part * tail_.blocks;
  float* const partial = take<float>(partials);
  uint64_t at = 0;
  for (GradientCall& product : products_) {
    product.partial = partial + at;
    at += (uint64_t{product.x.width} + (product.has_bias ? 1 : 0)) * product.units * product.splits;
  }
  tail_call_.partial = partial + tail;
  update_.clock = clock_;
  update_.segments = take_copy(segments.data(), segments.size());
  update_.segment_count = static_cast<uint32_t>(segments.size());
  update_.partials = partial;
  update_.w = take<float>(parameters_);
  update_.squares = take<double>(update_.block_count);
  update_.penalties = take<double>(update_.block_count);
  update_.scales = take<float>(segments.size());
  // For any optimizer and limit of gradients: an epoch is no time to find that there is no room.
  update_.gradient = take<float>(parameters_);
  for (float*& state : states_) state = take<float>(parameters_);
}

// The values of each edge between layers, up to the tail, and their gradients. A dense layer and the tail
// take rows where they stand.
void TrainedNetwork::place_values() {
  const bool gathers = tail_.first > 0 && (layers_[0].kind != BOREAL_CUDA_DENSE || layers_[0].positions != 1);
  values_.push_back(gathers ? take<float>(size_t{batch_} * layers_[0].inputs) : nullptr);
  gradients_.push_back(nullptr);
  for (size_t i = 0; i < tail_.first; ++i) {
    const size_t count = size_t{batch_} * layers_[i].outputs;
    values_.push_back(take<float>(count));
    gradients_.push_back(take<float>(count));
  }
}

BatchRows TrainedNetwork::rows_into(size_t layer) const {
  const Layer& own = layers_[layer];
  const uint32_t width = own.kind == BOREAL_CUDA_DENSE ? own.inputs / own.positions : own.inputs;
  if (values_[layer] == nullptr) return {x_, width, true};
  return {values_[layer], width, false};
}

const float* TrainedNetwork::derivative_at(size_t layer) const {
  return values_[layer + (gradient_by_value(static_cast<Activation>(layers_[layer].activation)) ? 1 : 0)];
}

size_t TrainedNetwork::enqueue_forward(size_t layer) {
  const Layer& own = layers_[layer];
  if (own.kind == BOREAL_CUDA_ELEMENTWISE) {
    run_activation({clock_, static_cast<Activation>(own.activation), own.parameter, own.inputs, own.width,
                    values_[layer], nullptr, values_[layer + 1]},
                   batch_, stream_);
    return layer + 1;
  }
  if (own.kind == BOREAL_CUDA_DROPOUT) {
    run_dropout({clock_, keys_, dropout_count_, dropouts_[layer], own.inputs, own.threshold, own.scale,
                 values_[layer], values_[layer + 1], false},
                batch_, stream_);
    return layer + 1;
  }
  const uint32_t units = own.outputs / own.positions;
  const BatchRows x = rows_into(layer);
  const float* const w = update_.w + offsets_[layer];
  const float* const bias = own.has_bias != 0 ? w + uint64_t{x.width} * units : nullptr;
  if (!is_elementwise(layer + 1)) {
    run_forward(
        {clock_, x, w, bias, nullptr, values_[layer + 1], own.positions, units, Activation::kLinear, 0},
        batch_, multiprocessors_, stream_);
    return layer + 1;
  }
  const auto activation = static_cast<Activation>(layers_[layer + 1].activation);
  float* const z = gradient_by_value(activation) ? nullptr : values_[layer + 1];
  run_forward({clock_, x, w, bias, z, values_[layer + 2], own.positions, units, activation,
               layers_[layer + 1].parameter},
              batch_, multiprocessors_, stream_);
  return layer + 2;
}

size_t TrainedNetwork::enqueue_backward(size_t layer) {
  const Layer& own = layers_[layer];
  if (own.kind == BOREAL_CUDA_ELEMENTWISE) {
    run_activation({clock_, static_cast<Activation>(own.activation), own.parameter, own.inputs, own.width,
                    derivative_at(layer), gradients_[layer + 1], gradients_[layer]},
                   batch_, stream_);
    return layer;
  }
  if (own.kind == BOREAL_CUDA_DROPOUT) {
    run_dropout({clock_, keys_, dropout_count_, dropouts_[layer], own.inputs, own.threshold, own.scale,
                 gradients_[layer + 1], gradients_[layer], true},
                batch_, stream_);
    return layer;
  }
  if (learns(layer)) {
    GradientCall product = products_[layer];
    product.x = rows_into(layer);
    product.dy = gradients_[layer + 1];
    run_gradient(product, multiprocessors_, stream_);
  }
  if (layer == lowest_) return layer;
  // The derivative of an activation before it is taken along.
  const bool along = layer > 0 && is_elementwise(layer - 1);
  BackwardCall call{clock_,
                    gradients_[layer + 1],
                    update_.w + offsets_[layer],
                    nullptr,
                    gradients_[layer],
                    own.positions,
                    own.outputs / own.positions,
                    own.inputs / own.positions,
                    Activation::kLinear,
                    0};
  if (along) {
    call.at = derivative_at(layer - 1);
    call.dx = gradients_[layer - 1];
    call.activation = static_cast<Activation>(layers_[layer - 1].activation);
    call.parameter = layers_[layer - 1].parameter;
  }
  run_backward(call, batch_, multiprocessors_, stream_);
  return along ? layer - 1 : layer;
}

size_t TrainedNetwork::enqueue_tail() {
  const size_t first = tail_.first;
  TailCall call = tail_call_;
  call.loss = loss_;
  call.finish = finish_;
  call.count = static_cast<uint32_t>(tail_.layers.size());
  call.lowest = static_cast<uint32_t>(lowest_ > first ? lowest_ - first : 0);
  call.range = tail_.range;
  call.weights = tail_.weights;
  call.lines = tail_.lines;
  call.widest = tail_.widest;
  call.x = {first == 0 ? x_ : values_[first], layers_[first].inputs, first == 0};
  call.w = update_.w;
  call.part = tail_.part;
  call.keys = keys_;
  call.dropouts = dropout_count_;
  size_t edge = first;
  if (lowest_ < first) {
    // The derivative of an activation before it is taken along.
    if (is_elementwise(first - 1)) {
      --edge;
      call.at = derivative_at(edge);
      call.activation = static_cast<Activation>(layers_[edge].activation);
      call.parameter = layers_[edge].parameter;
    }
    call.dx = gradients_[edge];
  }
  run_tail(call, tail_, stream_);
  return edge;
}

void TrainedNetwork::enqueue_step() {
  if (values_[0] != nullptr) run_gather(clock_, {x_, layers_[0].inputs, true}, values_[0], batch_, stream_);
  for (size_t layer = 0; layer < tail_.first;) layer = enqueue_forward(layer);
  size_t reached = layers_.size();
  if (tail_.layers.empty()) {
    run_loss(loss_, stream_);
    run_finish(finish_, stream_);
  } else {
    reached = enqueue_tail();
  }
  if (update_.segment_count == 0) return;
  for (size_t edge = reached; edge > lowest_;) {
    const size_t layer = edge - 1;
    edge = enqueue_backward(layer);
    if (layer == lowest_) break;
  }
  run_update(update_, stream_);
}

void TrainedNetwork::run_steps(BorealCudaEpoch* epoch) {
  const size_t width = 2 + finish_.metric_count;
  uint32_t done = 0, at_once = 1;
  while (done < epoch->step_count) {
    const uint32_t count = std::min(at_once, epoch->step_count - done);
    const auto begin = std::chrono::steady_clock::now();
    for (uint32_t i = 0; i < count; ++i) step_.start(stream_);
    run_last_penalty(finish_, stream_);
    stream_.download(epoch->results + done * width, finish_.results + done * width, count * width);
    Progress progress{};
    stream_.download(&progress, clock_.progress, 1);
    stream_.wait("training a network");
    done += count;
    epoch->steps_made = progress.stopped != 0 ? progress.stopped - 1 : done;
    if (progress.stopped != 0) return;
    if (epoch->on_steps != nullptr && epoch->on_steps(epoch->context, done) != 0) throw Aborted{};
    if (std::chrono::steady_clock::now() - begin < kLook) at_once = std::min(at_once * 2, kMostAtOnce);
  }
}

void TrainedNetwork::train(BorealCudaEpoch* epoch) {
  use_device(device_);
  epoch->steps_made = 0;
  if (epoch->rows > rows_ || epoch->step_count > most_steps_) {
    throw Failure(cudaErrorInvalidValue, "an epoch of more rows than there are");
  }
  Rules rules{epoch->update,           epoch->epsilon_in_root, 0, epoch->epsilon, epoch->clip_norm,
              epoch->clip_global_norm, epoch->clip_value};
  for (int k = 0; k < 3; ++k) {
    if (epoch->state[k] == nullptr) continue;
    rules.states |= 1 << k;
    stream_.upload(states_[k], epoch->state[k], parameters_);
  }
  stream_.upload(update_.w, epoch->parameters, parameters_);
  stream_.upload(order_, epoch->order, epoch->rows);
  stream_.upload(factors_, epoch->factors, epoch->rows);
  stream_.upload(steps_, epoch->steps, epoch->step_count);
  stream_.upload(keys_, epoch->keys, size_t{epoch->step_count} * dropout_count_);
  check(cudaMemsetAsync(clock_.progress, 0, sizeof(Progress), stream_), "clearing memory");
  if (!step_ || !(rules == rules_)) {
    update_.kind = static_cast<UpdateKind>(rules.update);
    update_.epsilon = rules.epsilon;
    update_.epsilon_in_root = rules.epsilon_in_root != 0;
    float** const arrays[3] = {&update_.s0, &update_.s1, &update_.s2};
    for (int k = 0; k < 3; ++k) *arrays[k] = (rules.states >> k & 1) != 0 ? states_[k] : nullptr;
    update_.clip_norm = rules.clip_norm;
    update_.clip_global_norm = rules.clip_global_norm;
    update_.clip_value = rules.clip_value;
    step_ = Recording(stream_, [&] { enqueue_step(); });
    rules_ = rules;
  }
  const auto finish = [&] {
    stream_.download(epoch->parameters, update_.w, parameters_);
    for (int k = 0; k < 3; ++k) {
      if (epoch->state[k] != nullptr) stream_.download(epoch->state[k], states_[k], parameters_);
    }
    stream_.wait("training a network");
  };
  try {
    run_steps(epoch);
  } catch (const Aborted&) {
    finish();
    throw;
  }
  finish();
}

}  // namespace cuda
}  // namespace boreal
