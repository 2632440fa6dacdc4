// The loss of a row, its gradient and what metrics count of it; and the sums of a step. Shared by the kernels
// that take a network layer by layer and the one that takes its last layers together.
#pragma once

#include "cuda/launch.cuh"
#include "cuda/math.cuh"
#include "cuda/network_kernels.cuh"
#include "cuda/warp.cuh"

namespace boreal {
namespace cuda {

using nn::LossKind;

struct Largest {
  double value;
  uint32_t index;
};
// The first of the largest, 0 when all are NaN.
template <int kLanes, typename Get>
__device__ uint32_t index_of_largest(uint32_t lane, uint32_t n, const Get& get) {
  Largest best{-INFINITY, n};
  for (uint32_t j = lane; j < n; j += kLanes) {
    const double value = get(j);
    if (value > best.value || (value == best.value && j < best.index)) best = {value, j};
  }
  for (int step = kLanes / 2; step > 0; step /= 2) {
    const double value = __shfl_xor_sync(kAllLanes, best.value, step, kLanes);
    const uint32_t index = __shfl_xor_sync(kAllLanes, best.index, step, kLanes);
    if (value > best.value || (value == best.value && index < best.index)) best = {value, index};
  }
  return best.index < n ? best.index : 0;
}

struct LossPoint {
  double value, gradient;
};
template <typename Form>
__device__ LossPoint point_of(const Form& form, double y, double t) {
  return {form.value(y, t), form.gradient(y, t)};
}
// Of one output, for the losses that are sums over them.
__device__ __noinline__ inline LossPoint loss_point(const LossCall& call, double y, double t) {
  switch (call.kind) {
    case LossKind::kHalfSquaredError:
      return point_of(nn::HalfSquaredError{}, y, t);
    case LossKind::kMeanAbsoluteError:
      return point_of(nn::AbsoluteError{}, y, t);
    case LossKind::kHuber:
      return point_of(nn::HuberError{call.delta}, y, t);
    case LossKind::kLogCosh:
      return point_of(nn::LogCosh{}, y, t);
    case LossKind::kMeanSquaredLogarithmicError:
      return point_of(nn::SquaredLogarithmicError{}, y, t);
    case LossKind::kBinaryCrossEntropy:
    case LossKind::kSummedBinaryCrossEntropy:
      return point_of(nn::BinaryCrossEntropy{call.label_smoothing}, y, t);
    case LossKind::kKlDivergence:
      return point_of(nn::KlDivergence{}, y, t);
    case LossKind::kHinge:
      return point_of(nn::Hinge{}, y, t);
    case LossKind::kSquaredHinge:
      return point_of(nn::SquaredHinge{}, y, t);
    case LossKind::kPoisson:
    case LossKind::kSummedPoisson:
      return point_of(nn::PoissonLoss{}, y, t);
    default:
      return point_of(nn::SquaredError{}, y, t);
  }
}

// Where the values of a row stand, `stride` apart.
struct LossPlace {
  uint32_t stride;
  const float* outputs;
  float* probabilities;  // of logits
  float* gradients;
};

// One row of kLanes lanes, and what is asked of it.
template <int kLanes>
struct LossRow {
  const LossCall& call;
  uint32_t lane;
  LossPlace place;
  const float* targets;
  int32_t label;
  double factor;

  template <typename Body>
  __device__ void each(const Body& body) const {
    for (uint32_t j = lane; j < call.outputs; j += kLanes) body(j);
  }
  __device__ float output(uint32_t j) const { return place.outputs[j * place.stride]; }
  __device__ double y(uint32_t j) const { return static_cast<double>(output(j)); }
  __device__ void set_gradient(uint32_t j, double value) const {
    place.gradients[j * place.stride] = static_cast<float>(factor * value);
  }
  __device__ float probability(uint32_t j) const { return place.probabilities[j * place.stride]; }
  __device__ void set_probability(uint32_t j, float p) const { place.probabilities[j * place.stride] = p; }
  __device__ double given(uint32_t j) const {
    return targets == nullptr ? (static_cast<uint32_t>(label) == j ? 1.0 : 0.0)
                              : static_cast<double>(targets[j]);
  }
  // Of the entropies over classes, smoothed.
  __device__ double target(uint32_t j) const {
    const double smooth = call.label_smoothing;
    return given(j) * (1 - smooth) + smooth / call.outputs;
  }

