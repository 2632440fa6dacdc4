// Fits of support vector machines.
#include <algorithm>
#include <utility>

#include "binding/exports.h"
#include "binding/matrix_job.h"
#include "train/linear_svm.h"
#include "train/svm.h"

namespace boreal {
namespace {

SvmParams to_svm_params(napi_env env, napi_value spec) {
  const auto number = [&](const char* name) { return to_double(env, property(env, spec, name), name); };
  SvmParams params;
  params.task = static_cast<SvmTask>(
      to_choice(env, property(env, spec, "task"), "task", {"classifier", "regressor", "oneClass"}));
  const size_t kernel = to_choice(env, property(env, spec, "kernel"), "kernel",
                                  {"linear", "poly", "rbf", "sigmoid", "precomputed"});
  params.kernel.precomputed = kernel == kKernelFunctionCount;
  params.kernel.function =
      params.kernel.precomputed ? KernelFunction::kLinear : static_cast<KernelFunction>(kernel);
  params.kernel.gamma = number("gamma");
  params.kernel.coef0 = number("coef0");
  params.kernel.degree = number("degree");
  params.scale_gamma = to_bool(env, property(env, spec, "scaleGamma"), "scaleGamma");
  params.c = number("c");
  params.epsilon = number("epsilon");
  params.nu = number("nu");
  params.tolerance = number("tol");
  params.max_iterations = to_whole(env, property(env, spec, "maxIter"), "maxIter", 0, kMaxSafeInteger);
  // A TiB, whatever is asked for.
  const double mebibytes = std::clamp(number("cacheSize"), 0.0, 1048576.0);
  params.cache_bytes = static_cast<size_t>(mebibytes * 1048576);
  params.probability = to_bool(env, property(env, spec, "probability"), "probability");
  params.seed = to_whole(env, property(env, spec, "seed"), "seed", 0, 0xffffffff);
  return params;
}

napi_value fit_svm(Call& call) {
  napi_env env = call.env();
  const MatrixArgument matrix(call);
  const SvmParams params = to_svm_params(env, call[6]);
  const uint32_t class_count = static_cast<uint32_t>(
      to_whole(env, call[4], "classCount", 0, std::min<uint64_t>(matrix.rows, 1u << 16)));
  JobOptions options = train_options(call, 7, true);
  auto compute = [y = optional_row_values<double>(call, 3, "y", matrix.rows),
                  weights = optional_row_values<double>(call, 5, "weights", matrix.rows), class_count,
                  params](auto x, const CancelToken* cancel, const JobProgress& progress) {
    return boreal::fit_svm(x, y.span(), class_count, weights.span(), params, cancel, progress);
  };
  auto deliver = [](napi_env env, SvmModel&& model) {
    return ObjectBuilder(env)
        .set("support", std::move(model.support))
        .set("nSupport", std::move(model.n_support))
        .set("dualCoef", std::move(model.dual_coef))
        .set("intercept", std::move(model.intercept))
        .set("probA", std::move(model.prob_a))
        .set("probB", std::move(model.prob_b))
        .set("iterations", std::move(model.iterations))
        .set("gamma", model.gamma)
        .set("converged", model.converged)
        .object();
  };
  return start_matrix_job(call, matrix, std::move(options), std::move(compute), deliver);
}

napi_value fit_linear_svm(Call& call) {
  napi_env env = call.env();
  const MatrixArgument matrix(call);
  const uint32_t class_count = static_cast<uint32_t>(
      to_whole(env, call[4], "classCount", 0, std::min<uint64_t>(matrix.rows, 1u << 16)));
  const napi_value spec = call[7];
  LinearSvmParams params;
  params.regression = class_count == 0;
  params.squared = to_bool(env, property(env, spec, "squared"), "squared");
  params.l1 = to_bool(env, property(env, spec, "l1"), "l1");
  params.dual = to_bool(env, property(env, spec, "dual"), "dual");
  params.c = to_double(env, property(env, spec, "c"), "c");
  params.epsilon = to_double(env, property(env, spec, "epsilon"), "epsilon");
  params.bias = to_double(env, property(env, spec, "bias"), "bias");
  params.tolerance = to_double(env, property(env, spec, "tol"), "tol");
  params.max_iterations =
      static_cast<uint32_t>(to_whole(env, property(env, spec, "maxIter"), "maxIter", 1, 0xffffffff));
  params.seed = to_whole(env, property(env, spec, "seed"), "seed", 0, 0xffffffff);
  JobOptions options = train_options(call, 8, false);
  auto compute = [y = row_values<double>(call, 3, "y", matrix.rows),
                  class_weights = optional_row_values<double>(call, 5, "classWeights", class_count),
                  weights = optional_row_values<double>(call, 6, "weights", matrix.rows), class_count,
                  params](auto x, const CancelToken* cancel, const JobProgress&) {
    return boreal::fit_linear_svm(x, y.span(), class_count, class_weights.span(), weights.span(), params,
                                  cancel);
  };
  auto deliver = [](napi_env env, LinearSvmModel&& model) {
    return ObjectBuilder(env)
        .set("coef", std::move(model.coef))
        .set("intercept", std::move(model.intercept))
        .set("iterations", std::move(model.iterations))
        .set("converged", model.converged)
        .object();
  };
  return start_matrix_job(call, matrix, std::move(options), std::move(compute), deliver);
}

}  // namespace

void export_svm(napi_env env, napi_value exports) {
  export_function<fit_svm>(env, exports, "fitSvm");
  export_function<fit_linear_svm>(env, exports, "fitLinearSvm");
}

}  // namespace boreal
