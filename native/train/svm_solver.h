// The dual problem of support vector machines by sequential minimal optimisation, the pair chosen by second
// order information (Fan, Chen and Lin, "Working set selection using second order information for training
// support vector machines", 2005, WSS 2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/cancel.h"
#include "train/svm_kernel.h"

namespace boreal {

// Minimises 1/2 sum_ij a_i a_j y_i y_j K_ij + sum_i p_i a_i over 0 <= a_i <= c_i with sum_i y_i a_i as it is
// at the start. Variable i belongs to column i % columns.size() of the kernel, so that regression has two
// variables for each row.
struct SvmProblem {
  std::vector<double> y;      // 1 or -1; a multiple of the columns
  std::vector<double> p, c;   // as many
  std::vector<double> start;  // as many, or empty: 0
  // Keep the sum of the variables of each label as it is, not only that of y_i a_i: then those of label 1
  // come first.
  bool keeps_sums = false;
};

struct SvmOptions {
  double tolerance = 1e-3;      // on the largest violation of the optimality conditions
  uint64_t max_iterations = 0;  // 0: no limit
  size_t cache_bytes = size_t{200} << 20;
  bool shrinking = true;  // leave out, for a while, variables that have come to rest at a bound
  size_t max_threads = 0;
  const CancelToken* cancel = nullptr;
};

struct SvmSolution {
  std::vector<double> alpha;
  double rho = 0;    // the decision is sum_i y_i a_i K(x_i, x) - rho
  double scale = 1;  // of a problem that keeps sums: decisions of the margin are scale and -scale
  uint64_t iterations = 0;
  bool converged = false;
};

// Throws ERR_PARAMETER when values of the kernel overflow.
SvmSolution solve_svm(const KernelColumns& columns, const SvmProblem& problem, const SvmOptions& options);

}  // namespace boreal
