// How rows move in the layout of UMAP: see umap_row.h. Rows walk side by side, since the steps of one follow
// each other and leave a CPU waiting; bits are those of one row after the other.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "base/host_device.h"
#include "base/rng.h"
#include "kernels/layout_kernels.h"
#include "neighbors/umap_row.h"

namespace boreal {

// Forces of the layout, whose similarity of points at distance d is 1 / (1 + a d^(2b)).
struct UmapForces {
  double a, b;
  double repulsion;  // weight of pushes
  size_t negatives;  // pushes for each pull
};

// A pull towards a point, or a push away from it.
struct UmapStep {
  const double* other;
  bool push;
};

// Whether an edge of the given share of the largest weight moves its ends in an epoch: in as large a share of
// all epochs.
BOREAL_HOST_DEVICE inline bool moves_in(double share, size_t epoch) {
  return epoch > 0 &&
         std::floor(share * static_cast<double>(epoch)) > std::floor(share * static_cast<double>(epoch - 1));
}

// The length of the steps of an epoch, from 1 on.
BOREAL_HOST_DEVICE inline double umap_step(double learning_rate, size_t epoch, size_t epochs) {
  return learning_rate * (1 - (static_cast<double>(epoch) - 1) / static_cast<double>(epochs));
}

// The points of a layout [rows, dims], which stay where they are while others move.
struct UmapPoints {
  const double* at;
  size_t rows, dims;
  BOREAL_HOST_DEVICE const double* operator[](size_t row) const { return at + row * dims; }
};

// Edges of a row, with their shares of the largest weight.
struct UmapEdges {
  const int32_t* to;
  const double* shares;
  size_t count;
};

// The steps of one row: for each edge that moves in an epoch a pull, pushes by random rows, and where
// `returns` another pull, for the same edge from its other end.
class UmapSteps {
 public:
  static constexpr size_t kRoom = 16;
  static constexpr size_t kNobody = SIZE_MAX;

  UmapSteps() = default;
  // self: the row itself, which doesn't push; kNobody for one that is not among the points.
  BOREAL_HOST_DEVICE UmapSteps(const UmapEdges& edges, size_t negatives, size_t self, bool returns,
                               const Rng& rng)
      : edges_(edges), negatives_(negatives), self_(self), returns_(returns), rng_(rng) {}

  BOREAL_HOST_DEVICE void begin(size_t epoch) {
    epoch_ = epoch;
    edge_ = 0;
  }

  // Writes the next steps, at most kRoom, and returns how many: 0 when the epoch is over.
  BOREAL_HOST_DEVICE size_t fill(const UmapPoints& points, UmapStep* out) {
    size_t count = 0;
    while (count == 0) {
      if (!under_way_) {
        while (edge_ < edges_.count && !moves_in(edges_.shares[edge_], epoch_)) ++edge_;
        if (edge_ == edges_.count) return 0;
        under_way_ = true;
        pushes_ = negatives_;
        out[count++] = pull(points);
      }
      for (; pushes_ > 0 && count < kRoom; --pushes_) {
        const size_t j = rng_.below(static_cast<uint32_t>(points.rows));
        if (j != self_) out[count++] = {points[j], true};
      }
      if (pushes_ > 0 || (returns_ && count == kRoom)) continue;
      if (returns_) out[count++] = pull(points);
      under_way_ = false;
      ++edge_;
    }
    return count;
  }

 private:
  BOREAL_HOST_DEVICE UmapStep pull(const UmapPoints& points) const {
    return {points[static_cast<size_t>(edges_.to[edge_])], false};
  }

