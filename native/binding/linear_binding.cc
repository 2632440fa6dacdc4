// Fits of linear models, on dense rows (x, rows and cols come first) or sparse ones (starts, columns, values
// and cols): the elastic net, Bayesian ridge, ridge's leave-one-out errors, Huber's regression, generalised
// linear models, stochastic gradient descent.
#include "binding/csr_job.h"
#include "binding/exports.h"
#include "binding/linear_spec.h"
#include "binding/matrix_job.h"
#include "train/bayesian_ridge.h"
#include "train/glm.h"
#include "train/huber.h"
#include "train/multi_task.h"
#include "train/quantile.h"
#include "train/ridge_loo.h"
#include "train/sgd.h"

namespace boreal {
namespace {

Span<double> span(const std::vector<double>& values) { return {values.data(), values.size()}; }

// Rows, y, weights, spec, cancel
template <typename X>
napi_value fit_elastic_net(Call& call) {
  napi_env env = call.env();
  X matrix(call);
  constexpr size_t at = X::kCount;
  const Spec spec(env, call[at + 2]);
  auto compute = [y = row_values<double>(call, at, "y", matrix.rows),
                  weights = optional_row_values<double>(call, at + 1, "weights", matrix.rows),
                  alphas = spec.values("alphas"), l1_ratio = spec.number("l1Ratio"),
                  params = elastic_net_params(spec)](auto x, const CancelToken* cancel, const JobProgress&) {
    return boreal::fit_elastic_net(x, y.span(), weights.span(), span(alphas), l1_ratio, params, cancel);
  };
  return start_fit_job(call, matrix, train_options(call, at + 3, false), std::move(compute), path_to_js);
}

// x, rows, cols, y, targets, weights, spec, cancel
napi_value fit_multi_task(Call& call) {
  napi_env env = call.env();
  const MatrixArgument matrix(call);
  const size_t targets = to_size(env, call[4], "targets");
  const Spec spec(env, call[6]);
  auto compute = [y = row_values<double>(call, 3, "y", matrix.rows, targets), targets,
                  weights = optional_row_values<double>(call, 5, "weights", matrix.rows),
                  alphas = spec.values("alphas"), l1_ratio = spec.number("l1Ratio"),
                  params = elastic_net_params(spec)](auto x, const CancelToken* cancel, const JobProgress&) {
    return boreal::fit_multi_task(x, y.matrix(x.rows, targets), weights.span(), span(alphas), l1_ratio,
                                  params, cancel);
  };
  auto deliver = [](napi_env env, MultiTaskPath&& path) {
    const double largest = path.largest;
    return path_members(env, std::move(path)).set("largest", largest).object();
  };
  return start_matrix_job(call, matrix, train_options(call, 7, false), std::move(compute), deliver);
}

// x, rows, cols, y, weights, spec, cancel, progress
napi_value cross_validate_elastic_net(Call& call) {
  napi_env env = call.env();
  const MatrixArgument matrix(call);
  const Spec spec(env, call[5]);
  JobOptions options = train_options(call, 6, true);
  const size_t count = spec.u32("nAlphas");
  if (count > 1'000'000) throw Error("ERR_PARAMETER", "There are too many alphas.");
  auto compute = [y = row_values<double>(call, 3, "y", matrix.rows),
                  weights = optional_row_values<double>(call, 4, "weights", matrix.rows),
                  folds = RowFolds{row_groups(env, spec, "tests"), row_groups(env, spec, "trains")},
                  ratios = spec.values("l1Ratios"), alphas = spec.values("alphas"), count,
                  eps = spec.number("eps"), params = elastic_net_params(spec)](
                     auto x, const CancelToken* cancel, const JobProgress& progress) {
    return boreal::cross_validate_elastic_net(x, y.span(), weights.span(), folds, span(ratios), span(alphas),
                                              count, eps, params, cancel, progress);
  };
  auto deliver = [](napi_env env, ElasticNetScores&& scores) {
    return ObjectBuilder(env)
        .set("alphas", std::move(scores.alphas))
        .set("mse", std::move(scores.mse))
        .object();
  };
  return start_matrix_job(call, matrix, std::move(options), std::move(compute), deliver);
}

// x, rows, cols, y, targets, weights, spec, cancel
napi_value ridge_leave_one_out(Call& call) {
  napi_env env = call.env();
  const MatrixArgument matrix(call);
  const size_t targets = to_size(env, call[4], "targets");
  const Spec spec(env, call[6]);
  auto compute = [y = row_values<double>(call, 3, "y", matrix.rows, targets), targets,
                  weights = optional_row_values<double>(call, 5, "weights", matrix.rows),
                  alphas = spec.values("alphas"), fit_intercept = spec.flag("fitIntercept"),
                  keep = spec.flag("keepErrors"),
                  by_svd = spec.flag("bySvd")](auto x, const CancelToken* cancel, const JobProgress&) {
    return boreal::ridge_leave_one_out(x, y.matrix(x.rows, targets), weights.span(), span(alphas),
                                       fit_intercept, keep, by_svd, cancel);
  };
  auto deliver = [](napi_env env, RidgeLooScores&& scores) {
    return ObjectBuilder(env)
        .set("mse", std::move(scores.mse))
        .set("errors", std::move(scores.errors))
        .object();
  };
  return start_matrix_job(call, matrix, train_options(call, 7, false), std::move(compute), deliver);
}

// x, rows, cols, y, weights, spec, cancel, progress: fit(x, y, weights, params, cancel, progress) on the
// pool, params being what was read of spec.
template <typename Params, typename Fit, typename Deliver>
napi_value start_regression(Call& call, Params params, Fit fit, Deliver deliver) {
  const MatrixArgument matrix(call);
  auto compute = [y = row_values<double>(call, 3, "y", matrix.rows),
                  weights = optional_row_values<double>(call, 4, "weights", matrix.rows),
                  params = std::move(params),
                  fit](auto x, const CancelToken* cancel, const JobProgress& progress) {
    return fit(x, y.span(), weights.span(), params, cancel, progress);
  };
  return start_matrix_job(call, matrix, train_options(call, 6, true), std::move(compute), deliver);
}

BayesianRidgeParams bayesian_ridge_params(const Spec& spec) {
  BayesianRidgeParams params;
  params.max_iter = spec.u32("maxIter");
  params.tol = spec.number("tol");
  params.alpha_1 = spec.number("alpha1");
  params.alpha_2 = spec.number("alpha2");
  params.lambda_1 = spec.number("lambda1");
  params.lambda_2 = spec.number("lambda2");
  params.alpha_init = spec.number("alphaInit");
  params.lambda_init = spec.number("lambdaInit");
  params.compute_score = spec.flag("computeScore");
  params.fit_intercept = spec.flag("fitIntercept");
  return params;
}

napi_value fit_bayesian_ridge(Call& call) {
  auto fit = [](auto x, Span<double> y, Span<double> weights, const BayesianRidgeParams& params,
                const CancelToken* cancel,
                const JobProgress&) { return boreal::fit_bayesian_ridge(x, y, weights, params, cancel); };
  auto deliver = [](napi_env env, BayesianRidgeModel&& model) {
    return ObjectBuilder(env)
        .set("coef", std::move(model.coef))
        .set("intercept", model.intercept)
        .set("offset", std::move(model.offset))
        .set("alpha", model.alpha)
        .set("lambda", model.lambda)
        .set("axes", std::move(model.axes))
        .set("singular", std::move(model.singular))
        .set("scores", std::move(model.scores))
        .set("iterations", static_cast<double>(model.iterations))
        .set("converged", model.converged)
        .object();
  };
  return start_regression(call, bayesian_ridge_params({call.env(), call[5]}), fit, deliver);
}

HuberParams huber_params(const Spec& spec) {
  HuberParams params;
  params.epsilon = spec.number("epsilon");
  params.alpha = spec.number("alpha");
  params.fit_intercept = spec.flag("fitIntercept");
  params.max_iter = spec.u32("maxIter");
  params.tol = spec.number("tol");
  params.start = spec.values("start");
  return params;
}

napi_value fit_huber(Call& call) {
  auto fit = [](auto&&... given) { return boreal::fit_huber(given...); };
  auto deliver = [](napi_env env, HuberModel&& model) {
    return ObjectBuilder(env)
        .set("coef", std::move(model.coef))
        .set("intercept", model.intercept)
        .set("scale", model.scale)
        .set("iterations", static_cast<double>(model.iterations))
        .set("converged", model.converged)
        .set("outliers", std::move(model.outliers))
        .object();
  };
  return start_regression(call, huber_params({call.env(), call[5]}), fit, deliver);
}

// What a solver of steps has found.
template <typename Model>
napi_value deliver_found(napi_env env, Model&& model) {
  return ObjectBuilder(env)
      .set("coef", std::move(model.coef))
      .set("intercept", model.intercept)
      .set("iterations", static_cast<double>(model.iterations))
      .set("converged", model.converged)
      .object();
}

GlmParams glm_params(const Spec& spec) {
  GlmParams params;
  params.power = spec.number("power");
  params.log_link = spec.flag("logLink");
  params.alpha = spec.number("alpha");
  params.fit_intercept = spec.flag("fitIntercept");
  params.max_iter = spec.u32("maxIter");
  params.tol = spec.number("tol");
  params.start_coef = spec.values("startCoef");
  params.start_intercept = spec.values("startIntercept");
  return params;
}

napi_value fit_glm(Call& call) {
  auto fit = [](auto&&... given) { return boreal::fit_glm(given...); };
  return start_regression(call, glm_params({call.env(), call[5]}), fit, deliver_found<GlmModel>);
}

QuantileParams quantile_params(const Spec& spec) {
  QuantileParams params;
  params.quantile = spec.number("quantile");
  params.alpha = spec.number("alpha");
  params.fit_intercept = spec.flag("fitIntercept");
  params.max_iter = spec.u32("maxIter");
  return params;
}

napi_value fit_quantile(Call& call) {
  auto fit = [](auto&&... given) { return boreal::fit_quantile(given...); };
  return start_regression(call, quantile_params({call.env(), call[5]}), fit, deliver_found<QuantileModel>);
}

SgdParams sgd_params(const Spec& spec) {
  SgdParams params;
  params.loss = spec.choice<SgdLoss>(
      "loss", {"hinge", "perceptron", "logLoss", "modifiedHuber", "squaredHinge", "squaredError", "huber",
               "epsilonInsensitive", "squaredEpsilonInsensitive"});
  params.penalty = spec.choice<SgdPenalty>("penalty", {"none", "l1", "l2", "elasticnet"});
  params.rate =
      spec.choice<SgdRate>("learningRate", {"constant", "optimal", "invscaling", "adaptive", "pa1", "pa2"});
  params.alpha = spec.number("alpha");
  params.l1_ratio = spec.number("l1Ratio");
  params.epsilon = spec.number("epsilon");
  params.eta0 = spec.number("eta0");
  params.power_t = spec.number("powerT");
  params.fit_intercept = spec.flag("fitIntercept");
  params.shuffle = spec.flag("shuffle");
  params.early_stopping = spec.flag("earlyStopping");
  params.max_iter = spec.u32("maxIter");
  params.no_change = spec.u32("nIterNoChange");
  params.tol = spec.number("tol");
  params.validation_fraction = spec.number("validationFraction");
  params.average = spec.size("average");
  params.seed = spec.u32("seed");
  return params;
}

// Rows, y, classWeights, weights, spec, state, cancel, progress
template <typename X>
napi_value fit_sgd(Call& call) {
  napi_env env = call.env();
  X matrix(call);
  constexpr size_t at = X::kCount;
  JobOptions options = train_options(call, at + 5, true);
  const Spec start(env, call[at + 4]);
  SgdState state;
  if (!is_nullish(env, call[at + 4])) {
    state = {start.values("coef"), start.values("intercept"), start.values("averageCoef"),
             start.values("averageIntercept"), start.number("t")};
  }
  std::vector<double> class_weights;
  if (!is_nullish(env, call[at + 1])) {
    const TypedArray array = to_typed_array(env, call[at + 1], "classWeights");
    const double* const data = elements<double>(array);
    class_weights.assign(data, data + array.length);
  }
  auto compute = [y = row_values<double>(call, at, "y", matrix.rows), class_weights,
                  weights = optional_row_values<double>(call, at + 2, "weights", matrix.rows),
                  params = sgd_params({env, call[at + 3]}),
                  state](auto x, const CancelToken* cancel, const JobProgress& progress) {
    return boreal::fit_sgd(x, y.span(), span(class_weights), weights.span(), params, state, cancel, progress);
  };
  auto deliver = [](napi_env env, SgdModel&& model) {
    return ObjectBuilder(env)
        .set("coef", std::move(model.state.coef))
        .set("intercept", std::move(model.state.intercept))
        .set("averageCoef", std::move(model.state.average_coef))
        .set("averageIntercept", std::move(model.state.average_intercept))
        .set("t", model.state.t)
        .set("iterations", static_cast<double>(model.iterations))
        .set("converged", model.converged)
        .object();
  };
  return start_fit_job(call, matrix, std::move(options), std::move(compute), deliver);
}

}  // namespace

void export_linear(napi_env env, napi_value exports) {
  export_function<fit_elastic_net<MatrixArgument>>(env, exports, "fitElasticNet");
  export_function<fit_elastic_net<CsrArguments>>(env, exports, "csrElasticNet");
  export_function<fit_multi_task>(env, exports, "fitMultiTask");
  export_function<cross_validate_elastic_net>(env, exports, "crossValidateElasticNet");
  export_function<ridge_leave_one_out>(env, exports, "ridgeLeaveOneOut");
  export_function<fit_bayesian_ridge>(env, exports, "fitBayesianRidge");
  export_function<fit_glm>(env, exports, "fitGlm");
  export_function<fit_quantile>(env, exports, "fitQuantile");
  export_function<fit_huber>(env, exports, "fitHuber");
  export_function<fit_sgd<MatrixArgument>>(env, exports, "fitSgd");
  export_function<fit_sgd<CsrArguments>>(env, exports, "csrSgd");
}

}  // namespace boreal
