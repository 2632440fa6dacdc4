// A grown tree over bins, and the trees of a model as a plan takes them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "train/hist_bins.h"
#include "train/hist_split.h"

namespace boreal {

struct HistTree {
  struct Node {
    int32_t column = -1;  // -1: a leaf
    uint32_t left = 0;    // the left child, the right one follows; of a leaf its number
    uint32_t rows = 0;
    uint8_t bin = 0;  // of numbers: the last that goes left
    bool missing_left = false;
    bool categorical = false;
    uint32_t set = 0;  // of categories: the number of its set
    double gain = 0;   // in units of the loss
  };
  std::vector<Node> nodes;  // children after their parents
  std::vector<BinSet> sets;
  std::vector<double> values;  // of the leaves

  bool goes_left(const Node& node, uint8_t bin, const BinMapper& mapper) const {
    if (node.categorical) return sets[node.set].has(bin);
    const bool missing = bin == mapper.column(static_cast<size_t>(node.column)).bins;
    return missing ? node.missing_left : bin <= node.bin;
  }
  // The number of the leaf of a row of bins.
  uint32_t leaf_of(const uint8_t* bins, const BinMapper& mapper) const {
    const Node* node = &nodes[0];
    while (node->column >= 0) {
      node = &nodes[node->left + (goes_left(*node, bins[node->column], mapper) ? 0 : 1)];
    }
    return node->left;
  }
};

// Laid out as ForestOp of plan/op.h wants it, outputs = 1.
struct HistForest {
  std::vector<int32_t> tree_offsets, feature, left;
  std::vector<double> threshold;
  std::vector<uint8_t> rules;
  std::vector<float> cover;  // rows
  std::vector<double> values;
  std::vector<int32_t> set_offsets, set_words;
  std::vector<double> gain;  // [nodes] of the splits, 0 for leaves
};

// The trees that `order` lists, by the mapper's thresholds and categories.
HistForest make_forest(const std::vector<HistTree>& trees, const std::vector<size_t>& order,
                       const BinMapper& mapper);

}  // namespace boreal
