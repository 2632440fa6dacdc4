// LambdaMART's gradients (Burges, From RankNet to LambdaRank to LambdaMART, 2010): every pair of a query's
// rows with different grades is pushed apart, by the logistic loss of its scores times what the swap of the
// two would change of the query's NDCG. As LightGBM's lambdarank: only pairs with one row among the first
// `truncation`, and, normalised, pairs weigh less the further apart their scores are, and a query's gradients
// are scaled by log2(1 + s) / s of their sum s, so that long queries do not drown the others.
// Its value is 1 - NDCG: no function whose gradient these would be, but what they serve.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "train/hist_loss.h"

namespace boreal {

struct RankParams {
  double sigmoid = 1;
  uint32_t truncation = 30;
  uint32_t eval_at = 5;  // NDCG looks at so many rows
  bool normalise = true;
  std::vector<double> gains;  // of grades 0, 1, ...: >= 0, not falling
};

// y: [rows] grades; queries: offsets from 0 to rows, of which a query's rows are those between two. A query
// weighs the mean of its rows' weights. Throws ERR_PARAMETER, ERR_SHAPE for offsets that are none, and
// ERR_LABELS for a grade that has no gain.
std::unique_ptr<HistLoss> make_lambdarank(const RankParams& params, Span<int32_t> queries, Span<double> y);

}  // namespace boreal
