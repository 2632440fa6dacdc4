// Fits of trees: forests, single trees and gradient boosting.
#include <algorithm>
#include <cmath>
#include <vector>

#include "base/aligned_buffer.h"
#include "binding/exports.h"
#include "binding/matrix_job.h"
#include "binding/spec.h"
#include "train/boosting.h"
#include "train/forest.h"
#include "train/row_sampler.h"

namespace boreal {
namespace {

void read_tree_params(const Spec& spec, TreeParams* params) {
  params->max_depth = spec.u32("maxDepth");
  params->min_samples_split = spec.u32("minSamplesSplit");
  params->min_samples_leaf = spec.u32("minSamplesLeaf");
  params->min_weight_leaf = spec.number("minWeightLeaf");
  params->max_features = spec.u32("maxFeatures");
  params->min_impurity_decrease = spec.number("minImpurityDecrease");
  params->random_thresholds = spec.flag("randomThresholds");
  params->max_leaves = spec.u32("maxLeaves");
  params->ccp_alpha = spec.number("ccpAlpha");
  params->monotonic = spec.signs("monotonic");
  params->tree_columns = spec.u32("treeColumns");
  params->seed = spec.size("seed");
}

ForestParams forest_params(const Spec& spec) {
  ForestParams params;
  read_tree_params(spec, &params);
  params.criterion = spec.choice<Criterion>(
      "criterion", {"gini", "entropy", "squared_error", "absolute_error", "poisson", "isolation"});
  params.trees = spec.u32("trees");
  params.first_tree = spec.u32("firstTree");
  params.bootstrap = spec.flag("bootstrap");
  params.max_samples = spec.u32("maxSamples");
  params.balanced_subsample = spec.flag("balancedSubsample");
  params.out_of_bag = spec.flag("outOfBag");
  params.pruning_path = spec.flag("pruningPath");
  params.max_bins = spec.u32("maxBins");
  params.cuda = spec.cuda("cuda");
  return params;
}

BoostingParams boosting_params(const Spec& spec) {
  BoostingParams params;
  read_tree_params(spec, &params);
  params.loss = spec.choice<BoostingLoss>("loss", {"squared_error", "absolute_error", "huber", "quantile",
                                                   "logistic", "multinomial", "exponential"});
  params.class_count = spec.u32("classCount");
  params.rounds = spec.u32("rounds");
  params.first_round = spec.u32("firstRound");
  params.learning_rate = spec.number("learningRate");
  params.subsample = spec.number("subsample");
  params.alpha = spec.number("alpha");
  params.patience = spec.u32("patience");
  params.tolerance = spec.number("tolerance");
  params.validation_rows = spec.u32("validationRows");
  return params;
}

// Trees train on float32, as scikit-learn's do.
MatrixView<const float> as_float(MatrixView<const float> x, AlignedBuffer<float>*, const CancelToken*) {
  return x;
}
MatrixView<const float> as_float(MatrixView<const double> x, AlignedBuffer<float>* rounded,
                                 const CancelToken* cancel) {
  *rounded = AlignedBuffer<float>(x.rows * x.cols);
  for (size_t i = 0; i < x.rows; ++i) {
    if (i % 4096 == 0) cancel->check();
    for (size_t j = 0; j < x.cols; ++j) {
      const float value = static_cast<float>(x.at(i, j));
      if (std::isinf(value)) {
        throw Error("ERR_INPUT_INFINITE", "A value is infinite or too large for float32.",
                    static_cast<int64_t>(i), static_cast<int64_t>(j));
      }
      (*rounded)[i * x.cols + j] = value;
    }
  }
  return dense_view(static_cast<const float*>(rounded->data()), x.rows, x.cols);
}

ObjectBuilder& set_forest(ObjectBuilder& object, ForestModel&& model) {
  return object.set("treeOffsets", std::move(model.tree_offsets))
      .set("feature", std::move(model.feature))
      .set("threshold", std::move(model.threshold))
      .set("left", std::move(model.left))
      .set("missingLeft", std::move(model.missing_left))
      .set("cover", std::move(model.cover))
      .set("impurity", std::move(model.impurity))
      .set("values", std::move(model.values))
      .set("importances", std::move(model.importances));
}

// Of each target; none for null.
std::vector<uint32_t> to_class_counts(napi_env env, napi_value value, size_t rows) {
  if (is_nullish(env, value)) return {};
  const TypedArray array = to_typed_array(env, value, "classCounts");
  const int32_t* counts = elements<int32_t>(array);
  // A bound on the memory that a made-up number could ask for.
  if (std::any_of(counts, counts + array.length,
                  [rows](int32_t n) { return n > 0 && static_cast<size_t>(n) > rows; })) {
    throw Error("ERR_LABELS", "There are more classes than rows.");
  }
  return {counts, counts + array.length};
}

napi_value fit_forest(Call& call) {
  napi_env env = call.env();
  const MatrixArgument matrix(call);
  const std::vector<uint32_t> class_counts = to_class_counts(env, call[4], matrix.rows);
  const Spec spec(env, call[7]);
  const size_t threads = spec.size("threads");
  const uint32_t target_count = spec.u32("targets", 1);
  JobOptions options = train_options(call, 8, true);
  auto compute = [classes = optional_row_values<int32_t>(call, 3, "classes", matrix.rows, target_count),
                  targets = optional_row_values<double>(call, 5, "targets", matrix.rows, target_count),
                  weights = optional_row_values<double>(call, 6, "weights", matrix.rows), class_counts,
                  target_count, params = forest_params(spec),
                  threads](auto x, const CancelToken* cancel, const JobProgress& progress) {
    AlignedBuffer<float> rounded;
    ForestData data;
    data.x = as_float(x, &rounded, cancel);
    data.classes = classes.span();
    data.class_counts = class_counts;
    data.targets = targets.span();
    data.target_count = target_count;
    data.weights = weights.span();
    return train_forest(data, params, threads, cancel, progress);
  };
  auto deliver = [](napi_env env, ForestModel&& model) {
    ObjectBuilder object(env);
    object.set("oobSums", std::move(model.oob_sums))
        .set("oobTrees", std::move(model.oob_trees))
        .set("alphas", std::move(model.alphas))
        .set("pathImpurities", std::move(model.path_impurities));
    return set_forest(object, std::move(model)).object();
  };
  return start_matrix_job(call, matrix, std::move(options), std::move(compute), deliver);
}

napi_value fit_boosting(Call& call) {
  const MatrixArgument matrix(call);
  const Spec spec(call.env(), call[6]);
  const BoostingParams params = boosting_params(spec);
  const size_t outputs = params.loss == BoostingLoss::kMultinomial ? params.class_count : 1;
  JobOptions options = train_options(call, 7, true);
  options.waits = true;
  auto compute = [y = row_values<double>(call, 3, "y", matrix.rows),
                  weights = optional_row_values<double>(call, 4, "weights", matrix.rows),
                  raw = row_values<double>(call, 5, "raw", matrix.rows, outputs), params,
                  threads = spec.size("threads")](auto x, const CancelToken* cancel,
                                                  const JobProgress& progress) {
    AlignedBuffer<float> rounded;
    BoostingData data;
    data.x = as_float(x, &rounded, cancel);
    data.y = y.span();
    data.weights = weights.span();
    data.raw = raw.span();
    return train_boosting(data, params, threads, cancel, progress);
  };
  auto deliver = [](napi_env env, BoostingModel&& model) {
    ObjectBuilder object(env);
    object.set("trainScore", std::move(model.train_score))
        .set("oobScore", std::move(model.oob_score))
        .set("initialOobScore", model.initial_oob_score);
    return set_forest(object, std::move(model.trees)).object();
  };
  return start_matrix_job(call, matrix, std::move(options), std::move(compute), deliver);
}

// counts (written), weights or null, maxSamples, seed, tree
napi_value drawn_rows(Call& call) {
  napi_env env = call.env();
  const TypedArray counts = to_typed_array(env, call[0], "counts");
  ForestData data;
  data.x.rows = counts.length;
  const auto weights = optional_row_values<double>(call, 1, "weights", counts.length);
  data.weights = weights.span();
  ForestParams params;
  params.max_samples = static_cast<uint32_t>(to_whole(env, call[2], "maxSamples", 0, 0x7fffffff));
  params.seed = to_whole(env, call[3], "seed", 0, kMaxSafeInteger);
  const auto tree = static_cast<uint32_t>(to_whole(env, call[4], "tree", 0, 0x7fffffff));
  replay_draws(data, params, tree, elements<int32_t>(counts));
  return nullptr;
}

}  // namespace

void export_forest(napi_env env, napi_value exports) {
  export_function<fit_forest>(env, exports, "fitForest");
  export_function<fit_boosting>(env, exports, "fitBoosting");
  export_function<drawn_rows>(env, exports, "drawnRows");
}

}  // namespace boreal
