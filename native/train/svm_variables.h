// The variables of the dual problem that the solver works on: all of them, or, with shrinking (Chang and Lin
// 2011, section 5.1), those that may still move. Variables at a bound that have stayed out of every violating
// pair are left out, whole columns of the kernel at a time, and what is left is packed anew: passes and rows
// of the kernel are shorter. The gradient of those left out follows when they come back, from what the others
// have moved meanwhile.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/partition.h"
#include "kernels/svm_kernels.h"
#include "linalg/team.h"
#include "train/svm_kernel.h"
#include "train/svm_solver.h"

namespace boreal {

// Columns that are worth a thread of their own.
constexpr size_t kMinSvmPart = 3072;

// Variables from first to last.
struct SvmRange {
  size_t first, last;
};

class SvmVariables {
 public:
  // Borrows what it is given. Throws ERR_PARAMETER when values of the kernel overflow.
  SvmVariables(const KernelColumns& columns, const SvmProblem& problem, const SvmOptions& options,
               Team& team);

  // Columns of the kernel; variable i belongs to column i % columns().
  size_t columns() const { return kernel().size(); }
  size_t size() const { return f.size(); }
  const KernelColumns& kernel() const { return some_ ? *some_ : all_; }
  KernelRowCache& cache() { return cache_; }
  const Partition& parts() const { return parts_; }

  // Says again which ways variable i may move.
  void set_bounds(size_t i);
  // What is optimised on its own: all variables, or those of each label.
  std::vector<SvmRange> ranges() const;
  // By how much the worst pair of a range violates the conditions of optimality.
  double violation() const;

  // Leaves out what no longer moves, if that is worth it.
  void shrink();
  bool is_shrunk() const { return !left_.empty(); }
  // Brings all variables back.
  void restore();

  std::vector<double> alpha;
  std::vector<double> f;        // y_i p_i + sum_j y_j a_j K_ij, the gradient times y_i
  std::vector<double> up, low;  // 0, or infinity and -infinity where f must not become less or greater
  std::vector<double> y, c;
  std::vector<double> diagonal;  // [columns()]

 private:
  // Columns that were left out together, [copies, columns] of their values, and y_j a_j of every column then.
  struct Left {
    std::vector<int32_t> columns;
    std::vector<double> alpha, f, net;
  };
  struct Limits {
    double least, most;  // of f among those that may rise, and among those that may fall
  };

  size_t copies() const { return problem_.y.size() / all_.size(); }
  Limits limits(const SvmRange& range) const;
  // Makes these columns of all the ones that are worked on.
  void take(std::vector<int32_t> columns);
  // y_j a_j, of every column of all.
  std::vector<double> nets() const;
  // Adds to f of those left out what columns have moved since.
  void follow(Left& left, const std::vector<double>& net) const;

  const KernelColumns& all_;
  const SvmProblem& problem_;
  const SvmOptions& options_;
  Team& team_;
  const SvmKernels& kernels_;
  std::unique_ptr<KernelColumns> some_;
  KernelRowCache cache_;
  std::vector<int32_t> active_;  // columns of all, ascending
  std::vector<double> all_diagonal_;
  std::vector<Left> left_;
  Partition parts_;
};

}  // namespace boreal
