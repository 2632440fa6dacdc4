// Networks: a handle that JavaScript trains an epoch at a time.
#include <algorithm>
#include <cmath>
#include <limits>
#include <mutex>
#include <string>
#include <utility>

#include "binding/exports.h"
#include "binding/matrix_job.h"
#include "binding/spec.h"
#include "kernels/dispatch.h"
#include "nn/layer_code.h"
#include "train/network_cuda.h"

namespace boreal {
namespace {

struct NetworkHandle {
  std::mutex mutex;
  std::unique_ptr<Network> network;
  std::unique_ptr<CudaNetwork> device;  // where it was placed
  size_t bytes = 0;                     // at its creation, for the garbage collector's sums
};

}  // namespace

template <>
struct HandleTraits<NetworkHandle> {
  static constexpr napi_type_tag kTag = {0x8a41d6f07be2c935, 0xe35b1f9c60d7a248};
  static constexpr const char* kName = "a network";
  static size_t external_bytes(const NetworkHandle& handle) { return handle.bytes; }
};

namespace {

// Jobs and calls take turns by refusal: the event loop must not wait for an epoch.
class NetworkUse {
 public:
  explicit NetworkUse(NetworkHandle& handle) : lock_(handle.mutex, std::try_to_lock) {
    if (!lock_.owns_lock())
      throw Error("ERR_BUSY", "The network is at work already: await its last call first.");
  }

 private:
  std::unique_lock<std::mutex> lock_;
};

// (code, seed)
napi_value network_create(Call& call) {
  napi_env env = call.env();
  const TypedArray code = to_typed_array(env, call[0], "code");
  auto handle = std::make_shared<NetworkHandle>();
  handle->network =
      std::make_unique<Network>(nn::decode_layers(elements<double>(code), code.length, kernels()),
                                to_size(env, call[1], "seed"), kernels());
  handle->bytes = handle->network->memory_bytes();
  return make_handle(env, std::move(handle));
}

napi_value to_array(napi_env env, const AlignedBuffer<float>& values) {
  return to_js(env, std::vector<float>(values.begin(), values.end()));
}

// (network): a copy of its parameters.
napi_value network_parameters(Call& call) {
  NetworkHandle& handle = *from_handle<NetworkHandle>(call.env(), call[0], "network");
  const NetworkUse use(handle);
  return to_array(call.env(), handle.network->parameters());
}

// (network, parameters)
napi_value network_set_parameters(Call& call) {
  napi_env env = call.env();
  NetworkHandle& handle = *from_handle<NetworkHandle>(env, call[0], "network");
  const TypedArray values = to_typed_array(env, call[1], "parameters");
  const NetworkUse use(handle);
  const AlignedBuffer<float>& parameters = handle.network->parameters();
  require_length(values, parameters.size());
  std::copy_n(elements<float>(values), values.length, parameters.data());
  return undefined(env);
}

// (network): { steps, state }
napi_value network_optimizer_state(Call& call) {
  napi_env env = call.env();
  NetworkHandle& handle = *from_handle<NetworkHandle>(env, call[0], "network");
  const NetworkUse use(handle);
  return ObjectBuilder(env)
      .set("steps", static_cast<double>(handle.network->steps()))
      .set("state", handle.network->optimizer_state())
      .object();
}

// (network, steps, state)
napi_value network_set_optimizer_state(Call& call) {
  napi_env env = call.env();
  NetworkHandle& handle = *from_handle<NetworkHandle>(env, call[0], "network");
  const size_t steps = to_size(env, call[1], "steps");
  const TypedArray state = to_typed_array(env, call[2], "state");
  const NetworkUse use(handle);
  handle.network->set_optimizer_state(steps, {elements<float>(state), state.length});
  return undefined(env);
}

// Rows as one job reads them.
struct NetworkRows {
  Input<float> x, targets;
  Input<int32_t> classes;
  AlignedBuffer<float> weights;
  size_t rows = 0;

