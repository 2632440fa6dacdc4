// Which rows a round of boosting sees: all, a share drawn without replacement, or gradient-based one-side
// sampling (Ke and others, LightGBM, 2017, algorithm 2): the rows of the largest gradients, and a few of the
// others, whose gradients and Hessians are multiplied by what the few stand for. Threads share the work in
// parts that the number of rows alone decides, each with its own random stream: the same rows at any number.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/aligned_buffer.h"
#include "base/span.h"

namespace boreal {

struct SamplingParams {
  double share = 1;           // in (0, 1]; of the rows, unless one-sided
  bool one_sided = false;     // sampling by gradients
  double top_share = 0.2;     // of the rows, those of the largest |gradient * Hessian|, ties kept
  double other_share = 0.1;   // of the rows, drawn from the rest
  size_t warm_up_rounds = 0;  // the first rounds, in which one-sided sampling keeps all
};

class HistSampling {
 public:
  HistSampling(const SamplingParams& params, size_t rows, size_t max_threads);

  // Draws for a round, `stream` numbers its trees. gradient, hessian: [outputs, rows]; one-sided sampling
  // needs both, and multiplies those of the few in place.
  void draw(uint64_t seed, uint64_t stream, size_t round, size_t outputs, float* gradient, float* hessian);

  bool all() const { return all_; }
  // Ascending, unless all.
  Span<uint32_t> rows() const { return {drawn_.data(), drawn_.size()}; }
  // What a drawn row's gradient has been multiplied by.
  double weight(uint32_t row) const {
    return factor_ == 1 || magnitude_[row] >= threshold_ ? 1.0 : static_cast<double>(factor_);
  }
  size_t memory_bytes() const { return magnitude_.size() * 4; }

 private:
  void draw_share(uint64_t seed, uint64_t stream);
  void draw_by_gradient(uint64_t seed, uint64_t stream, size_t outputs, float* gradient, float* hessian);
  void measure(size_t outputs, const float* gradient, const float* hessian);
  uint32_t kth_greatest(size_t k) const;

  SamplingParams params_;
  size_t count_, threads_;
  bool all_ = true;
  std::vector<uint32_t> drawn_;
  // Of one-sided sampling: sum over outputs of |gradient * Hessian| as the bits of a float32, which are
  // ordered as the numbers are, for each row; the least of the large ones; the multiplier of the others.
  AlignedBuffer<uint32_t> magnitude_;
  uint32_t threshold_ = 0;
  float factor_ = 1;
};

}  // namespace boreal
