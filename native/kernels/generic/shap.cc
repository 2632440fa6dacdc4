// Walks a whole tree, depth first, with the rows of a tile side by side in vectors. On the way down a level's
// product is its parent's times the factor of its edge; on the way up a level's sum has collected the leaves
// below, and the edge's player takes its part of it. No branch depends on a row.
#include BOREAL_SIMD

#include "kernels/shap_kernels.h"

namespace boreal {
namespace {

using Wide = Vec<double>;
constexpr size_t kWide = Wide::kLanes;
static_assert(kShapRows % kWide == 0, "a tile is whole vectors");

// What is kept for the child at some depth of the current path.
struct Level {
  Level(const ShapTile& tile, size_t depth) {
    on = tile.scratch + depth * shap_level(tile.points, tile.rows);
    product = on + tile.rows;
    sum = product + tile.points * tile.rows;
    taken = sum + tile.points * tile.rows;
    left = taken + tile.points;
    taken_gain = left + tile.points;
    left_gain = taken_gain + tile.points;
    taken_part = left_gain + tile.points;
    left_part = taken_part + tile.points;
  }
  double* on;       // [rows] 1 where the row takes all edges of the player down to here, else 0
  double* product;  // [points, rows]
  double* sum;      // [points, rows]
  // For each point, where the row takes the edge and where it leaves its player's path here: the factor of
  // the product, the change of the player's part, and the part itself.
  double *taken, *left, *taken_gain, *left_gain, *taken_part, *left_part;
};

// With t a point and z the joint share, a player's factor is G(z) = z (1 - t) + t on the path and z (1 - t)
// off it, and its part (1 - z) / G(z) and -1 / (1 - t). An edge changes both from those of the player's
// earlier edge; the gains are the differences, written so that nothing cancels.
void set_constants(const ShapTile& tile, const ShapEdge& edge, const Level& level) {
  for (size_t q = 0; q < tile.points; ++q) {
    const double t = tile.nodes[q], rest = 1 - t, weight = tile.weights[q];
    const double before = edge.earlier_joint * rest + t;
    const double now = edge.joint * rest + t;
    level.taken[q] = now / before;
    level.left[q] = edge.joint * rest / before;
    level.taken_gain[q] = weight * (edge.earlier_joint - edge.joint) / (now * before);
    level.left_gain[q] = -weight / (rest * before);
    level.taken_part[q] = (1 - edge.joint) / now;
    level.left_part[q] = -1 / rest;
  }
}

void set_on(const ShapTile& tile, const ShapEdge& edge, const double* earlier, double* on) {
  const uint32_t* const words = tile.words + edge.column * tile.rows;
  for (size_t i = 0; i < tile.rows; ++i) {
    const bool right = words[i] > edge.word;
    on[i] = right != (edge.left != 0) ? earlier[i] : 0.0;
  }
}

// A lane mask: each instruction set has a type of its own.
using Lanes = decltype(less(broadcast(0.0), broadcast(0.0)));

inline Lanes is_on(const double* on) { return less(broadcast(0.0), load(on)); }

// Where rows stand with an edge: they take it, leave their player's path here, or have left it before (which
// cannot be at a player's first edge).
template <bool kFirst>
class Place {
 public:
  Place(const Level& level, const Level& earlier, size_t i)
      : takes_(is_on(level.on + i)), was_on_(is_on(earlier.on + i)) {}
  Wide pick(double taken, double left, double otherwise) const {
    const Wide off = broadcast(left);
    return select(takes_, broadcast(taken), kFirst ? off : select(was_on_, off, broadcast(otherwise)));
  }

