// A forest as the explainers walk it: the edges of each tree in depth-first order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/matrix_view.h"
#include "device/forest_columns.h"
#include "explain/tree_shap.h"

namespace boreal {

struct ShapForest {
  explicit ShapForest(const TreeScores& scores);

  ForestColumns columns;
  std::vector<ShapEdge> edges;       // of all trees
  std::vector<size_t> tree_begin;    // [trees + 1] in edges
  std::vector<uint32_t> features;    // of each player, ascending
  std::vector<size_t> first_output;  // of each tree: the first output its leaves add to
  std::vector<double> expected;      // [outputs], path-dependent, not yet divided
  size_t depth = 0;                  // of the deepest leaf
  size_t players_on_path = 0;        // most different features on one path
  bool has_cover = false;            // else all shares are one half

  size_t trees() const { return tree_begin.size() - 1; }
};

// The words of `tile` rows from `first` on, [columns, tile]; rows beyond the last repeat it. `row` is scratch
// of forest.columns.size() words.
template <typename T>
void stage_tile(const ForestColumns& columns, MatrixView<const T> x, size_t first, size_t tile, uint32_t* row,
                uint32_t* words) {
  for (size_t i = 0; i < tile; ++i) {
    columns.stage(x.row(first + i < x.rows ? first + i : x.rows - 1), row);
    for (size_t j = 0; j < columns.size(); ++j) words[j * tile + i] = row[j];
  }
}

}  // namespace boreal