  NetworkData data() const {
    const bool sparse = classes.size() > 0;
    return {x.data(), rows, sparse ? nullptr : targets.data(), sparse ? classes.data() : nullptr,
            weights.size() > 0 ? weights.data() : nullptr};
  }
};

// The arguments x, rows, y and weights, from call[1] on. y is Float32Array [rows, outputs], or Int32Array
// [rows] of classes.
NetworkRows read_rows(Call& call, const Network& network, bool sparse, std::vector<napi_value>* kept) {
  napi_env env = call.env();
  NetworkRows result;
  result.rows = to_size(env, call[2], "rows");
  const TypedArray x = to_typed_array(env, call[1], "x"), y = to_typed_array(env, call[3], "y");
  require_length(x, checked_area(result.rows, network.inputs()));
  result.x = Input<float>(x, kept);
  if (sparse) {
    require_length(y, result.rows);
    result.classes = Input<int32_t>::copy(y);
    for (size_t i = 0; i < result.rows; ++i) {
      const int32_t label = result.classes.data()[i];
      if (label < 0 || static_cast<size_t>(label) >= network.outputs()) {
        throw Error("ERR_LABELS", "y: row " + std::to_string(i) + " is class " + std::to_string(label) +
                                      "; there are " + std::to_string(network.outputs()) + " outputs.");
      }
    }
  } else {
    require_length(y, checked_area(result.rows, network.outputs()));
    result.targets = Input<float>(y, kept);
  }
  if (is_nullish(env, call[4])) return result;
  const TypedArray weights = to_typed_array(env, call[4], "weights");
  require_length(weights, result.rows);
  const double* const values = elements<double>(weights);
  result.weights = AlignedBuffer<float>(result.rows);
  for (size_t i = 0; i < result.rows; ++i) {
    if (!(values[i] >= 0 && values[i] <= std::numeric_limits<float>::max())) {
      throw Error("ERR_PARAMETER", "A sample weight must be a finite number >= 0.", static_cast<int64_t>(i));
    }
    result.weights[i] = static_cast<float>(values[i]);
  }
  return result;
}

NetworkObjective read_objective(napi_env env, const Spec& spec) {
  NetworkObjective objective;
  objective.loss.kind =
      static_cast<nn::LossKind>(to_whole(env, spec.at("loss"), "loss", 0, nn::kLossCount - 1));
  objective.loss.logits = spec.flag("logits");
  objective.loss.delta = spec.number("delta");
  objective.loss.label_smoothing = spec.number("labelSmoothing");
  objective.weighted_mean = spec.flag("weightedMean");
  objective.penalty_per_row = spec.flag("penaltyPerRow");
  objective.batch_size = spec.size("batchSize");
  objective.max_threads = spec.size("threads");
  objective.weighted_metrics = spec.flag("weightedMetrics");
  const TypedArray metrics = to_typed_array(env, spec.at("metrics"), "metrics");
  for (size_t m = 0; m < metrics.length; ++m) {
    const int32_t metric = elements<int32_t>(metrics)[m];
    const bool by_class = metric == static_cast<int32_t>(NetworkMetric::kSparseCategoricalAccuracy);
    if (metric < 0 || metric >= kNetworkMetricCount || by_class != objective.loss.sparse()) {
      throw Error("ERR_PARAMETER", "This loss has no such metric.");
    }
    objective.metrics.push_back(static_cast<NetworkMetric>(metric));
  }
  return objective;
}

nn::Optimizer read_optimizer(napi_env env, const Spec& spec) {
  nn::Optimizer optimizer;
  optimizer.kind =
      static_cast<nn::OptimizerKind>(to_whole(env, spec.at("kind"), "kind", 0, nn::kOptimizerCount - 1));
  optimizer.momentum = spec.number("momentum");
  optimizer.dampening = spec.number("dampening");
  optimizer.nesterov = spec.flag("nesterov");
  optimizer.rate_in_velocity = spec.flag("rateInVelocity");
  optimizer.rho = spec.number("rho");
  optimizer.centred = spec.flag("centered");
  optimizer.beta1 = spec.number("beta1");
  optimizer.beta2 = spec.number("beta2");
  optimizer.amsgrad = spec.flag("amsgrad");
  optimizer.epsilon = spec.number("epsilon");
  optimizer.epsilon_hat = spec.flag("epsilonHat");
  optimizer.initial_accumulator = spec.number("initialAccumulator");
  optimizer.weight_decay = spec.number("weightDecay");
  optimizer.check();
  return optimizer;
}

TrainingOptions read_training(napi_env env, const Spec& spec) {
  const auto limit = [&](const char* name) {
    const double value = spec.number(name);
    if (!(value >= 0)) throw Error("ERR_PARAMETER", std::string(name) + " must be >= 0.");
    return value;
  };
  TrainingOptions options;
  options.optimizer = read_optimizer(env, {env, spec.at("optimizer")});
  options.clip_norm = limit("clipNorm");
  options.clip_global_norm = limit("clipGlobalNorm");
  options.clip_value = limit("clipValue");
  options.rates = spec.values("rates");
  for (const double rate : options.rates) {
    if (!std::isfinite(rate)) throw Error("ERR_PARAMETER", "A learning rate must be finite.");
  }
  return options;
}

Input<int32_t> read_order(napi_env env, napi_value value, size_t rows) {
  if (is_nullish(env, value)) return {};
  Input<int32_t> order = Input<int32_t>::copy(to_typed_array(env, value, "order"));
  for (const int32_t row : order.span()) {
    if (row < 0 || static_cast<size_t>(row) >= rows) {
      throw Error("ERR_PARAMETER", "order names a row that is not there.");
    }
  }
  return order;
}

// Where a job leaves its running means for JavaScript to look at: shared memory of 1 + metrics numbers.
class LiveMeans {
 public:
  LiveMeans(napi_env env, napi_value value, size_t metrics, JobOptions* options) {
    if (is_nullish(env, value)) return;
    const TypedArray array = to_typed_array(env, value, "live");
    require_length(array, 1 + metrics);
    if (!array.shared) throw Error("ERR_PARAMETER", "live must lie in shared memory.");
    at_ = elements<double>(array);
    options->kept.push_back(array.value);
  }
  void write(double loss, const std::vector<double>& metrics) const {
    if (at_ == nullptr) return;
    at_[0] = loss;
    for (size_t m = 0; m < metrics.size(); ++m) at_[1 + m] = metrics[m];
  }

