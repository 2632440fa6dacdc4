// Neighbours on the GPU: ranks of a chunk of points after another, and lists of the nearest.
#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "device/cuda_ops.h"
#include "neighbors/index.h"

namespace boreal {
namespace {

// A chunk of ranks is kept for each row: 16 KiB.
constexpr size_t kChunk = 4096;

// The points in float32, as the index of the CPU has them.
class Points {
 public:
  Points(const NeighborsOp& op, size_t width) {
    spec_.metric = static_cast<NeighborMetric>(op.metric);
    spec_.p = op.p;
    if (spec_.metric == NeighborMetric::kMinkowski) {
      if (op.p == 1) spec_.metric = NeighborMetric::kManhattan;
      if (op.p == 2) spec_.metric = NeighborMetric::kEuclidean;
      if (std::isinf(op.p)) spec_.metric = NeighborMetric::kChebyshev;
    }
    rows_ = op.rows(width);
    cols_ = width;
    if (op.is_given()) return;
    std::vector<float> given;
    for (const float value : op.points_f32) given.push_back(value);
    for (const double value : op.points_f64) given.push_back(static_cast<float>(value));
    const PreparedRows<float> prepared(spec_, dense_view<const float>(given.data(), rows_, width), true);
    cols_ = prepared.view().cols;
    values_.assign(prepared.view().data, prepared.view().data + rows_ * cols_);
    if (!std::all_of(values_.begin(), values_.end(), [](float value) { return std::isfinite(value); })) {
      throw Error("ERR_INPUT_INFINITE",
                  "Rows that are searched for neighbours must be finite numbers of the plan's type.");
    }
  }

  const NeighborSpec& spec() const { return spec_; }
  size_t rows() const { return rows_; }
  size_t cols() const { return cols_; }
  Span<float> chunk(size_t first, size_t count) const {
    return {values_.data() + first * cols_, count * cols_};
  }

 private:
  NeighborSpec spec_;
  size_t rows_, cols_;
  std::vector<float> values_;
};

class NeighborSteps {
 public:
  NeighborSteps(CudaStepWriter& plan, const NeighborsOp& op)
      : plan_(plan), op_(op), points_(op, plan.width()) {}

  void add() {
    x_ = plan_.buffer_of(plan_.op().inputs[0]);
    if (points_.spec().metric == NeighborMetric::kCosine) add_unit();
    // Distances that are given are one chunk, where they lie.
    if (!op_.is_given()) chunk_ = std::min(kChunk, chunk_);
    ranks_ = op_.is_given() ? x_ : plan_.own_buffer(CudaStepWriter::bytes_of(chunk_));
    if (op_.is_given()) {
      plan_.step_for(BOREAL_CUDA_CHECK, "not below 0").n[0] = BOREAL_CUDA_CHECK_DISTANCES;
    }
    plan_.add_flops(3 * static_cast<double>(points_.rows() * points_.cols()));
    if (op_.neighbors == 0) return add_within();
    lists_ = plan_.own_buffer(CudaStepWriter::bytes_of(2 * op_.neighbors));
    each_chunk(BOREAL_CUDA_NEAREST, [&](BorealCudaStep& step, size_t first, size_t) {
      step.out = lists_;
      step.out_width = static_cast<uint32_t>(2 * op_.neighbors);
      step.n[0] = static_cast<int32_t>(op_.neighbors);
      step.n[1] = static_cast<int32_t>(first);
    });
    if (op_.vote == NeighborVote::kPlace) return add_place();
    BorealCudaStep& step = plan_.step_for(BOREAL_CUDA_VOTE, std::to_string(op_.neighbors) + " neighbours");
    step.in[0] = lists_;
    step.in_width[0] = static_cast<uint32_t>(2 * op_.neighbors);
    add_vote(step);
    step.n[0] = static_cast<int32_t>(op_.neighbors);
  }

 private:
  void add_unit() {
    const uint32_t unit = plan_.own_buffer(CudaStepWriter::bytes_of(points_.cols()));
    BorealCudaStep& step = plan_.step_for(BOREAL_CUDA_UNIT);
    step.out = unit;
    step.out_width = static_cast<uint32_t>(points_.cols());
    x_ = unit;
  }

  // Of points first .. first + count - 1, to each row.
  void add_ranks(size_t first, size_t count) {
    if (op_.is_given()) return;
    const NeighborMetric metric = points_.spec().metric;
    const bool powers = metric == NeighborMetric::kMinkowski;
    BorealCudaStep& step = plan_.step_for(powers ? BOREAL_CUDA_POWERS : BOREAL_CUDA_PRODUCT,
                                          "points from " + std::to_string(first));
    step.in[0] = x_;
    step.in_width[0] = static_cast<uint32_t>(points_.cols());
    step.out = ranks_;
    step.out_width = static_cast<uint32_t>(count);
    step.c[0] = plan_.add_transposed(points_.chunk(first, count), count);
    if (powers) {
      step.x[0] = points_.spec().p;
      return;
    }
    step.n[0] = metric == NeighborMetric::kManhattan   ? BOREAL_CUDA_MAGNITUDE
                : metric == NeighborMetric::kChebyshev ? BOREAL_CUDA_LARGEST
                                                       : BOREAL_CUDA_SQUARED;
    step.n[1] = BOREAL_CUDA_PLAIN;
  }

