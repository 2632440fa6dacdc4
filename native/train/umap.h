// UMAP (McInnes, Healy and Melville, 2018) as umap-learn has it: a fuzzy graph of nearest neighbours, a start
// by the spectrum of its Laplacian, and a layout by stochastic gradient descent. The same bits at any number
// of threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "base/cancel.h"
#include "base/matrix_view.h"
#include "neighbors/metric.h"
#include "neighbors/umap_walk.h"
#include "train/row_graph.h"

namespace boreal {

struct FuzzySet {
  RowGraph graph;              // symmetric memberships
  std::vector<double> rhos;    // [rows]
  std::vector<double> sigmas;  // [rows]
  double mean_distance = 0;    // to the neighbours, the row itself counted as one
};

// Each row is the first of its own `neighbors`, of which there are at least 2 and at most as many as rows.
// mix 1 is the fuzzy union of what two rows say of each other, 0 the intersection.
template <typename T>
FuzzySet fuzzy_set(MatrixView<const T> x, const NeighborSpec& spec, size_t neighbors,
                   double local_connectivity, double mix, const CancelToken* cancel);

// Memberships of rows with different codes become weaker by exp(-far), those of rows without a code (below 0)
// by exp(-1); then each row is scaled to a membership of 1 and the union is made anew.
RowGraph intersect_labels(const RowGraph& graph, const std::vector<int32_t>& codes, double far);

struct UmapParams {
  size_t components = 2;
  size_t epochs = 500;
  double learning_rate = 1;
  UmapForces forces;
  uint64_t seed = 0;
};

// start [rows, components], or empty for the spectral one. Throws ERR_SHAPE unless the graph is symmetric.
std::vector<double> umap_layout(const RowGraph& graph, std::vector<double> start, const UmapParams& params,
                                const CancelToken* cancel,
                                const std::function<void(size_t, size_t)>& progress);

// The first eigenvectors of the normalised Laplacian without the constant one, [rows, components]; parts of
// the graph that are not connected each have their own, side by side (train/spectral_start.cc).
std::vector<double> spectral_start(const RowGraph& graph, size_t components, uint64_t seed,
                                   const CancelToken* cancel);

}  // namespace boreal
