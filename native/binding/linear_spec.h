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
  params.products = spec.choice<Products>("products", {"auto", "always", "never"});
  return params;
}

// { rows, ends }: lists of rows, one after the other; none for null. Rows are checked by train/.
inline RowGroups row_groups(napi_env env, const Spec& of, const char* name) {
  RowGroups groups;
  if (is_nullish(env, of.at(name))) return groups;
  const Spec spec(env, of.at(name));
  const Input<int32_t> rows = Input<int32_t>::copy(to_typed_array(env, spec.at("rows"), "rows"));
  groups.starts.push_back(0);
  for (const double end : spec.values("ends")) {
    if (!(end > static_cast<double>(groups.starts.back()) && end <= static_cast<double>(rows.size()))) {
      throw Error("ERR_PARAMETER", std::string(name) + ": a list has no rows, or more than there are.");
    }
    groups.starts.push_back(static_cast<size_t>(end));
  }
  if (groups.starts.back() != rows.size())
    throw Error("ERR_PARAMETER", std::string(name) + ": rows of no list.");
  for (const int32_t row : rows.span()) groups.order.push_back(static_cast<uint32_t>(row));
  return groups;
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
