// The operations of a Plan. An op reads the slots `inputs` and writes one new slot: op i writes slot i + 1,
// slot 0 is the plan's input, the last slot is its output. A slot is a row-major [rows, width] tile, and
// every op is row-local. Constants are borrowed: they live as long as the decoded Plan's source (a call).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/span.h"
#include "kernels/kernel_function.h"
#include "kernels/kernels.h"

namespace boreal {

// Throws ERR_INPUT_NAN / ERR_INPUT_INFINITE naming row and column when a value breaks the rule; else copies
// nothing: its slot is an alias of its input.
struct CheckOp {
  FiniteRule rule;
};
// out[:, j] = in[:, columns[j]]
struct GatherOp {
  std::vector<uint32_t> columns;
};
// The inputs side by side.
struct ConcatOp {};
// NaN -> fill[j]
struct ImputeOp {
  Span<double> fill;  // [width]
};
// (x - shift[j]) / scale[j]
struct AffineOp {
  Span<double> shift, scale;  // [width]
};
// Value -> its index among values[offsets[j] .. offsets[j+1]), sorted ascending, a NaN last if present.
// A value not listed becomes -1, or throws ERR_UNKNOWN_CATEGORY when reject_unknown.
struct CategoryOp {
  Span<int32_t> offsets;  // [width + 1], from 0, non-decreasing
  Span<double> values;
  bool reject_unknown;
};
// Column j holds a code; out has sizes[j] columns for it, minus one where drop[j] >= 0 (that code's column is
// left out). A code outside [0, sizes[j]) gives zeros.
struct OneHotOp {
  Span<int32_t> sizes, drop;  // [width]
};
// y = activation(x W + b)
struct DenseOp {
  Span<double> weights;  // [width, outputs] row-major
  Span<double> bias;     // [outputs]
  size_t outputs;
  Unary activation;
};
struct ActivationOp {
  Unary kind;
};
struct SoftmaxOp {};
// Index of the first largest column, width 1.
struct ArgMaxOp {};

enum class ForestAggregate : int32_t { kMean = 0, kSum = 1, kPerTree = 2 };

// How a forest reads a value. kFloat32: rounded to float32, as XGBoost and scikit-learn do; a category is a
// value >= 0, rounded down. kFloat64: as LightGBM does, |x| <= kNearZero being 0; a category is the value
// rounded towards 0.
enum class ForestCompare : int32_t { kFloat32 = 0, kFloat64 = 1 };

// Rules of a node, bits that add up.
constexpr uint8_t kMissingLeft = 1;    // a missing value goes left, else right
constexpr uint8_t kMissingIsZero = 2;  // no value is missing: NaN reads as 0
constexpr uint8_t kZeroIsMissing = 4;  // NaN is missing, and |x| <= kNearZero is too
constexpr uint8_t kCategories = 8;     // go left iff the category x is in the set numbered `threshold`
constexpr double kNearZero = 1e-35f;   // LightGBM's

// Binary decision trees. Node k of tree t is at tree_offsets[t] + k; children of an inner node are left and
// left + 1, counted within the tree, and stand after their parent (so no cycles). Inner: feature >= 0, go
// left iff x[feature] <= threshold; `rules` say what else. Leaf: feature == -1, left = index of its row in
// values. kPerTree requires outputs == 1 and gives one column per tree. With groups, which need kSum, a leaf
// has one value, and trees groups[k] .. groups[k + 1] - 1 add up to output k.
struct ForestOp {
  ForestAggregate aggregate;
  size_t outputs;
  ForestCompare compare;
  Span<int32_t> tree_offsets;  // [trees + 1]
  Span<int32_t> feature;       // [nodes]
  Span<double> threshold;      // [nodes]
  Span<int32_t> left;          // [nodes]
  Span<uint8_t> rules;         // [nodes], or empty: NaN goes left everywhere
  Span<float> cover;           // [nodes] weight of the training rows, used for the layout only; or empty
  Span<double> values;         // [leaves, values_per_leaf()]
  // Set s holds category c iff bit c % 32 of word set_offsets[s] + c / 32 is set, and has no other words.
  Span<int32_t> set_offsets;  // [sets + 1], or empty: no sets
  Span<int32_t> set_words;
  Span<int32_t> groups;  // [outputs + 1], rising from 0 to trees, or empty

