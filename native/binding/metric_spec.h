// What distances of rows are, and how neighbours are searched for.
#pragma once

#include <cmath>
#include <limits>
#include <optional>

#include "binding/spec.h"
#include "kernels/distance_kernels.h"
#include "neighbors/metric.h"
#include "plan/op.h"

namespace boreal {

// None for -1: the matrix is one of distances.
inline std::optional<Metric> to_metric(napi_env env, napi_value value) {
  const double number = to_double(env, value, "metric");
  if (number == -1) return std::nullopt;
  if (!(number >= 0 && number <= 3) || number != std::floor(number)) {
    throw Error("ERR_PARAMETER", "'metric' is out of range.");
  }
  return static_cast<Metric>(static_cast<int32_t>(number));
}

inline NeighborSpec to_neighbor_spec(napi_env env, napi_value value) {
  const Spec from(env, value);
  NeighborSpec spec;
  spec.metric =
      static_cast<NeighborMetric>(to_whole(env, from.at("metric"), "metric", 0, kNeighborMetricCount - 1));
  spec.search =
      static_cast<NeighborSearch>(to_whole(env, from.at("search"), "search", 0, kNeighborSearchCount - 1));
  spec.leaf_size = static_cast<size_t>(
      to_whole(env, from.at("leafSize"), "leafSize", 1, std::numeric_limits<int32_t>::max()));
  spec.p = from.number("p");
  return spec;
}

}  // namespace boreal
