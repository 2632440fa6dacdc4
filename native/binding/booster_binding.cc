// Boosting: a handle to a HistBooster, which JavaScript drives round by round, so that it can watch, stop,
// and bring gradients of its own.
#include <algorithm>
#include <limits>
#include <mutex>
#include <string>
#include <utility>

#include "binding/exports.h"
#include "binding/matrix_job.h"
#include "binding/spec.h"
#include "train/hist_booster.h"

namespace boreal {
namespace {

// Empty once it has given its trees away. `bytes` stays, for the garbage collector's sums.
struct BoosterHandle {
  std::mutex mutex;
  std::unique_ptr<HistBooster> booster;
  size_t bytes = 0;
};

}  // namespace

template <>
struct HandleTraits<BoosterHandle> {
  static constexpr napi_type_tag kTag = {0x3f0a9c71d4e85b26, 0xb17c52e80d946fa3};
  static constexpr const char* kName = "a booster";
  static size_t external_bytes(const BoosterHandle& handle) { return handle.bytes; }
};

namespace {

// Jobs and calls take turns by refusal: the event loop must not wait for a round.
class BoosterUse {
 public:
  explicit BoosterUse(BoosterHandle& handle) : lock_(handle.mutex, std::try_to_lock) {
    if (!lock_.owns_lock() || handle.booster == nullptr) {
      throw Error("ERR_PARAMETER", "The booster is at work, or has finished.");
    }
  }