  __device__ double by_output() const {
    const double share = nn::share_of_output(call.kind, call.outputs);
    double sum = 0;
    each([&](uint32_t j) {
      const LossPoint point = loss_point(call, y(j), given(j));
      sum += point.value;
      set_gradient(j, share * point.gradient);
    });
    return share * sum_of_lanes<kLanes>(sum);
  }

  __device__ double softmax_entropy() const {
    float most = -INFINITY;
    each([&](uint32_t j) { most = fmaxf(most, output(j)); });
    most = max_of_lanes<kLanes>(most);
    double exponentials = 0, total = 0, sum = 0;
    each([&](uint32_t j) { exponentials += static_cast<double>(expf(output(j) - most)); });
    const float log_sum = logf(static_cast<float>(sum_of_lanes<kLanes>(exponentials)));
    each([&](uint32_t j) {
      const float log_p = output(j) - most - log_sum;
      const double t = target(j);
      set_probability(j, expf(log_p));
      total += t;
      if (t != 0) sum -= t * static_cast<double>(log_p);
    });
    total = sum_of_lanes<kLanes>(total);
    each([&](uint32_t j) { set_gradient(j, static_cast<double>(probability(j)) * total - target(j)); });
    return sum_of_lanes<kLanes>(sum);
  }

  __device__ double sigmoid_entropy() const {
    const double smooth = call.label_smoothing, share = nn::share_of_output(call.kind, call.outputs);
    double sum = 0;
    each([&](uint32_t j) {
      const double t = given(j) * (1 - smooth) + smooth / 2;
      const float z = output(j), p = sigmoid(z);
      sum += static_cast<double>(softplus(z)) - static_cast<double>(z) * t;
      set_probability(j, p);
      set_gradient(j, share * (static_cast<double>(p) - t));
    });
    return share * sum_of_lanes<kLanes>(sum);
  }

  // Of probabilities, which are divided by their sum first.
  __device__ double probability_entropy() const {
    double total = 0, mass = 0, sum = 0;
    each([&](uint32_t j) { total += y(j); });
    total = sum_of_lanes<kLanes>(total);
    const auto inside = [](double q) { return q > nn::kClip && q < 1 - nn::kClip; };
    each([&](uint32_t j) {
      const double t = target(j), q = y(j) / total;
      if (t == 0) return;
      if (inside(q)) mass += t;
      sum -= t * log(nn::clamped(q, nn::kClip, 1 - nn::kClip));
    });
    mass = sum_of_lanes<kLanes>(mass);
    each([&](uint32_t j) {
      const double own = inside(y(j) / total) ? target(j) / y(j) : 0;
      set_gradient(j, mass / total - own);
    });
    return sum_of_lanes<kLanes>(sum);
  }

  __device__ double categorical_hinge() const {
    double positive = 0, bad = 0;
    each([&](uint32_t j) {
      positive += given(j) * y(j);
      if (isnan(y(j))) bad = quiet_nan();
    });
    positive = sum_of_lanes<kLanes>(positive + bad);
    const auto other = [&](uint32_t j) { return (1 - given(j)) * y(j); };
    const uint32_t worst = index_of_largest<kLanes>(lane, call.outputs, other);
    const double margin = other(worst) - positive + 1;
    each([&](uint32_t j) { set_gradient(j, margin > 0 ? (j == worst ? 1 - given(j) : 0) - given(j) : 0); });
    return margin < 0 ? 0 : margin;
  }

  __device__ double loss() const {
    switch (call.kind) {
      case LossKind::kCategoricalCrossEntropy:
      case LossKind::kSparseCategoricalCrossEntropy:
        return call.logits ? softmax_entropy() : probability_entropy();
      case LossKind::kCategoricalHinge:
        return categorical_hinge();
      case LossKind::kBinaryCrossEntropy:
      case LossKind::kSummedBinaryCrossEntropy:
        return call.logits ? sigmoid_entropy() : by_output();
      default:
        return by_output();
    }
  }

