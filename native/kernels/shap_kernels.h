// Kernels that explain sums of trees. The common rules stand in kernels.h; explain/path_shap.cc derives what
// they compute.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace boreal {

// An edge of a tree, from a node to its child. Edges stand in depth-first order.
struct ShapEdge {
  uint32_t column, word;  // a row takes the edge to the right iff its word in that column is greater
  uint32_t left;          // 1: the edge to the left child
  uint32_t player;        // the feature of the parent, numbered among those the forest reads
  uint32_t depth;         // edges from the root to the child, >= 1
  uint32_t earlier;       // depth of the last edge above of the same player; 0: none
  uint32_t leaf;          // row of the child's value; kShapInner: an inner node, whose edges follow
  uint32_t ends;          // of a leaf: so many of the levels above have no more edges
  double share;           // of the parent's training rows that take the edge, in [0, 1]
  double joint;           // product of the shares of this player's edges from the root to here
  double earlier_joint;   // the same for `earlier`; 1 without one
};
constexpr uint32_t kShapInner = 0xffffffffu;

// One tree and a tile of rows. A level is a depth of the tree; so many are needed: the depth of the deepest
// leaf + 1.
struct ShapTile {
  const ShapEdge* edges;
  size_t edge_count;
  const double* values;  // leaf l has values[l * stride]
  size_t stride;
  const double *nodes, *weights;  // [points] of a quadrature on (0, 1)
  size_t points;                  // >= 1
  const uint32_t* words;          // [columns, rows]
  size_t rows;                    // a multiple of kShapRows
  size_t players;
  double* sums;           // values: [players, rows]; interactions: [players, players, rows]
  double* scratch;        // shap_level(points, rows) for each level
  const ShapEdge** path;  // [levels]
  unsigned char* hidden;  // [levels]; interactions only
};
constexpr size_t kShapRows = 8;

// Doubles of a level: which rows are on the path of its player; products and sums; six constants of each
// point.
constexpr size_t shap_level(size_t points, size_t rows) { return rows + 2 * points * rows + 6 * points; }

struct ShapKernels {
  // sums[p, i] += the Shapley value of player p for row i.
  void (*values)(const ShapTile* tile) noexcept;
  // sums[p, p, i] += the same; sums[p, q, i] += the Shapley interaction index of p < q.
  void (*interactions)(const ShapTile* tile) noexcept;
};

// One table for each instruction set; its extensions, such as avx512vnni, share it.
namespace scalar {
extern const ShapKernels kShap;
}
namespace avx2 {
extern const ShapKernels kShap;
}
namespace avx512 {
extern const ShapKernels kShap;
}
namespace neon {
extern const ShapKernels kShap;
}

}  // namespace boreal
