// Moments of columns as an object.
#pragma once

#include "binding/js.h"
#include "linalg/column_moments.h"

namespace boreal {

inline napi_value moments_to_js(napi_env env, ColumnMoments&& result) {
  return ObjectBuilder(env)
      .set("count", std::move(result.count))
      .set("mean", std::move(result.mean))
      .set("variance", std::move(result.variance))
      .set("min", std::move(result.min))
      .set("max", std::move(result.max))
      .object();
}

}  // namespace boreal