  // NetworkMetric; what the network predicts are the probabilities where it ends in logits.
  __device__ double metric(int32_t kind) const {
    const auto predicted = [&](uint32_t j) {
      return static_cast<double>(call.logits ? probability(j) : output(j));
    };
    if (kind == 1 || kind == 2) {
      const uint32_t best = index_of_largest<kLanes>(lane, call.outputs, predicted);
      if (kind == 2) return best == static_cast<uint32_t>(label);
      const auto wanted = [&](uint32_t j) { return given(j); };
      return best == index_of_largest<kLanes>(lane, call.outputs, wanted);
    }
    double sum = 0;
    each([&](uint32_t j) {
      const double e = predicted(j) - given(j);
      sum += kind == 0 ? ((predicted(j) > 0.5) == (given(j) > 0.5) ? 1.0 : 0.0) : kind == 3 ? e * e : fabs(e);
    });
    return sum_of_lanes<kLanes>(sum) / call.outputs;
  }
};

// The loss of row i of the mini-batch, its gradient and metrics, by kLanes lanes. Without `counts` it stands
// in for a row that is not there: nothing is noted, and the gradient is 0.
template <int kLanes>
__device__ void score_row(const LossCall& call, const BorealCudaTrainStep& step, uint32_t i,
                          const LossPlace& place, bool counts) {
  const uint32_t lane = threadIdx.x % kLanes;
  const size_t at = size_t{step.first} + i, row = static_cast<size_t>(call.clock.order[at]);
  const LossRow<kLanes> own{call,
                            lane,
                            place,
                            call.targets == nullptr ? nullptr : call.targets + row * call.outputs,
                            call.classes == nullptr ? -1 : call.classes[row],
                            static_cast<double>(call.clock.factors[at])};
  const double loss = own.loss();
  if (counts && lane == 0) call.losses[i] = loss;
  for (uint32_t m = 0; m < call.metric_count; ++m) {
    const double counted = own.metric(call.metrics[m]);
    if (counts && lane == 0) call.counted[size_t{m} * call.batch + i] = counted;
  }
  if (!counts) own.each([&](uint32_t j) { place.gradients[j * place.stride] = 0; });
}

// ---- Sums of a step, by one block ----

// sum of get(i), i < n.
template <typename Get>
__device__ double sum_of_all(size_t n, const Get& get) {
  double sum = 0;
  for (size_t i = threadIdx.x; i < n; i += kThreads) sum += get(i);
  return sum_of_block<kThreads>(sum);
}

__device__ inline void add_last_penalty(const FinishCall& call, uint32_t step) {
  if (call.penalty_count == 0 || step == 0) return;  // for all threads alike
  const double penalty = sum_of_all(call.penalty_count, [&](size_t i) { return call.penalties[i]; });
  if (threadIdx.x == 0) call.results[size_t{step - 1} * (2 + call.metric_count) + 1] = penalty;
}

// Sums of the loss and the metrics; the next step, or none.
__device__ inline void finish_step(const FinishCall& call) {
  const uint32_t now = call.clock.progress->step;
  const bool stopped = call.clock.progress->stopped != 0;
  const BorealCudaTrainStep step = call.clock.before();
  double* const results = call.results + size_t{now} * (2 + call.metric_count);
  double loss = 0;
  if (!stopped) {
    add_last_penalty(call, now);
    const auto weighed = [&](size_t i) { return static_cast<double>(call.clock.factors[step.first + i]); };
    loss = sum_of_all(step.rows, [&](size_t i) { return weighed(i) * call.losses[i]; });
    if (threadIdx.x == 0) results[0] = loss, results[1] = 0;
    for (uint32_t m = 0; m < call.metric_count; ++m) {
      const double* const counted = call.counted + size_t{m} * call.batch;
      const double sum = sum_of_all(
          step.rows, [&](size_t i) { return call.weighted_metrics ? weighed(i) * counted[i] : counted[i]; });
      if (threadIdx.x == 0) results[2 + m] = sum;
    }
  }
  __syncthreads();  // all have read the progress
  if (threadIdx.x != 0) return;
  if (!(fabs(loss) < INFINITY)) call.clock.progress->stopped = now + 1;
  call.clock.progress->step = now + 1;
}

}  // namespace cuda
}  // namespace boreal
