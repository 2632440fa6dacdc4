// Plans that between them have every op, to be run on every device.
#pragma once

#include <functional>
#include <vector>

#include "base/rng.h"
#include "test/plan_writer.h"

namespace boreal {
namespace test {

using Numbers = std::vector<double>;
using Floats = std::vector<float>;

// What rows are made of.
enum class Rows { kNumbers, kWithMissing, kSmallWhole };

struct OpCase {
  const char* name;
  Rows rows;
  double tolerance;  // of a value, relative to the larger of it and 1; 0: the same bits
  std::function<PlanWriter(Rng&)> write;
};

const std::vector<OpCase>& op_cases();

// Of the shape that nn/layer_code.h says: the plan of one layer.
PlanWriter layer_plan(int32_t width, int32_t outputs, const Numbers& code, const Floats& parameters,
                      Unary activation = Unary::kIdentity);
// `count` numbers of which many are equal, and so are their distances.
Numbers grid_points(Rng& rng, int32_t count);

}  // namespace test
}  // namespace boreal