 private:
  Lanes takes_, was_on_;
};

template <bool kFirst>
void enter(const ShapTile& tile, const ShapEdge& edge, const Level& parent, const Level& level,
           const Level& earlier) {
  for (size_t i = 0; i < tile.rows; i += kWide) {
    const Place<kFirst> place(level, earlier, i);
    for (size_t q = 0; q < tile.points; ++q) {
      const size_t at = q * tile.rows + i;
      const Wide factor = place.pick(level.taken[q], level.left[q], edge.share);
      store(level.product + at, load(parent.product + at) * factor);
      store(level.sum + at, broadcast(0.0));
    }
  }
}

// A leaf has only a sum: its product times its value.
template <bool kFirst>
void enter_leaf(const ShapTile& tile, const ShapEdge& edge, const Level& parent, const Level& level,
                const Level& earlier) {
  const double value = tile.values[edge.leaf * tile.stride];
  for (size_t i = 0; i < tile.rows; i += kWide) {
    const Place<kFirst> place(level, earlier, i);
    for (size_t q = 0; q < tile.points; ++q) {
      const size_t at = q * tile.rows + i;
      const Wide factor = place.pick(value * level.taken[q], value * level.left[q], value * edge.share);
      store(level.sum + at, load(parent.product + at) * factor);
    }
  }
}

// sums [rows] += the player's part; the parent's sum += the level's.
template <bool kFirst>
void leave(const ShapTile& tile, const Level& parent, const Level& level, const Level& earlier,
           double* sums) {
  for (size_t i = 0; i < tile.rows; i += kWide) {
    const Place<kFirst> place(level, earlier, i);
    Wide total = load(sums + i);
    for (size_t q = 0; q < tile.points; ++q) {
      const size_t at = q * tile.rows + i;
      const Wide sum = load(level.sum + at);
      store(parent.sum + at, load(parent.sum + at) + sum);
      total = fma(sum, place.pick(level.taken_gain[q], level.left_gain[q], 0), total);
    }
    store(sums + i, total);
  }
}

// sums [rows] += the joint part of the level's player and another one.
template <bool kFirst>
void interact(const ShapTile& tile, const Level& level, const Level& earlier, const Level& other,
              double* sums) {
  for (size_t i = 0; i < tile.rows; i += kWide) {
    const Place<kFirst> place(level, earlier, i);
    const Lanes other_on = is_on(other.on + i);
    Wide total = load(sums + i);
    for (size_t q = 0; q < tile.points; ++q) {
      const Wide gain = place.pick(level.taken_gain[q], level.left_gain[q], 0);
      const Wide part = select(other_on, broadcast(other.taken_part[q]), broadcast(other.left_part[q]));
      total = fma(load(level.sum + q * tile.rows + i) * gain, part, total);
    }
    store(sums + i, total);
  }
}

double* pair_of(const ShapTile& tile, uint32_t p, uint32_t q) {
  const size_t first = p < q ? p : q, second = p < q ? q : p;
  return tile.sums + (first * tile.players + second) * tile.rows;
}

// The last edge of every other player above; those that a later edge of the same player hides are left out.
template <bool kFirst>
void interact_with_path(const ShapTile& tile, const ShapEdge& edge, const Level& level,
                        const Level& earlier) {
  for (uint32_t depth = 1; depth < edge.depth; ++depth) {
    if (tile.hidden[depth] != 0) continue;
    double* const sums = pair_of(tile, edge.player, tile.path[depth]->player);
    interact<kFirst>(tile, level, earlier, Level(tile, depth), sums);
  }
}

template <bool kFirst, bool kInteractions>
void begin_edge(const ShapTile& tile, const ShapEdge& edge) {
  const Level parent(tile, edge.depth - 1), level(tile, edge.depth), earlier(tile, edge.earlier);
  tile.path[edge.depth] = &edge;
  if (kInteractions) {
    tile.hidden[edge.depth] = 0;
    if (!kFirst) tile.hidden[edge.earlier] = 1;
  }
  set_constants(tile, edge, level);
  set_on(tile, edge, earlier.on, level.on);
  if (edge.leaf == kShapInner) {
    enter<kFirst>(tile, edge, parent, level, earlier);
  } else {
    enter_leaf<kFirst>(tile, edge, parent, level, earlier);
  }
}

template <bool kFirst, bool kInteractions>
void end_edge(const ShapTile& tile, const ShapEdge& edge) {
  const Level parent(tile, edge.depth - 1), level(tile, edge.depth), earlier(tile, edge.earlier);
  double* const own =
      kInteractions ? pair_of(tile, edge.player, edge.player) : tile.sums + edge.player * tile.rows;
  leave<kFirst>(tile, parent, level, earlier, own);
  if (!kInteractions) return;
  interact_with_path<kFirst>(tile, edge, level, earlier);
  if (!kFirst) tile.hidden[edge.earlier] = 0;
}

template <bool kInteractions>
void explain(const ShapTile* tile) noexcept {
  const Level root(*tile, 0);
  for (size_t i = 0; i < tile->rows; ++i) root.on[i] = 1;
  for (size_t k = 0; k < tile->points * tile->rows; ++k) {
    root.product[k] = 1;
    root.sum[k] = 0;
  }
  for (size_t e = 0; e < tile->edge_count; ++e) {
    const ShapEdge& edge = tile->edges[e];
    if (edge.earlier == 0) {
      begin_edge<true, kInteractions>(*tile, edge);
    } else {
      begin_edge<false, kInteractions>(*tile, edge);
    }
    if (edge.leaf == kShapInner) continue;
    for (uint32_t up = 0; up <= edge.ends; ++up) {
      const ShapEdge& ended = *tile->path[edge.depth - up];
      if (ended.earlier == 0) {
        end_edge<true, kInteractions>(*tile, ended);
      } else {
        end_edge<false, kInteractions>(*tile, ended);
      }
    }
  }
}

}  // namespace

namespace BOREAL_ISA {

constexpr ShapKernels kShap = {explain<false>, explain<true>};

}  // namespace BOREAL_ISA
}  // namespace boreal
