// Ops that look for neighbours.
#include <algorithm>
#include <cmath>
#include <limits>

#include "plan/op_decoder.h"

namespace boreal {

Op OpDecoder::neighbors() {
  expect(1, 7, 4);
  if (width_ == 0) fail("its input has no columns");
  NeighborsOp op;
  op.metric = ranged(0, "metric", 0, kNeighborMetricCount - 1);
  op.search = ranged(1, "search", 0, kNeighborSearchCount - 1);
  op.leaf_size = static_cast<size_t>(ranged(2, "leaf_size", 1, std::numeric_limits<int32_t>::max()));
  op.neighbors = static_cast<size_t>(ranged(3, "neighbors", 0, std::numeric_limits<int32_t>::max()));
  op.vote = static_cast<NeighborVote>(ranged(4, "vote", 0, 4));
  op.distance_weights = ranged(5, "distance_weights", 0, 1) != 0;
  op.outputs = static_cast<size_t>(ranged(6, "outputs", 1, static_cast<int32_t>(kMaxWidth)));
  if (is_type(0, ConstantType::kF32)) {
    op.points_f32 = constant<float>(0, "points");
  } else {
    op.points_f64 = constant<double>(0, "points");
  }
  const size_t size = op.points_f32.size + op.points_f64.size, rows = op.rows(width_);
  if (op.is_given() && (size != 0 || op.search > 1)) fail("given distances have neither points nor a tree");
  if (rows == 0 || size % width_ != 0) fail("the size of points is no multiple of its input's width");
  if (op.neighbors > rows) fail("there are fewer points than neighbors");
  const bool places = op.vote == NeighborVote::kPlace;
  const Span<double> numbers = constant<double>(1, "numbers", places ? 11 : 2);
  op.p = numbers[0];
  op.radius = numbers[1];
  if (!(op.p >= 1) || !(op.radius >= 0)) fail("p or radius is out of range");
  if (places) {
    op.placement = {numbers.data + 2, 9};
    const auto whole = [&](size_t k, double least, double most) {
      return numbers[k] >= least && numbers[k] <= most && numbers[k] == std::floor(numbers[k]);
    };
    const auto at_least_0 = [](double value) { return value >= 0 && std::isfinite(value); };
    if (op.neighbors < 2 || !std::all_of(numbers.begin() + 2, numbers.end(), at_least_0) ||
        !whole(5, 0, 1000) || !whole(6, 1, 100000) || !whole(10, 0, 4294967295.0)) {
      fail("a number of the placement is out of range");
    }
  }
  op.classes = constant<int32_t>(2, "classes", op.vote == NeighborVote::kClasses ? rows : 0);
  for (const int32_t code : op.classes) {
    if (code < 0 || static_cast<size_t>(code) >= op.outputs) fail("a class does not exist");
  }
  if (op.vote == NeighborVote::kDistances && (op.outputs != op.neighbors || op.neighbors == 0)) {
    fail("there is not one column for each distance");
  }
  if (op.vote == NeighborVote::kOutlier && (op.outputs != 1 || op.neighbors == 0)) {
    fail("an outlier factor has one column and needs neighbors");
  }
  // Both factors are at most 2^31 and kMaxWidth, so that the product cannot overflow.
  const size_t values = op.vote == NeighborVote::kMean || places ? rows * op.outputs
                        : op.vote == NeighborVote::kOutlier      ? 2 * rows
                                                                 : 0;
  op.values = constant<double>(3, "values", values);
  return finish(op, op.outputs);
}

Op OpDecoder::neighbor_impute() {
  expect(1, 2, 2);
  if (width_ == 0) fail("its input has no columns");
  const size_t neighbors =
      static_cast<size_t>(ranged(0, "neighbors", 1, std::numeric_limits<int32_t>::max()));
  const bool distance_weights = ranged(1, "distance_weights", 0, 1) != 0;
  const Span<double> points = constant<double>(0, "points");
  if (points.size == 0 || points.size % width_ != 0)
    fail("the size of points is no multiple of its input's width");
  const size_t rows = points.size / width_;
  return finish(NeighborImputeOp{std::min(neighbors, rows), distance_weights, points,
                                 constant<double>(1, "fill", width_)},
                width_);
}

}  // namespace boreal
