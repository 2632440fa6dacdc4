// Assignments without looking at every row and centre: what bounds on distances, by the triangle inequality,
// rule out. Labels are those of assign_rows, but for rows that are equally near to two centres within
// rounding: bounds leave room for that of the kernel, and equal distances are never skipped, but Elkan's
// distances are not rounded as those of assign_rows are.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <type_traits>
#include <vector>

#include "base/aligned_buffer.h"
#include "base/cancel.h"
#include "base/matrix_view.h"
#include "kernels/cluster_kernels.h"
#include "linalg/distance.h"
#include "linalg/rounding.h"
#include "train/moving_sums.h"

namespace boreal {

// What all bounds need to know of the centres.
template <typename T>
class BoundedCentres {
 public:
  // pairs: whether `half` is wanted.
  BoundedCentres(size_t clusters, size_t cols, bool pairs);

  void move(const std::vector<double>& to);

  bool first() const { return first_; }  // moved no more than once
  const T* row(size_t c) const { return rows_.data() + c * cols_; }
  PackedRows<T> packed() const;
  // Whether a row at `distance` from its centre is nearer to it for certain than to one at `bound` or beyond.
  bool below(double distance, double bound) const {
    return distance * (1 + room_) + slack < bound * (1 - room_);
  }

  std::vector<double> shift;    // of each centre by the last move; 0 at first
  std::vector<double> half;     // [clusters, clusters] half the distances; infinity to itself
  std::vector<double> nearest;  // half the distance to the nearest other
  double slack = 0;             // absolute room, where rows and centres are rounded

 private:
  size_t clusters_, cols_;
  double room_;  // relative; of both distances, and of what sums of shifts have rounded off
  bool first_ = true;
  std::vector<T> rows_;  // as the kernel sees them
};

template <typename T>
class BoundedAssigner {
 public:
  virtual ~BoundedAssigner() = default;
  // The nearest of the centres for each row; labels are those of the last call, or -1.
  virtual void assign(const std::vector<double>& centres, MovingSums<T>* sums, int32_t* labels) = 0;
};

// The rows as k-means++ and Hamerly's bounds see them: in float, which halves what is read. Of float64 they
// are rounded; what their distances do not decide for certain, the rows themselves do.
template <typename T>
class FloatRows {
 public:
  FloatRows(MatrixView<const T> x, const CancelToken* cancel);

  const MatrixView<const float>& view() const { return view_; }
  // How far the distance of two of them may be from that of the rows, in their units.
  double roundoff() const { return std::is_same_v<T, float> ? 0 : 2 * longest_ * kHalfUlp + kSmallest; }
  // Centres as they lie among the rows; *slack: of the difference between two distances of a row to them.
  // Infinite where a centre is so far away from all rows that rounding leaves nothing of their differences.
  std::vector<double> place(const std::vector<double>& centres, double* slack) const;

 private:
  static constexpr double kHalfUlp = 6.1e-8, kSmallest = 1e-30;

  Rounding rounding_;
  AlignedBuffer<float> rounded_;
  MatrixView<const float> view_;
  double longest_ = 0;
};

// Two bounds a row (Hamerly 2010, "Making k-means even faster").
template <typename T>
class HamerlyBounds : public BoundedAssigner<T> {
 public:
  HamerlyBounds(MatrixView<const T> x, const FloatRows<T>& rows, size_t clusters, const CancelToken* cancel);
  void assign(const std::vector<double>& centres, MovingSums<T>* sums, int32_t* labels) override;

 private:
  // How far bounds have loosened since the first call. Those of rows are kept as they would have been then,
  // so that nothing is written where a row stays.
  struct Drift {
    double own = 0;      // what upper bounds have risen by: the shifts of the centre
    double others = 0;   // what lower ones have fallen by: the largest shifts of the other centres
    double nearest = 0;  // half the distance to the nearest other centre
  };
  // Centres for the distance kernels, and scratch for a block of rows.
  struct Packed {
    PackedRows<float> rounded;
    std::optional<PackedRows<T>> exact;  // unless those are exact
  };
  struct Block {
    AlignedBuffer<float> rows, turned;
    AlignedBuffer<T> doubtful, exact;
  };

  size_t open_rows(size_t begin, size_t end, const int32_t* labels, uint32_t* open);
  void assign_block(const uint32_t* rows, size_t count, const Packed& packed, size_t part, Block& block,
                    MovingSums<T>* sums, int32_t* labels);
  void decide(const uint32_t* rows, const uint32_t* doubtful, size_t count, const Packed& packed,
              Block& block, int32_t* nearest) const;

  MatrixView<const T> x_;
  MatrixView<const float> rows_;
  const FloatRows<T>& places_;
  size_t clusters_;
  const CancelToken* cancel_;
  BoundedCentres<float> centres_;
  bool fresh_ = true;                  // no bounds yet
  std::vector<Drift> drifts_;          // of each cluster
  std::vector<double> upper_, lower_;  // [rows] on the distances to the own centre, and to any other
};

// A bound for each row and centre (Elkan 2003, "Using the triangle inequality to accelerate k-means"): fewer
// distances, for clusters that are well apart and rows that are long.
template <typename T>
class ElkanBounds : public BoundedAssigner<T> {
 public:
  ElkanBounds(MatrixView<const T> x, size_t clusters, const CancelToken* cancel);
  void assign(const std::vector<double>& centres, MovingSums<T>* sums, int32_t* labels) override;

 private:
  void start(size_t begin, size_t end, const PackedRows<T>& packed, size_t part, MovingSums<T>* sums,
             int32_t* labels);
  size_t open_rows(size_t begin, size_t end, const int32_t* labels, uint32_t* open);
  size_t nearest_of(size_t row, size_t label, double own);
  double distance(size_t row, size_t cluster) const;

  MatrixView<const T> x_;
  size_t clusters_;
  const CancelToken* cancel_;
  const ClusterKernels<T>& kernels_;
  BoundedCentres<T> centres_;
  std::vector<double> upper_;    // [rows] on the distance to the own centre
  AlignedBuffer<double> lower_;  // [rows, clusters]
};

}  // namespace boreal