  // A step of this kernel for each chunk of points, once it has their ranks: write(step, first, count) says
  // what it does with them.
  template <typename Write>
  void each_chunk(BorealCudaKernel kernel, const Write& write) {
    for (size_t first = 0; first < points_.rows(); first += chunk_) {
      const size_t count = std::min(chunk_, points_.rows() - first);
      add_ranks(first, count);
      BorealCudaStep& step = plan_.step_for(kernel, "of " + std::to_string(count) + " points");
      step.in[0] = ranks_;
      step.in_width[0] = static_cast<uint32_t>(count);
      write(step, first, count);
    }
  }

  // What all votes need.
  void add_scale(BorealCudaStep& step) {
    step.n[3] = static_cast<int32_t>(points_.spec().metric);
    step.x[0] = points_.spec().p;
    step.n[4] = static_cast<int32_t>(points_.rows());
  }
  void add_vote(BorealCudaStep& step) {
    add_scale(step);
    step.n[1] = static_cast<int32_t>(op_.vote);
    step.n[2] = op_.distance_weights;
    if (classes_ == BOREAL_CUDA_NONE) {
      classes_ = plan_.arena().add(op_.classes.data, op_.classes.size);
      values_ = plan_.arena().add(op_.values.data, op_.values.size);
    }
    step.c[0] = classes_;
    step.c[1] = values_;
  }

  void add_within() {
    const uint32_t states = plan_.own_buffer(3 * sizeof(double) * op_.outputs);
    each_chunk(BOREAL_CUDA_WITHIN, [&](BorealCudaStep& step, size_t first, size_t count) {
      step.in[1] = states;
      add_vote(step);
      step.x[1] = static_cast<double>(rank_limit<float>(points_.spec(), op_.radius));
      step.n[0] = static_cast<int32_t>(first);
      step.n[5] = (first == 0 ? 1 : 0) | (first + count == points_.rows() ? 2 : 0);
    });
  }

  void add_place() {
    const Span<double>& n = op_.placement;
    const BorealCudaPlacing placing{n[0],
                                    n[1],
                                    n[2],
                                    n[5],
                                    n[6],
                                    n[7],
                                    static_cast<uint64_t>(n[3]),
                                    static_cast<uint64_t>(n[4]),
                                    static_cast<uint64_t>(n[8])};
    const uint32_t room = plan_.own_buffer(sizeof(double) * (op_.outputs + op_.neighbors));
    BorealCudaStep& step = plan_.step_for(BOREAL_CUDA_PLACE_ROW, std::to_string(placing.epochs) + " epochs");
    step.in[0] = lists_;
    step.in_width[0] = static_cast<uint32_t>(2 * op_.neighbors);
    step.in[1] = room;
    add_scale(step);
    step.n[0] = static_cast<int32_t>(op_.neighbors);
    step.c[0] = plan_.arena().add(&placing, 1);
    step.c[1] = plan_.arena().add(op_.values.data, op_.values.size);
    plan_.add_flops(60 * static_cast<double>(placing.epochs * op_.neighbors * (1 + placing.negatives)));
  }

  CudaStepWriter& plan_;
  const NeighborsOp& op_;
  const Points points_;
  size_t chunk_ = points_.rows();
  uint32_t x_ = 0, ranks_ = 0, lists_ = 0;
  uint64_t classes_ = BOREAL_CUDA_NONE, values_ = BOREAL_CUDA_NONE;
};

}  // namespace

void add_cuda_steps(CudaStepWriter& plan, const NeighborsOp& op) { NeighborSteps(plan, op).add(); }

void add_cuda_steps(CudaStepWriter& plan, const NeighborImputeOp& op) {
  const size_t width = plan.width(), rows = op.points.size / width;
  std::vector<double> points(op.points.size);  // [width, rows]
  std::vector<int32_t> donors(width, 0);
  for (size_t i = 0; i < rows; ++i) {
    for (size_t k = 0; k < width; ++k) {
      const double value = op.points[i * width + k];
      points[k * rows + i] = value;
      donors[k] += std::isnan(value) ? 0 : 1;
    }
  }
  const uint64_t at = plan.arena().add(points);
  const uint32_t squares = plan.own_buffer(rows * sizeof(double));
  const size_t list_bytes = (op.neighbors * (sizeof(double) + sizeof(int32_t)) + 7) / 8 * 8;
  const uint32_t lists = plan.own_buffer(list_bytes);

  BorealCudaStep& distances =
      plan.step_for(BOREAL_CUDA_SHARED_DISTANCES, "to " + std::to_string(rows) + " rows");
  distances.out = squares;
  distances.out_width = static_cast<uint32_t>(2 * rows);
  distances.c[0] = at;
  distances.n[0] = static_cast<int32_t>(rows);

  BorealCudaStep& fill = plan.step_for(BOREAL_CUDA_DONORS, std::to_string(op.neighbors) + " neighbours");
  fill.in[1] = squares;
  fill.in_width[1] = static_cast<uint32_t>(2 * rows);
  fill.in[2] = lists;
  fill.c[0] = at;
  fill.c[1] = plan.arena().add(op.fill.data, op.fill.size);
  fill.c[2] = plan.arena().add(donors);
  fill.n[0] = static_cast<int32_t>(rows);
  fill.n[1] = static_cast<int32_t>(op.neighbors);
  fill.n[2] = op.distance_weights;
  plan.add_flops(4 * static_cast<double>(points.size()));
}

}  // namespace boreal
