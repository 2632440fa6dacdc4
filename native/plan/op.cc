#include "plan/op.h"

namespace boreal {

const char* op_name(const Op& op) {
  static constexpr const char* kNames[] = {
      "Check",    "Gather",      "Concat",    "Impute",      "Affine",    "Category",       "OneHot",
      "Dense",    "Activation",  "Softmax",   "ArgMax",      "Forest",    "Quantile",       "LeafLinear",
      "Binary",   "Select",      "Constant",  "Reduce",      "Lookup",    "Float32",        "Distance",
      "Coupling", "NonNegative", "Expansion", "Interpolate", "Neighbors", "NeighborImpute", "Layer",
      "Draw",     "Scale",       "Quantize",  "Int8Dense",   "Int8Conv",  "Divergence"};
  static_assert(sizeof(kNames) / sizeof(kNames[0]) == std::variant_size_v<OpKind>,
                "one name per alternative of OpKind");
  return kNames[op.kind.index()];
}

}  // namespace boreal