 private:
  std::unique_lock<std::mutex> lock_;
};

uint32_t to_u32(napi_env env, napi_value value, const char* name) {
  return static_cast<uint32_t>(to_whole(env, value, name, 0, std::numeric_limits<uint32_t>::max()));
}

double in_range(double value, double least, double most, const char* what) {
  if (!(value >= least && value <= most))
    throw Error("ERR_PARAMETER", std::string(what) + " is out of range.");
  return value;
}

// What a fit is told besides its rows.
struct BoosterSpec {
  BoosterParams params;
  std::vector<uint8_t> categorical;       // [cols] or empty
  Input<double> scores, valid_scores;     // [outputs, rows] or empty
  Input<int32_t> queries, valid_queries;  // offsets, or empty
};

GrowthParams growth_params(napi_env env, napi_value spec, size_t cols) {
  const auto field = [&](const char* name) { return property(env, spec, name); };
  const auto number = [&](const char* name) { return to_double(env, field(name), name); };
  constexpr double kMost = std::numeric_limits<double>::max();
  GrowthParams growth;
  growth.leaf_wise = to_choice(env, field("growth"), "growth", {"leafWise", "depthWise"}) == 0;
  growth.max_leaves = to_u32(env, field("maxLeaves"), "maxLeaves");
  growth.max_depth = to_u32(env, field("maxDepth"), "maxDepth");
  growth.min_samples_leaf = to_u32(env, field("minSamplesLeaf"), "minSamplesLeaf");
  if (growth.max_leaves < 2 || growth.max_depth < 1 || growth.min_samples_leaf < 1) {
    throw Error("ERR_PARAMETER", "A tree needs two leaves, a depth of 1 and a row a leaf at least.");
  }
  growth.l1 = in_range(number("l1"), 0, kMost, "l1");
  growth.l2 = in_range(number("l2"), 0, kMost, "l2");
  growth.min_hessian = in_range(number("minHessian"), 0, kMost, "minHessian");
  growth.min_gain = in_range(number("minGain"), 0, kMost, "minGain");
  growth.columns_per_split = in_range(number("columnsPerSplit"), 0, 1, "columnsPerSplit");
  growth.max_threads = to_size(env, field("threads"), "threads");
  growth.cuda = Spec(env, spec).cuda("cuda");
  if (!is_nullish(env, field("monotonic"))) {
    const TypedArray array = to_typed_array(env, field("monotonic"), "monotonic");
    require_length(array, cols);
    const int32_t* signs = elements<int32_t>(array);
    for (size_t j = 0; j < cols; ++j) {
      growth.monotonic.push_back(static_cast<int8_t>(in_range(signs[j], -1, 1, "monotonic")));
    }
  }
  if (!is_nullish(env, field("groups"))) {
    const TypedArray array = to_typed_array(env, field("groups"), "groups");
    growth.group_words = array.length / cols;
    require_length(array, checked_area(cols, growth.group_words));
    const int32_t* words = elements<int32_t>(array);
    growth.groups.assign(words, words + array.length);
  }
  return growth;
}

RankParams rank_params(napi_env env, napi_value rank) {
  const auto field = [&](const char* name) { return property(env, rank, name); };
  RankParams params;
  params.sigmoid = to_double(env, field("sigmoid"), "sigmoid");
  params.truncation = to_u32(env, field("truncation"), "truncation");
  params.eval_at = to_u32(env, field("evalAt"), "evalAt");
  params.normalise = to_bool(env, field("normalise"), "normalise");
  const TypedArray gains = to_typed_array(env, field("gains"), "gains");
  params.gains.assign(elements<double>(gains), elements<double>(gains) + gains.length);
  return params;
}

SamplingParams sampling_params(napi_env env, napi_value spec, double learning_rate) {
  const auto share = [&](const char* name) {
    return in_range(to_double(env, property(env, spec, name), name), 0, 1, name);
  };
  SamplingParams sampling;
  sampling.one_sided = to_choice(env, property(env, spec, "kind"), "kind", {"uniform", "goss"}) == 1;
  sampling.share = share("share");
  sampling.top_share = share("topShare");
  sampling.other_share = share("otherShare");
  sampling.warm_up_rounds = static_cast<size_t>(std::min(1 / learning_rate, 1e9));
  return sampling;
}

DropoutParams dropout_params(napi_env env, napi_value spec) {
  DropoutParams dropout;
  dropout.on = !is_nullish(env, spec);
  if (!dropout.on) return dropout;
  const auto chance = [&](const char* name) {
    return in_range(to_double(env, property(env, spec, name), name), 0, 1, name);
  };
  const auto flag = [&](const char* name) { return to_bool(env, property(env, spec, name), name); };
  dropout.rate = chance("rate");
  dropout.most = to_u32(env, property(env, spec, "most"), "most");
  dropout.skip = chance("skip");
  dropout.uniform = flag("uniform");
  dropout.xgboost = flag("xgboost");
  return dropout;
}

BoosterSpec booster_spec(napi_env env, napi_value spec, size_t rows, size_t cols) {
  const auto field = [&](const char* name) { return property(env, spec, name); };
  const auto number = [&](const char* name) { return to_double(env, field(name), name); };
  BoosterSpec result;
  BoosterParams& params = result.params;
  params.loss =
      static_cast<LossKind>(to_choice(env, field("loss"), "loss",
                                      {"squaredError", "absoluteError", "quantile", "huber", "poisson",
                                       "gamma", "tweedie", "logistic", "softmax", "custom", "lambdarank"}));
  params.loss_parameter = number("lossParameter");
  params.classes = to_u32(env, field("classes"), "classes");
  if (params.classes > rows) throw Error("ERR_LABELS", "There are more classes than rows.");
  params.learning_rate =
      in_range(number("learningRate"), 0, std::numeric_limits<double>::max(), "learningRate");
  params.sampling = sampling_params(env, property(env, spec, "sampling"), params.learning_rate);
  params.dropout = dropout_params(env, property(env, spec, "dropout"));
  params.column_share = in_range(number("columnShare"), 0, 1, "columnShare");
  params.max_bins = static_cast<uint32_t>(to_whole(env, field("maxBins"), "maxBins", 2, 255));
  params.seed = to_size(env, field("seed"), "seed");
  params.first_tree = to_size(env, field("firstTree"), "firstTree");
  params.growth = growth_params(env, spec, cols);
  if (!is_nullish(env, field("categorical"))) {
    const TypedArray array = to_typed_array(env, field("categorical"), "categorical");
    require_length(array, cols);
    const int32_t* marks = elements<int32_t>(array);
    for (size_t j = 0; j < cols; ++j) result.categorical.push_back(marks[j] != 0);
  }
  const auto scores = [&](const char* name) {
    return is_nullish(env, field(name)) ? Input<double>()
                                        : Input<double>::copy(to_typed_array(env, field(name), name));
  };
  if (!is_nullish(env, field("start"))) {
    const TypedArray array = to_typed_array(env, field("start"), "start");
    params.start.assign(elements<double>(array), elements<double>(array) + array.length);
  }
  if (!is_nullish(env, field("rank"))) params.rank = rank_params(env, field("rank"));
  const auto queries = [&](const char* name) {
    return is_nullish(env, field(name)) ? Input<int32_t>()
                                        : Input<int32_t>::copy(to_typed_array(env, field(name), name));
  };
  result.queries = queries("queries");
  result.valid_queries = queries("validQueries");
  result.scores = scores("scores");
  result.valid_scores = scores("validScores");
  return result;
}

// (x, rows, cols, y, weights, validX, validRows, validY, validWeights, spec, cancel)
napi_value booster_create(Call& call) {
  napi_env env = call.env();
  const MatrixArgument matrix(call);
  const size_t valid_rows = to_size(env, call[6], "validRows");
  const TypedArray valid = to_typed_array(env, call[5], "validX");
  require_length(valid, checked_area(valid_rows, matrix.cols));
  if (valid.type != matrix.x.type) throw Error("ERR_DTYPE", "validX must have the element type of x.");
  JobOptions options = train_options(call, 10, false);
  return by_precision(matrix.x, [&](auto zero) {
    using T = decltype(zero);
    auto work = [x = Input<T>(matrix.x, &options.kept), valid_x = Input<T>(valid, &options.kept),
                 rows = matrix.rows, cols = matrix.cols, valid_rows,
                 y = row_values<double>(call, 3, "y", matrix.rows),
                 weights = optional_row_values<double>(call, 4, "weights", matrix.rows),
                 valid_y = row_values<double>(call, 7, "validY", valid_rows),
                 valid_weights = optional_row_values<double>(call, 8, "validWeights", valid_rows),
                 spec = booster_spec(env, call[9], matrix.rows, matrix.cols)](const CancelToken* cancel,
                                                                              const JobProgress&) {
      const BoosterData<T> train{x.matrix(rows, cols), y.span(), weights.span(), spec.scores.span(),
                                 spec.queries.span()};
      const BoosterData<T> held_out{valid_x.matrix(valid_rows, cols), valid_y.span(), valid_weights.span(),
                                    spec.valid_scores.span(), spec.valid_queries.span()};
      auto handle = std::make_shared<BoosterHandle>();
      handle->booster = std::make_unique<HistBooster>(
          train, held_out, Span<uint8_t>{spec.categorical.data(), spec.categorical.size()}, spec.params,
          cancel);
      handle->bytes = handle->booster->memory_bytes();
      return handle;
    };
    auto deliver = [](napi_env e, std::shared_ptr<BoosterHandle>&& handle) {
      return make_handle(e, std::move(handle));
    };
    return EnvState::of(env).start(std::move(options), std::move(work), std::move(deliver));
  });
}

struct Losses {
  double train, valid;
};

Losses losses_of(const HistBooster& booster) { return {booster.train_loss(), booster.valid_loss()}; }

napi_value deliver_losses(napi_env env, Losses&& losses) {
  return ObjectBuilder(env).set("train", losses.train).set("valid", losses.valid).object();
}

// What a custom loss and the booster exchange: [outputs, training rows] each, in shared memory, which stays
// where it is. Empty for other losses.
struct Exchange {
  Input<float> gradient, hessian;
  double* raw = nullptr;
  size_t size = 0;
};

Exchange exchange_of(Call& call, size_t argument, JobOptions* options) {
  napi_env env = call.env();
  Exchange exchange;
  if (is_nullish(env, call[argument])) return exchange;
  const auto array = [&](const char* name) {
    const TypedArray values = to_typed_array(env, property(env, call[argument], name), name);
    if (!values.shared) throw Error("ERR_PARAMETER", std::string(name) + " must lie in shared memory.");
    return values;
  };
  exchange.gradient = Input<float>(array("gradient"), &options->kept);
  exchange.hessian = Input<float>(array("hessian"), &options->kept);
  const TypedArray raw = array("raw");
  exchange.raw = elements<double>(raw);
  exchange.size = raw.length;
  options->kept.push_back(raw.value);
  return exchange;
}

void write_scores(const HistBooster& booster, const Exchange& exchange) {
  if (exchange.raw == nullptr) return;
  if (exchange.size != booster.score_count()) {
    throw Error("ERR_SHAPE", "raw must have one value for each score.");
  }
  booster.write_train_scores(exchange.raw);
}

// (booster, rounds 0 or 1, evaluate, exchange or null, cancel): NaN for losses that were not asked for. A
// round reads the gradients of the exchange and leaves the scores there.
napi_value booster_round(Call& call) {
  napi_env env = call.env();
  const bool grow = to_bool(env, call[1], "grow"), evaluate = to_bool(env, call[2], "evaluate");
  JobOptions options = train_options(call, 4, false);
  auto work = [handle = from_handle<BoosterHandle>(env, call[0], "booster"), grow, evaluate,
               exchange = exchange_of(call, 3, &options)](const CancelToken* cancel, const JobProgress&) {
    const BoosterUse use(*handle);
    HistBooster& booster = *handle->booster;
    if (grow && exchange.raw != nullptr) booster.bring(exchange.gradient.span(), exchange.hessian.span());
    if (grow) booster.round(cancel);
    write_scores(booster, exchange);
    constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
    return evaluate ? losses_of(booster) : Losses{kNaN, kNaN};
  };
  return EnvState::of(env).start(std::move(options), std::move(work), deliver_losses);
}

// (booster, exchange, cancel): leaves the scores of which the next round wants the gradients.
napi_value booster_drop(Call& call) {
  napi_env env = call.env();
  JobOptions options = train_options(call, 2, false);
  auto work = [handle = from_handle<BoosterHandle>(env, call[0], "booster"),
               exchange = exchange_of(call, 1, &options)](const CancelToken* cancel, const JobProgress&) {
    const BoosterUse use(*handle);
    handle->booster->drop(cancel);
    write_scores(*handle->booster, exchange);
    return true;
  };
  auto deliver = [](napi_env e, bool&&) { return undefined(e); };
  return EnvState::of(env).start(std::move(options), std::move(work), deliver);
}

// (booster, of the validation rows): raw scores, [outputs, rows].
napi_value booster_scores(Call& call) {
  napi_env env = call.env();
  BoosterHandle& handle = *from_handle<BoosterHandle>(env, call[0], "booster");
  const bool valid = to_bool(env, call[1], "valid");
  const BoosterUse use(handle);
  if (valid) return to_js(env, std::vector<double>(handle.booster->valid_scores()));
  std::vector<double> scores(handle.booster->score_count());
  handle.booster->write_train_scores(scores.data());
  return to_js(env, std::move(scores));
}

// (booster): gives back all that it holds, also on a GPU; what has been given back already is no error.
napi_value booster_release(Call& call) {
  BoosterHandle& handle = *from_handle<BoosterHandle>(call.env(), call[0], "booster");
  const std::unique_lock<std::mutex> lock(handle.mutex, std::try_to_lock);
  if (!lock.owns_lock()) throw Error("ERR_PARAMETER", "The booster is at work.");
  handle.booster.reset();
  return undefined(call.env());
}

struct Finished {
  HistForest forest;
  std::vector<double> baseline;
};

// (booster): its trees; frees everything else.
napi_value booster_finish(Call& call) {
  napi_env env = call.env();
  auto work = [handle = from_handle<BoosterHandle>(env, call[0], "booster")](const CancelToken*,
                                                                             const JobProgress&) {
    const BoosterUse use(*handle);
    const std::unique_ptr<HistBooster> booster = std::move(handle->booster);
    return Finished{booster->forest(), booster->baseline()};
  };
  auto deliver = [](napi_env e, Finished&& finished) {
    HistForest& forest = finished.forest;
    return ObjectBuilder(e)
        .set("treeOffsets", std::move(forest.tree_offsets))
        .set("feature", std::move(forest.feature))
        .set("threshold", std::move(forest.threshold))
        .set("left", std::move(forest.left))
        .set("rules", std::move(forest.rules))
        .set("cover", std::move(forest.cover))
        .set("values", std::move(forest.values))
        .set("setOffsets", std::move(forest.set_offsets))
        .set("setWords", std::move(forest.set_words))
        .set("gain", std::move(forest.gain))
        .set("baseline", std::move(finished.baseline))
        .object();
  };
  JobOptions options;
  options.lane = Lane::kTrain;
  return EnvState::of(env).start(std::move(options), std::move(work), std::move(deliver));
}

}  // namespace

void export_booster(napi_env env, napi_value exports) {
  export_function<booster_create>(env, exports, "boosterCreate");
  export_function<booster_round>(env, exports, "boosterRound");
  export_function<booster_drop>(env, exports, "boosterDrop");
  export_function<booster_scores>(env, exports, "boosterScores");
  export_function<booster_release>(env, exports, "boosterRelease");
  export_function<booster_finish>(env, exports, "boosterFinish");
}

}  // namespace boreal
