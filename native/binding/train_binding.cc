// Fits: least squares, logistic regression, forests.
#include <limits>

#include "base/aligned_buffer.h"
#include "binding/exports.h"
#include "binding/matrix_job.h"
#include "train/forest.h"
#include "train/linear.h"

namespace boreal {
namespace {

void require_rows_and_cols(const MatrixArgument& matrix) {
  if (matrix.rows == 0 || matrix.cols == 0)
    throw Error("ERR_EMPTY", "x must have at least one row and one column.");
}

// A number >= 0, perhaps not infinite.
double to_nonnegative(napi_env env, napi_value value, const char* name, bool allow_infinity = false) {
  const double number = to_double(env, value, name);
  if (!(number >= 0) || (!allow_infinity && std::isinf(number))) {
    throw Error("ERR_PARAMETER", std::string(name) + " must be a number >= 0.");
  }
  return number;
}

uint32_t to_u32(napi_env env, napi_value value, const char* name, uint32_t min,
                uint32_t max = std::numeric_limits<uint32_t>::max()) {
  return static_cast<uint32_t>(to_whole(env, value, name, min, max));
}

constexpr uint32_t kMaxClasses = std::numeric_limits<int32_t>::max();

napi_value fit_least_squares(Call& call) {
  napi_env env = call.env();
  const MatrixArgument matrix(call);
  require_rows_and_cols(matrix);
  const size_t targets = to_whole(env, call[4], "targets", 1, kMaxSafeInteger);
  const double alpha = to_nonnegative(env, call[6], "alpha");
  const bool fit_intercept = to_bool(env, call[7], "fitIntercept");
  JobOptions options = train_options(call, 8, false);
  auto compute = [y = row_values<double>(call, 3, "y", matrix.rows, targets),
                  weights = row_values<double>(call, 5, "weights", matrix.rows), targets, alpha,
                  fit_intercept](auto x, const CancelToken* cancel, const JobProgress&) {
    return boreal::fit_least_squares(x, y.matrix(x.rows, targets), checked_weights(weights), alpha,
                                     fit_intercept, cancel);
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
  require_rows_and_cols(matrix);
  const uint32_t class_count = to_u32(env, call[4], "classCount", 2, kMaxClasses);
  const napi_value spec = call[6];
  LogisticParams params;
  params.c = to_nonnegative(env, property(env, spec, "c"), "c", true);
  params.fit_intercept = to_bool(env, property(env, spec, "fitIntercept"), "fitIntercept");
  params.max_iter = to_u32(env, property(env, spec, "maxIter"), "maxIter", 0);
  params.tol = to_nonnegative(env, property(env, spec, "tol"), "tol");
  if (params.c == 0) throw Error("ERR_PARAMETER", "c must be greater than 0.");
  JobOptions options = train_options(call, 7, true);
  auto compute = [classes = row_values<int32_t>(call, 3, "classes", matrix.rows),
                  weights = row_values<double>(call, 5, "weights", matrix.rows), class_count,
                  params](auto x, const CancelToken* cancel, const JobProgress& progress) {
    return boreal::fit_logistic(x, checked_classes(classes, class_count), class_count,
                                checked_weights(weights), params, cancel, progress);
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

ForestParams forest_params(napi_env env, napi_value spec, const MatrixArgument& matrix) {
  const auto whole = [&](const char* name, uint64_t min, uint64_t max) {
    return to_whole(env, property(env, spec, name), name, min, max);
  };
  const auto count = [&](const char* name, uint32_t min, size_t max) {
    return static_cast<uint32_t>(
        whole(name, min, std::min<size_t>(max, std::numeric_limits<uint32_t>::max())));
  };
  constexpr size_t kUnlimited = std::numeric_limits<uint32_t>::max();
  ForestParams params;
  params.criterion = static_cast<Criterion>(
      to_choice(env, property(env, spec, "criterion"), "criterion", {"gini", "entropy", "squared_error"}));
  params.trees = count("trees", 1, kUnlimited);
  params.max_depth = count("maxDepth", 1, kUnlimited);
  params.min_samples_split = count("minSamplesSplit", 2, kUnlimited);
  params.min_samples_leaf = count("minSamplesLeaf", 1, kUnlimited);
  params.min_weight_leaf = to_nonnegative(env, property(env, spec, "minWeightLeaf"), "minWeightLeaf");
  params.max_features = count("maxFeatures", 1, matrix.cols);
  params.min_impurity_decrease =
      to_nonnegative(env, property(env, spec, "minImpurityDecrease"), "minImpurityDecrease");
  params.bootstrap = to_bool(env, property(env, spec, "bootstrap"), "bootstrap");
  params.max_samples = count("maxSamples", 0, matrix.rows);
  params.seed = whole("seed", 0, kMaxSafeInteger);
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
  require_rows_and_cols(matrix);
  const bool classify = !is_nullish(env, call[3]);
  if (classify != is_nullish(env, call[5])) {
    throw Error("ERR_PARAMETER", "Either classes or targets must be given.");
  }
  const uint32_t class_count = to_u32(env, call[4], "classCount", classify ? 1 : 0, kMaxClasses);
  const ForestParams params = forest_params(env, call[7], matrix);
  if (classify == (params.criterion == Criterion::kSquaredError)) {
    throw Error("ERR_PARAMETER",
                "criterion does not fit: 'squared_error' is for targets, the others for classes.");
  }
  const size_t threads = to_size(env, property(env, call[7], "threads"), "threads");
  JobOptions options = train_options(call, 8, true);
  auto compute = [classes = row_values<int32_t>(call, 3, "classes", matrix.rows),
                  targets = row_values<double>(call, 5, "targets", matrix.rows),
                  weights = row_values<double>(call, 6, "weights", matrix.rows), class_count, params,
                  threads](auto x, const CancelToken* cancel, const JobProgress& progress) {
    AlignedBuffer<float> rounded;
    ForestData data;
    data.x = as_float(x, &rounded, cancel);
    data.classes = checked_classes(classes, class_count);
    data.class_count = class_count;
    data.targets = targets.span();
    data.weights = checked_weights(weights);
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
