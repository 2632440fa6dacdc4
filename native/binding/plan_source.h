// A plan in the wire format as arguments of a call: views, nothing is copied.
#pragma once

#include <node_api.h>

#include <vector>

#include "binding/call.h"
#include "binding/js.h"
#include "plan/plan.h"

namespace boreal {

struct PlanSource {
  Span<int32_t> ops;
  std::vector<Constant> constants;
  std::vector<napi_value> arrays;  // to be kept alive for as long as the views are used
};

// The arguments `ops` and, right after it, `constants`. Shared memory is refused: it could change between the
// plan's check and its use.
PlanSource to_plan_source(Call& call, size_t ops);

}  // namespace boreal
