// K-means: Lloyd's algorithm (1982), Elkan's (2003), and mini-batches (Sculley 2010), with scikit-learn's
// stopping rules, relocation of empty clusters and reassignment. Distances are those of kernels/
// distance_kernels.h in x's own precision, of sparse rows |x|^2 + |c|^2 - 2 x c in float64; sums are float64
// over a fixed partition of the rows: results have the same bits on every ISA and at any thread count.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/cancel.h"
#include "base/matrix_view.h"
#include "base/span.h"
#include "device/cuda_library.h"
#include "linalg/csr.h"

namespace boreal {

enum class CentreInit : int32_t { kPlusPlus = 0, kRandom = 1, kGiven = 2 };

struct KMeansSpec {
  uint32_t clusters = 8;
  CentreInit init = CentreInit::kPlusPlus;
  uint32_t restarts = 1;
  uint32_t max_iter = 300;  // 0: the centres are the starts
  double tol = 0;           // on the squared shift of all centres
  bool elkan = false;
  uint64_t seed = 0;
  // A GPU has the rows in float32 and makes the iterations; starts are found on the CPU. `elkan` has no
  // meaning there: it looks at all distances.
  CudaTarget target;
};

struct KMeansModel {
  std::vector<double> centres;  // [clusters, cols]
  std::vector<int32_t> labels;  // [rows]
  double inertia = 0;           // weighted sum of squared distances to the centres
  uint32_t iterations = 0;
};

using FitProgress = std::function<void(size_t done, size_t total)>;

// x: rows >= clusters >= 1, finite. weights: [rows] or empty. given: [clusters, cols] for kGiven. The best of
// the restarts. Throws ERR_PARAMETER when there are fewer rows (of a weight above 0, for kRandom) than
// clusters.
template <typename T>
KMeansModel fit_kmeans(MatrixView<const T> x, Span<double> weights, Span<double> given,
                       const KMeansSpec& spec, const CancelToken* cancel, const FitProgress& progress);

// The same of sparse rows, by Lloyd's algorithm on the CPU, whatever spec.elkan and spec.target say.
KMeansModel fit_kmeans(const CsrView<double>& x, Span<double> weights, Span<double> given,
                       const KMeansSpec& spec, const CancelToken* cancel, const FitProgress& progress);

struct MiniBatchSpec {
  uint32_t clusters = 8;
  CentreInit init = CentreInit::kPlusPlus;
  uint32_t restarts = 1;      // starts, of which the best on some validation rows is taken
  uint32_t init_size = 3072;  // rows that starts and validation see
  uint32_t batch_size = 1024;
  uint32_t max_iter = 100;           // passes over the rows
  uint32_t max_no_improvement = 10;  // batches; 0: no such limit
  double tol = 0;                    // on the squared shift of all centres; 0: no such limit
  double reassignment_ratio = 0.01;
  uint64_t seed = 0;
};

// What one batch after another changes.
struct MiniBatchState {
  std::vector<double> centres;  // [clusters, cols]
  std::vector<double> counts;   // [clusters] weight that each has seen
  double since_reassignment = 0;
  uint64_t draws = 0;  // streams of random numbers used up
};

struct MiniBatchModel {
  MiniBatchState state;
  std::vector<int32_t> labels;
  double inertia = 0;
  uint32_t iterations = 0;
  double steps = 0;
};

// As scikit-learn's fit: batches drawn with replacement until nothing improves. x: a MatrixView<const T>, or
// a CsrView<double>.
template <typename Rows>
MiniBatchModel fit_mini_batches(const Rows& x, Span<double> weights, Span<double> given,
                                const MiniBatchSpec& spec, const CancelToken* cancel,
                                const FitProgress& progress);

// One update with all rows of x as the batch, from `state`, or from a start of its own where that has no
// centres: partial_fit.
template <typename Rows>
MiniBatchModel step_mini_batch(const Rows& x, Span<double> weights, Span<double> given, MiniBatchState state,
                               const MiniBatchSpec& spec, const CancelToken* cancel);

}  // namespace boreal
