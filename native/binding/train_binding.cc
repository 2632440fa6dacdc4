// Fits: least squares, logistic regression, forests.
#include <cmath>
#include <limits>

#include "base/aligned_buffer.h"
#include "binding/exports.h"
#include "binding/matrix_job.h"
#include "train/forest.h"
#include "train/linear.h"

namespace boreal {
namespace {

uint32_t to_u32(napi_env env, napi_value value, const char* name) {
  return static_cast<uint32_t>(to_whole(env, value, name, 0, std::numeric_limits<uint32_t>::max()));
}

// A bound on the memory that a made-up number could ask for.
uint32_t to_class_count(napi_env env, napi_value value, size_t rows) {
  const uint32_t count = to_u32(env, value, "classCount");
  if (count > rows) throw Error("ERR_LABELS", "There are more classes than rows.");
  return count;
}

napi_value fit_least_squares(Call& call) {
  napi_env env = call.env();
  const MatrixArgument matrix(call);
  const size_t targets = to_size(env, call[4], "targets");
  const double alpha = to_double(env, call[6], "alpha");
  const bool fit_intercept = to_bool(env, call[7], "fitIntercept");
  JobOptions options = train_options(call, 8, false);
  auto compute = [y = row_values<double>(call, 3, "y", matrix.rows, targets),
                  weights = optional_row_values<double>(call, 5, "weights", matrix.rows), targets, alpha,
                  fit_intercept](auto x, const CancelToken* cancel, const JobProgress&) {
    return boreal::fit_least_squares(x, y.matrix(x.rows, targets), weights.span(), alpha, fit_intercept,
                                     cancel);
  };
  auto deliver = [](napi_env env, LeastSquaresModel&& model) {
    return ObjectBuilder(env)
        .set("coef", std::move(model.coef))
        .set("intercept", std::move(model.intercept))
        .set("singular", std::move(model.singular))
        .set("rank", static_cast<double>(model.rank))
        .object();
  };
  return start_matrix_job(call, matrix, std::move(options), std::move(compute), deliver);
}

napi_value fit_logistic(Call& call) {
  napi_env env = call.env();
  const MatrixArgument matrix(call);
  const uint32_t class_count = to_class_count(env, call[4], matrix.rows);
  const napi_value spec = call[6];
  LogisticParams params;
  params.c = to_double(env, property(env, spec, "c"), "c");
  params.fit_intercept = to_bool(env, property(env, spec, "fitIntercept"), "fitIntercept");
  params.max_iter = to_u32(env, property(env, spec, "maxIter"), "maxIter");
  params.tol = to_double(env, property(env, spec, "tol"), "tol");
  JobOptions options = train_options(call, 7, true);
  auto compute = [classes = row_values<int32_t>(call, 3, "classes", matrix.rows),
                  weights = optional_row_values<double>(call, 5, "weights", matrix.rows), class_count,
                  params](auto x, const CancelToken* cancel, const JobProgress& progress) {
    return boreal::fit_logistic(x, classes.span(), class_count, weights.span(), params, cancel, progress);
  };
  auto deliver = [](napi_env env, LogisticModel&& model) {
    return ObjectBuilder(env)
        .set("coef", std::move(model.coef))
        .set("intercept", std::move(model.intercept))
        .set("iterations", static_cast<double>(model.iterations))
        .set("converged", model.converged)
        .object();
  };
  return start_matrix_job(call, matrix, std::move(options), std::move(compute), deliver);
}

// ---- Forests ---------------------------------------------------------------------------------------

ForestParams forest_params(napi_env env, napi_value spec) {
  const auto field = [&](const char* name) { return property(env, spec, name); };
  const auto count = [&](const char* name) { return to_u32(env, field(name), name); };
  ForestParams params;
  params.criterion = static_cast<Criterion>(
      to_choice(env, field("criterion"), "criterion", {"gini", "entropy", "squared_error"}));
  params.trees = count("trees");
  params.max_depth = count("maxDepth");
  params.min_samples_split = count("minSamplesSplit");
  params.min_samples_leaf = count("minSamplesLeaf");
  params.min_weight_leaf = to_double(env, field("minWeightLeaf"), "minWeightLeaf");
  params.max_features = count("maxFeatures");
  params.min_impurity_decrease = to_double(env, field("minImpurityDecrease"), "minImpurityDecrease");
  params.bootstrap = to_bool(env, field("bootstrap"), "bootstrap");
  params.max_samples = count("maxSamples");
  params.seed = to_size(env, field("seed"), "seed");
  return params;
}

// Forests train on float32, as scikit-learn's do.
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

napi_value fit_forest(Call& call) {
  napi_env env = call.env();
  const MatrixArgument matrix(call);
  const uint32_t class_count = to_class_count(env, call[4], matrix.rows);
  const ForestParams params = forest_params(env, call[7]);
  const size_t threads = to_size(env, property(env, call[7], "threads"), "threads");
  JobOptions options = train_options(call, 8, true);
  auto compute = [classes = optional_row_values<int32_t>(call, 3, "classes", matrix.rows),
                  targets = optional_row_values<double>(call, 5, "targets", matrix.rows),
                  weights = optional_row_values<double>(call, 6, "weights", matrix.rows), class_count, params,
                  threads](auto x, const CancelToken* cancel, const JobProgress& progress) {
    AlignedBuffer<float> rounded;
    ForestData data;
    data.x = as_float(x, &rounded, cancel);
    data.classes = classes.span();
    data.class_count = class_count;
    data.targets = targets.span();
    data.weights = weights.span();
    return train_forest(data, params, threads, cancel, progress);
  };
  auto deliver = [](napi_env env, ForestModel&& model) {
    return ObjectBuilder(env)
        .set("treeOffsets", std::move(model.tree_offsets))
        .set("feature", std::move(model.feature))
        .set("threshold", std::move(model.threshold))
        .set("left", std::move(model.left))
        .set("missingLeft", std::move(model.missing_left))
        .set("cover", std::move(model.cover))
        .set("impurity", std::move(model.impurity))
        .set("values", std::move(model.values))
        .set("importances", std::move(model.importances))
        .object();
  };
  return start_matrix_job(call, matrix, std::move(options), std::move(compute), deliver);
}

}  // namespace

void export_train(napi_env env, napi_value exports) {
  export_function<fit_least_squares>(env, exports, "fitLeastSquares");
  export_function<fit_logistic>(env, exports, "fitLogistic");
  export_function<fit_forest>(env, exports, "fitForest");
}

}  // namespace boreal