  size_t trees() const { return tree_offsets.size - 1; }
  size_t values_per_leaf() const { return groups.size == 0 ? outputs : 1; }
  uint8_t rules_of(size_t node) const { return rules.size == 0 ? kMissingLeft : rules[node]; }
};
// The second input names a leaf in each of its columns, one column per tree (a Forest op with kPerTree whose
// values are the numbers of the leaves). out = the sum over the trees, in order, of
//   intercept[l] + sum of coefficients[k] x[features[k]] over k in offsets[l] .. offsets[l + 1],
// or of otherwise[l] where one of those values is NaN. NaN where a column names no leaf.
struct LeafLinearOp {
  Span<double> intercept, otherwise;  // [leaves]
  Span<int32_t> offsets;              // [leaves + 1], from 0, non-decreasing
  Span<int32_t> features;
  Span<double> coefficients;
};
// out[:, q] = quantile probabilities[q] of the row, linear interpolation (numpy's default).
struct QuantileOp {
  Span<double> probabilities;
};

// The function of a CombineOp: those of kernels/functions.h, then comparisons, which give 1 or 0 (0 for a
// NaN).
enum class BinaryFunction : int32_t {
  kAdd,
  kSub,
  kMul,
  kDiv,
  kMin,
  kMax,
  kPow,
  kGreater,
  kGreaterEqual,
  kLess,
  kLessEqual,
  kEqual
};
constexpr int32_t kBinaryFunctionCount = 12;

// f(a, b), column by column. One input: b is `operand`, the same for every row. Two inputs: a and b; where
// one of them has one column, it stands for all of the other's.
struct CombineOp {
  BinaryFunction function;
  Span<double> operand;  // [width], or empty: two inputs
};
// Inputs condition, a, b of one width: condition != 0 ? a : b.
struct SelectOp {};
// values[j] in each row; the input gives the number of rows only.
struct ConstantOp {
  Span<double> values;  // [width of the output]
};
// One column: the fold of the row.
struct RowFoldOp {
  Fold fold;  // but for those that have a parameter
};
// Column j holds a code; out is values[offsets[j] + code], or otherwise[j] for what is no code in
// [0, offsets[j + 1] - offsets[j]).
struct LookupOp {
  Span<int32_t> offsets;  // [width + 1], from 0, non-decreasing, to the end of values
  Span<double> values;
  Span<double> otherwise;  // [width]
};
// Each value rounded to float32.
struct Float32Op {};
// One column: a number in (0, 1), uniform over rows, that the row's values and the seed decide.
struct DrawOp {
  uint64_t seed;
};
// out[:, k] = the metric of the row and of points[k].
struct PointDistanceOp {
  Metric metric;        // but for kCosine
  Span<double> points;  // [outputs, width] row-major
  size_t outputs;
};
// Probabilities of `classes` classes from those of each pair: input column of the pair (a, b), a < b, in
// lexicographic order, is P(a | a or b). Wu, Lin and Weng (2004), "Probability estimates for multi-class
// classification by pairwise coupling", second approach, by the iteration and with the stopping rule of
// LIBSVM.
struct CouplingOp {
  size_t classes;  // at most kMaxCoupled: the work grows with its cube
};
constexpr int32_t kMaxCoupled = 1024;
// out = bias + sum over vectors v of K(x, vectors[v]) weights[v]: what a support vector machine computes.
struct KernelExpansionOp {
  KernelFunction function;
  double gamma, coef0, degree;
  Span<double> vectors;  // [count, width] row-major
  Span<double> weights;  // [count, outputs] row-major
  Span<double> bias;     // [outputs]
  size_t count, outputs;
};
// What InterpolateOp makes of a value beyond the first or last point of its column.
enum class Outside : int32_t { kClip = 0, kNan = 1, kReject = 2 };
// Value -> linear between the points of its column, from offsets[j] to offsets[j + 1]: at least one, x
// rising. NaN stays NaN; a column of one point is constant. kReject throws ERR_OUT_OF_RANGE.
struct InterpolateOp {
  Outside outside;
  Span<int32_t> offsets;  // [width + 1], from 0, to the end of x
  Span<double> x, y;
};

// Non-negative coordinates of a row in fixed directions: the w >= 0 with the least w' gram w / 2 - in' w, by
// coordinate descent from 0, one coordinate after the other; stops when the sum of the projected gradients of
// a round is at most `tolerance` of that of the first round.
struct NonNegativeOp {
  Span<double> gram;       // [width, width] symmetric, diagonal >= 0
  Span<double> tolerance;  // [1]
  size_t rounds;           // at most
};
constexpr int32_t kMaxRounds = 1 << 20;

// The same where what is least is the beta-divergence of the row from w parts, and l1 w + l2 w^2 / 2, by
// multiplicative updates (linalg/divergence.h) from the root of the mean over outputs; every ten rounds it
// stops where the root of the divergence has fallen by less than `tolerance` of the first one. Throws
// ERR_OUT_OF_RANGE for a value below 0, and for 0 where beta <= 0.
struct DivergenceOp {
  Span<double> parts;     // [outputs, width], finite and >= 0
  Span<double> settings;  // beta, l1, l2, tolerance: finite, and >= 0 but for beta
  size_t outputs, rounds;

