// The parameters of logistic regression, on dense rows and on sparse ones.
#pragma once

#include "binding/spec.h"
#include "train/linear.h"

namespace boreal {

inline LogisticParams to_logistic_params(const Spec& spec) {
  LogisticParams params;
  params.c = spec.number("c");
  params.fit_intercept = spec.flag("fitIntercept");
  params.max_iter = spec.u32("maxIter");
  params.tol = spec.number("tol");
  params.l1_ratio = spec.number("l1Ratio");
  params.seed = spec.u32("seed");
  params.solver = spec.choice<LogisticSolver>("solver", {"lbfgs", "newton-cholesky", "saga"});
  params.start_coef = spec.values("startCoef");
  params.start_intercept = spec.values("startIntercept");
  return params;
}

inline napi_value logistic_to_js(napi_env env, LogisticModel&& model) {
  return ObjectBuilder(env)
      .set("coef", std::move(model.coef))
      .set("intercept", std::move(model.intercept))
      .set("iterations", static_cast<double>(model.iterations))
      .set("converged", model.converged)
      .object();
}

}  // namespace boreal
