// Fits of support vector machines.
#include <algorithm>
#include <utility>

#include "binding/csr_job.h"
#include "binding/exports.h"
#include "binding/matrix_job.h"
#include "binding/spec.h"
#include "train/linear_svm.h"
#include "train/svm.h"

namespace boreal {
namespace {

SvmParams to_svm_params(const Spec& spec) {
  SvmParams params;
  params.task =
      spec.choice<SvmTask>("task", {"classifier", "regressor", "oneClass", "nuClassifier", "nuRegressor"});
  const auto kernel = spec.choice<size_t>("kernel", {"linear", "poly", "rbf", "sigmoid", "precomputed"});
  params.kernel.precomputed = kernel == kKernelFunctionCount;
  params.kernel.function =
      params.kernel.precomputed ? KernelFunction::kLinear : static_cast<KernelFunction>(kernel);
  params.kernel.gamma = spec.number("gamma");
  params.kernel.coef0 = spec.number("coef0");
  params.kernel.degree = spec.number("degree");
  params.scale_gamma = spec.flag("scaleGamma");
  params.c = spec.number("c");
  params.epsilon = spec.number("epsilon");
  params.nu = spec.number("nu");
  params.tolerance = spec.number("tol");
  params.max_iterations = spec.size("maxIter");
  // A TiB, whatever is asked for; nothing for NaN.
  const double mebibytes = spec.number("cacheSize");
  params.cache_bytes = mebibytes > 0 ? static_cast<size_t>(std::min(mebibytes, 1048576.0) * 1048576) : 0;
  params.shrinking = spec.flag("shrinking");
  params.probability = spec.flag("probability");
  params.seed = spec.u32("seed");
  return params;
}

template <typename X>
napi_value fit_svm(Call& call) {
  napi_env env = call.env();
  X matrix(call);
  constexpr size_t at = X::kCount;
  const SvmParams params = to_svm_params({env, call[at + 3]});
  const uint32_t class_count = static_cast<uint32_t>(
      to_whole(env, call[at + 1], "classCount", 0, std::min<uint64_t>(matrix.rows, 1u << 16)));
  JobOptions options = train_options(call, at + 4, true);
  auto compute = [y = optional_row_values<double>(call, at, "y", matrix.rows),
                  weights = optional_row_values<double>(call, at + 2, "weights", matrix.rows), class_count,
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
  return start_fit_job(call, matrix, std::move(options), std::move(compute), deliver);
}

template <typename X>
napi_value fit_linear_svm(Call& call) {
  napi_env env = call.env();
  X matrix(call);
  constexpr size_t at = X::kCount;
  const uint32_t class_count = static_cast<uint32_t>(
      to_whole(env, call[at + 1], "classCount", 0, std::min<uint64_t>(matrix.rows, 1u << 16)));
  const Spec spec(env, call[at + 4]);
  LinearSvmParams params;
  params.regression = class_count == 0;
  params.loss = spec.choice<LinearLoss>("loss", {"plain", "squared", "logistic"});
  params.l1 = spec.flag("l1");
  params.dual = spec.flag("dual");
  params.joint = spec.flag("joint");
  params.c = spec.number("c");
  params.epsilon = spec.number("epsilon");
  params.bias = spec.number("bias");
  params.tolerance = spec.number("tol");
  params.max_iterations = spec.u32("maxIter", 1);
  params.seed = spec.u32("seed");
  JobOptions options = train_options(call, at + 5, false);
  auto compute = [y = row_values<double>(call, at, "y", matrix.rows),
                  class_weights = optional_row_values<double>(call, at + 2, "classWeights", class_count),
                  weights = optional_row_values<double>(call, at + 3, "weights", matrix.rows), class_count,
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
  return start_fit_job(call, matrix, std::move(options), std::move(compute), deliver);
}

}  // namespace

void export_svm(napi_env env, napi_value exports) {
  export_function<fit_svm<MatrixArgument>>(env, exports, "fitSvm");
  export_function<fit_svm<CsrArguments>>(env, exports, "csrSvm");
  export_function<fit_linear_svm<MatrixArgument>>(env, exports, "fitLinearSvm");
  export_function<fit_linear_svm<CsrArguments>>(env, exports, "csrLinearSvm");
}

}  // namespace boreal