  double beta() const { return settings[0]; }
  double l1() const { return settings[1]; }
  double l2() const { return settings[2]; }
  double tolerance() const { return settings[3]; }
};

// What becomes of the neighbours of a row.
enum class NeighborVote : int32_t {
  kClasses = 0,  // the share of the weight that each class has
  kMean = 1,     // the weighted mean of each target
  kOutlier = 2,  // the local outlier factor, negated: Breunig et al. (2000), "LOF: identifying density-based
                 // local outliers"
  kDistances = 3,  // the distances, nearest first
  kPlace = 4,      // a place in the layout of UMAP: see neighbors/umap_row.h
};
constexpr int32_t kNeighborMetricCount = 6, kNeighborSearchCount = 4;
constexpr int32_t kGivenDistances = 5;  // the metric of rows that hold their distances to the points
// The `neighbors` rows nearest to a row among points, or those within the radius where neighbors is 0. With
// distance_weights a neighbour weighs 1 / distance, and those at distance 0, if there are any, are the only
// ones. Rows without a neighbour: 0 for each class, NaN for a mean.
struct NeighborsOp {
  int32_t metric, search;  // of neighbors/metric.h, which has the meaning
  size_t leaf_size, neighbors;
  NeighborVote vote;
  bool distance_weights;
  size_t outputs;  // classes or targets; 1 for kOutlier, neighbors for kDistances
  double p, radius;
  Span<float> points_f32;  // [rows, width] row-major in one of the two; none of given distances
  Span<double> points_f64;
  Span<int32_t> classes;  // [rows] of kClasses
  Span<double> values;    // [rows, outputs] of kMean and kPlace; [2, rows] reach and density of kOutlier
  // Of kPlace: a, b, repulsion, negatives, epochs, learning rate, local connectivity, mean distance, seed.
  Span<double> placement;

  bool is_given() const { return metric == kGivenDistances; }
  size_t rows(size_t width) const { return is_given() ? width : (points_f32.size + points_f64.size) / width; }
};

// NaN -> the mean of the column over the `neighbors` nearest rows of points that have it, by euclidean
// distances over the columns that both rows have; fill[j] where no such row has a distance.
struct NeighborImputeOp {
  size_t neighbors;
  bool distance_weights;  // as NeighborsOp has them
  Span<double> points;    // [rows, width] row-major, NaN where a value is missing
  Span<double> fill;      // [width]
};

// One layer of a network, as it is in predictions, and an activation of what it gives; in float32 whatever
// the plan's precision.
struct LayerOp {
  Span<double> code;       // see native/nn/layer_code.h
  Span<float> parameters;  // of the layer
  size_t outputs;
  Unary activation;
};
// x * factor[c] + term[c], column j being of channel c = j % channels: what a batch normalisation predicts.
struct ScaleOp {
  Span<double> factor, term;  // [channels], which divide the width
};

// What the 8-bit codes of a slot stand for: x = scale (code - zero), codes 0 to 255. Such a slot holds a byte
// for each column, and is read by 8-bit ops alone.
struct Int8Codes {
  float scale;
  int32_t zero;
};
// Each value as its code (kernels/int8_kernels.h): values beyond the codes become the last of them.
struct QuantizeOp {};
// y = f(x W + b) of each of the `positions` of a row, W being weights times the scale of their column. Of an
// input of numbers each position is made codes by its own range; a NaN or an infinity in it gives NaN. The
// bits are the same on every instruction set, but for those of f where it is more than a maximum.
struct Int8DenseOp {
  Unary activation;
  size_t positions, outputs;  // outputs of one position
  Span<uint8_t> weights;      // [inputs of one position, outputs] row-major, two's complement
  Span<float> scale, bias;    // [outputs]
};
// The same of a convolution without groups, in which an input of numbers has one range for each image; beyond
// the edges lies 0.
struct Int8ConvOp {
  Unary activation;
  Span<double> code;        // of the layer, see native/nn/layer_code.h; of its flags none matters
  Span<uint8_t> weights;    // [taps * channels, filters] row-major, two's complement
  Span<float> scale, bias;  // [filters]
};

using OpKind = std::variant<CheckOp, GatherOp, ConcatOp, ImputeOp, AffineOp, CategoryOp, OneHotOp, DenseOp,
                            ActivationOp, SoftmaxOp, ArgMaxOp, ForestOp, QuantileOp, LeafLinearOp, CombineOp,
                            SelectOp, ConstantOp, RowFoldOp, LookupOp, Float32Op, PointDistanceOp, CouplingOp,
                            NonNegativeOp, KernelExpansionOp, InterpolateOp, NeighborsOp, NeighborImputeOp,
                            LayerOp, DrawOp, ScaleOp, QuantizeOp, Int8DenseOp, Int8ConvOp, DivergenceOp>;

struct Op {
  OpKind kind;
  std::vector<uint32_t> inputs;    // slots, each < this op's own slot
  size_t width = 0;                // of the output slot; set by shape inference
  std::optional<Int8Codes> codes;  // of the output slot, where it holds codes
};

const char* op_name(const Op& op);

}  // namespace boreal