 private:
  volatile double* at_ = nullptr;
};

napi_value deliver_epoch(napi_env env, EpochResult&& result) {
  return ObjectBuilder(env)
      .set("loss", result.loss)
      .set("metrics", std::move(result.metrics))
      .set("steps", static_cast<double>(result.steps))
      .set("finite", result.finite)
      .object();
}

// Work with rows on a network that nothing else uses meanwhile: work(network, rows, objective, cancel,
// progress). The arguments network, x, rows, y and weights come first.
template <typename Work, typename Deliver>
napi_value start_network_job(Call& call, JobOptions job, NetworkObjective objective, Work work,
                             Deliver deliver) {
  napi_env env = call.env();
  auto handle = from_handle<NetworkHandle>(env, call[0], "network");
  NetworkRows rows = read_rows(call, *handle->network, objective.loss.sparse(), &job.kept);
  auto alone = [handle = std::move(handle), objective = std::move(objective), rows = std::move(rows),
                work = std::move(work)](const CancelToken* cancel, const JobProgress& progress) mutable {
    const NetworkUse use(*handle);
    return work(*handle->network, rows.data(), objective, cancel, progress);
  };
  return EnvState::of(env).start(std::move(job), std::move(alone), std::move(deliver));
}

// (network, x, rows, y, weights, order or null, spec, cancel, onProgress)
napi_value network_train(Call& call) {
  napi_env env = call.env();
  const Spec spec(env, call[6]);
  JobOptions job = train_options(call, 7, true);
  NetworkObjective objective = read_objective(env, spec);
  const LiveMeans live(env, spec.at("live"), objective.metrics.size(), &job);
  auto handle = from_handle<NetworkHandle>(env, call[0], "network");
  auto work = [handle, options = read_training(env, spec), live, placed = spec.flag("placed"),
               order = read_order(env, call[5], to_size(env, call[2], "rows"))](
                  Network& network, const NetworkData& rows, const NetworkObjective& objective,
                  const CancelToken* cancel, const JobProgress& progress) mutable {
    options.order = order.span();
    const Network::OnStep on_step = [&](size_t done, size_t total, double loss,
                                        const std::vector<double>& metrics) {
      live.write(loss, metrics);
      progress(done, total);
    };
    if (placed && handle->device == nullptr) {
      throw Error("ERR_PARAMETER", "The network was not placed on a GPU.");
    }
    return network.train(rows, objective, options, cancel, on_step, placed ? handle->device.get() : nullptr);
  };
  return start_network_job(call, std::move(job), std::move(objective), std::move(work), deliver_epoch);
}

// (network, x, rows, y, weights, spec, cancel)
napi_value network_evaluate(Call& call) {
  auto work = [](Network& network, const NetworkData& rows, const NetworkObjective& objective,
                 const CancelToken* cancel,
                 const JobProgress&) { return network.evaluate(rows, objective, cancel); };
  return start_network_job(call, train_options(call, 6, false),
                           read_objective(call.env(), {call.env(), call[5]}), work, deliver_epoch);
}

// (network, x, rows, y, weights, spec, cancel): what comes out, [rows, outputs]
napi_value network_outputs(Call& call) {
  auto work = [](Network& network, const NetworkData& rows, const NetworkObjective& objective,
                 const CancelToken* cancel, const JobProgress&) {
    std::vector<float> outputs(rows.rows * network.outputs());
    network.evaluate(rows, objective, cancel, outputs.data());
    return outputs;
  };
  auto deliver = [](napi_env env, std::vector<float>&& outputs) { return to_js(env, std::move(outputs)); };
  return start_network_job(call, train_options(call, 6, false),
                           read_objective(call.env(), {call.env(), call[5]}), work, deliver);
}

// (network, x, rows, y, weights, spec, cancel): copies the rows to the GPU spec.device, where epochs of this
// objective can run from then on.
napi_value network_place(Call& call) {
  napi_env env = call.env();
  const Spec spec(env, call[5]);
  auto handle = from_handle<NetworkHandle>(env, call[0], "network");
  auto work = [handle, target = spec.cuda("device")](Network& network, const NetworkData& rows,
                                                     const NetworkObjective& objective, const CancelToken*,
                                                     const JobProgress&) {
    if (!target.is_gpu()) throw Error("ERR_PARAMETER", "device must name a GPU.");
    handle->device.reset();
    handle->device = std::make_unique<CudaNetwork>(network, rows, objective, target);
    return static_cast<double>(rows.rows);
  };
  auto deliver = [](napi_env env, double rows) { return to_js(env, rows); };
  return start_network_job(call, train_options(call, 6, false), read_objective(env, spec), work, deliver);
}

// (network): gives back what lies on a GPU.
napi_value network_release(Call& call) {
  NetworkHandle& handle = *from_handle<NetworkHandle>(call.env(), call[0], "network");
  const NetworkUse use(handle);
  handle.device.reset();
  return undefined(call.env());
}

struct LossGradient {
  double loss;
  std::vector<float> gradient;
};

// (network, x, rows, y, weights, spec, cancel): { loss, gradient }
napi_value network_gradient(Call& call) {
  auto work = [](Network& network, const NetworkData& rows, const NetworkObjective& objective,
                 const CancelToken* cancel, const JobProgress&) {
    LossGradient result{0, std::vector<float>(network.parameters().size())};
    result.loss = network.gradient(rows, objective, result.gradient.data(), cancel).objective;
    return result;
  };
  auto deliver = [](napi_env env, LossGradient&& result) {
    return ObjectBuilder(env).set("loss", result.loss).set("gradient", std::move(result.gradient)).object();
  };
  return start_network_job(call, train_options(call, 6, false),
                           read_objective(call.env(), {call.env(), call[5]}), work, deliver);
}

// (network, x, rows, y, weights, spec, cancel, onProgress): { loss, losses, iterations, converged }
napi_value network_minimize(Call& call) {
  const Spec spec(call.env(), call[5]);
  MinimizeOptions options;
  options.max_iterations = spec.size("maxIterations");
  options.max_evaluations = spec.size("maxEvaluations");
  options.tolerance = spec.number("tolerance");
  auto work = [options](Network& network, const NetworkData& rows, const NetworkObjective& objective,
                        const CancelToken* cancel, const JobProgress& progress) {
    return network.minimize(rows, objective, options, cancel, progress);
  };
  auto deliver = [](napi_env env, MinimizeResult&& result) {
    return ObjectBuilder(env)
        .set("loss", result.loss)
        .set("losses", std::move(result.losses))
        .set("iterations", static_cast<double>(result.iterations))
        .set("converged", result.converged)
        .object();
  };
  return start_network_job(call, train_options(call, 6, true), read_objective(call.env(), spec), work,
                           deliver);
}

}  // namespace

void export_network(napi_env env, napi_value exports) {
  export_function<network_create>(env, exports, "networkCreate");
  export_function<network_parameters>(env, exports, "networkParameters");
  export_function<network_set_parameters>(env, exports, "networkSetParameters");
  export_function<network_optimizer_state>(env, exports, "networkOptimizerState");
  export_function<network_set_optimizer_state>(env, exports, "networkSetOptimizerState");
  export_function<network_place>(env, exports, "networkPlace");
  export_function<network_release>(env, exports, "networkRelease");
  export_function<network_train>(env, exports, "networkTrain");
  export_function<network_evaluate>(env, exports, "networkEvaluate");
  export_function<network_outputs>(env, exports, "networkOutputs");
  export_function<network_gradient>(env, exports, "networkGradient");
  export_function<network_minimize>(env, exports, "networkMinimize");
}

}  // namespace boreal