  UmapEdges edges_{};
  size_t negatives_ = 0, self_ = kNobody;
  bool returns_ = false, under_way_ = false;
  size_t epoch_ = 0, edge_ = 0, pushes_ = 0;
  Rng rng_{0};
};

// A row on its way: it makes its steps by `alpha`, each from where the last one ended.
struct UmapWalk {
  UmapSteps source;
  double* y;
  double alpha;
  size_t next, count;
  UmapStep steps[UmapSteps::kRoom];
};

constexpr size_t kUmapLanes = 16;

// Of kDims columns, 0: of any number.
template <size_t kDims, typename Refill>
void walk_rows_in(const LayoutKernels& kernels, const UmapForces& forces, const UmapPoints& points,
                  const Refill& refill) {
  // With the power p of the squared distance s: (constant + slope p) / ((soft + s) (a p + 1)).
  struct Kind {
    double soft, constant, slope;
  };
  const Kind kinds[2] = {{0, 0, -2 * forces.a * forces.b}, {0.001, 2 * forces.repulsion * forces.b, 0}};
  const size_t dims = kDims == 0 ? points.dims : kDims;
  UmapWalk walks[kUmapLanes];
  // Beyond these, powers would overflow.
  const double most = std::min(std::exp2(1000 / forces.b), 1e300);
  double square[kUmapLanes], soft[kUmapLanes], constant[kUmapLanes], slope[kUmapLanes], force[kUmapLanes];
  const LayoutSteps steps{square, soft, constant, slope};
  size_t running = 0;
  const auto load = [&](size_t lane) {
    UmapWalk& walk = walks[lane];
    walk.next = 0;
    while ((walk.count = walk.source.fill(points, walk.steps)) == 0) {
      if (!refill(lane, &walk)) return false;
    }
    return true;
  };
  for (size_t l = 0; l < kUmapLanes; ++l) {
    square[l] = 1;
    soft[l] = constant[l] = slope[l] = 0;
    running += load(l);
  }
  while (running > 0) {
    for (size_t l = 0; l < kUmapLanes; ++l) {
      const UmapWalk& walk = walks[l];
      if (walk.count == 0) continue;
      const UmapStep& step = walk.steps[walk.next];
      const Kind& kind = kinds[step.push];
      double sum = 0;
      for (size_t d = 0; d < dims; ++d) {
        sum += (walk.y[d] - step.other[d]) * (walk.y[d] - step.other[d]);
      }
      square[l] = sum;
      soft[l] = kind.soft;
      constant[l] = kind.constant;
      slope[l] = kind.slope;
    }
    kernels.umap_forces(steps, kUmapLanes, forces.a, forces.b, most, force);
    for (size_t l = 0; l < kUmapLanes; ++l) {
      UmapWalk& walk = walks[l];
      if (walk.count == 0) continue;
      const double* const other = walk.steps[walk.next].other;
      for (size_t d = 0; d < dims && square[l] > 0; ++d) {
        walk.y[d] += walk.alpha * std::min(std::max(force[l] * (walk.y[d] - other[d]), -4.0), 4.0);
      }
      if (++walk.next == walk.count) running -= !load(l);
    }
  }
}

// Moves up to kUmapLanes rows at once. refill(lane, walk) is asked when a lane has no walk yet, or its source
// has no more steps in the epoch: it begins the next epoch, or another row, and returns false when there is
// none.
template <typename Refill>
void walk_rows(const LayoutKernels& kernels, const UmapForces& forces, const UmapPoints& points,
               const Refill& refill) {
  if (points.dims == 2) return walk_rows_in<2>(kernels, forces, points, refill);
  walk_rows_in<0>(kernels, forces, points, refill);
}

// A new row among rows that stay where they are.
struct UmapPlacement {
  UmapForces forces;
  size_t epochs;
  double learning_rate;
  double local_connectivity;
  double mean_distance;  // of the training rows to their neighbours
  uint64_t seed;
};

// Where a new row begins: y [dims] between the rows it belongs to, whose indices and distances [count]
// ascend. Turns distances into shares of the largest membership.
BOREAL_HOST_DEVICE inline void start_row(const UmapPlacement& how, const UmapPoints& points,
                                         const int32_t* indices, size_t count, double* distances, double* y) {
  const Membership member = membership(
      distances, count, how.local_connectivity > 1 ? how.local_connectivity - 1 : 0.0, how.mean_distance);
  double* const weights = distances;
  double sum = 0, most = 0;
  for (size_t c = 0; c < count; ++c) {
    weights[c] = member(distances[c]);
    sum += weights[c];
    most = most < weights[c] ? weights[c] : most;
  }
  if (!(sum > 0)) {  // all are too far to be told apart
    for (size_t c = 0; c < count; ++c) weights[c] = 1;
    sum = static_cast<double>(count);
    most = 1;
  }
  const bool is_there = weights[0] == 1;
  for (size_t d = 0; d < points.dims; ++d) y[d] = is_there ? points[static_cast<size_t>(indices[0])][d] : 0;
  for (size_t c = 0; c < count && !is_there; ++c) {
    const double* const other = points[static_cast<size_t>(indices[c])];
    for (size_t d = 0; d < points.dims; ++d) y[d] += weights[c] / sum * other[d];
  }
  for (size_t c = 0; c < count; ++c) weights[c] /= most;
}

// Doubles that place_rows needs.
inline size_t placing_size(size_t dims, size_t neighbors) { return kUmapLanes * (dims + 2 * neighbors); }

// Places `rows` rows: load(row, indices, distances) gives the nearest points of each, `neighbors` of them,
// store(row, y) gets its place, which depends on nothing but the row.
template <typename Load, typename Store>
void place_rows(const LayoutKernels& kernels, const UmapPlacement& how, const UmapPoints& points, size_t rows,
                size_t neighbors, double* scratch, const Load& load, const Store& store) {
  struct Lane {
    bool busy;
    size_t row, epoch;
  };
  Lane lanes[kUmapLanes] = {};
  size_t next = 0;
  walk_rows(kernels, how.forces, points, [&](size_t l, UmapWalk* walk) {
    Lane& lane = lanes[l];
    double* const y = scratch + l * (points.dims + 2 * neighbors);
    double* const distances = y + points.dims;
    int32_t* const indices = reinterpret_cast<int32_t*>(distances + neighbors);
    if (lane.busy && lane.epoch + 1 < how.epochs) {
      ++lane.epoch;
    } else {
      if (lane.busy) store(lane.row, y);
      lane = {next < rows, next, 0};
      if (!lane.busy) return false;
      load(next++, indices, distances);
      start_row(how, points, indices, neighbors, distances, y);
      const UmapEdges edges{indices, distances, neighbors};
      walk->source = UmapSteps(edges, how.forces.negatives, UmapSteps::kNobody, false, Rng(how.seed));
      walk->y = y;
    }
    walk->source.begin(lane.epoch);
    walk->alpha = umap_step(how.learning_rate, lane.epoch, how.epochs);
    return true;
  });
}

}  // namespace boreal
