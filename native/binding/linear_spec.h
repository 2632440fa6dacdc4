// What fits of linear models by coordinate descent get and give.
#pragma once

#include "binding/spec.h"
#include "train/elastic_net.h"

namespace boreal {

inline ElasticNetParams elastic_net_params(const Spec& spec) {
  ElasticNetParams params;
  params.fit_intercept = spec.flag("fitIntercept");
  params.positive = spec.flag("positive");
  params.random = spec.flag("random");
  params.max_iter = spec.u32("maxIter");
  params.tol = spec.number("tol");
  params.seed = spec.u32("seed");
  params.start = spec.values("startCoef");
  return params;
}

inline ObjectBuilder path_members(napi_env env, ElasticNetPath&& path) {
  return ObjectBuilder(env)
      .set("coef", std::move(path.coef))
      .set("intercept", std::move(path.intercept))
      .set("gap", std::move(path.gap))
      .set("iterations", std::move(path.iterations))
      .set("converged", path.converged);
}

inline napi_value path_to_js(napi_env env, ElasticNetPath&& path) {
  return path_members(env, std::move(path)).object();
}

}  // namespace boreal
