// The affinities of t-SNE (van der Maaten and Hinton, 2008, "Visualizing data using t-SNE", section 2;
// van der Maaten, 2014, "Accelerating t-SNE using tree-based algorithms", section 3).
#pragma once

#include "base/cancel.h"
#include "base/matrix_view.h"
#include "neighbors/metric.h"
#include "train/row_graph.h"

namespace boreal {

// p_ij over the `neighbors` nearest rows of each, made symmetric, with sum 1: a Gaussian of the squared
// distance, whose width gives each row the perplexity. All other rows as neighbours is the exact form. Throws
// ERR_PARAMETER unless there are more rows than neighbors >= 1, and for a perplexity that is not above 0.
template <typename T>
RowGraph tsne_affinities(MatrixView<const T> x, const NeighborSpec& spec, size_t neighbors, double perplexity,
                         const CancelToken* cancel);

}  // namespace boreal
