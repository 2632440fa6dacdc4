// A loss whose gradients the caller brings, round by round: what it minimises is not known here.
#pragma once

#include <memory>
#include <vector>

#include "train/hist_loss.h"

namespace boreal {

// start: the score of each output before any tree; finite, of one output at least.
std::unique_ptr<HistLoss> make_custom_loss(std::vector<double> start);

}  // namespace boreal
