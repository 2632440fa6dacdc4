// One pass of a network over data: an epoch of training, an evaluation, or the gradient of all rows.
#pragma once

#include <utility>

#include "linalg/team.h"
#include "nn/dense_layer.h"
#include "train/network.h"
#include "train/pace.h"

namespace boreal {

class NetworkRun {
 public:
  enum class Purpose { kTrain, kEvaluate, kGradient };

  // options: of kTrain; out: of kGradient the gradient, [parameters], of kEvaluate what comes out, [rows,
  // outputs], or null.
  NetworkRun(Network& network, const NetworkData& data, const NetworkObjective& objective, Purpose purpose,
             const TrainingOptions* options, float* out);

  EpochResult run(const CancelToken* cancel, const Network::OnStep& on_step);

 private:
  // A range of one block of parameters, whose gradient fits into the first-level cache; or, with columns, so
  // many columns of some rows of the first layer's kernel, those of begin and end.
  struct Slab {
    size_t layer, block, begin, end;  // within the block
    size_t offset;                    // of the first parameter in the arena
    size_t first_of_block;            // index of the block's first slab
    size_t columns = 0, piece = 0;    // how many, and whose
  };

  void place_buffers();
  void cut_parameters();
  void choose_columns();
  size_t cut_columns();
  void share_slabs(const std::vector<double>& cost);
  void pass_columns(Team* team);
  size_t useful_threads() const;
  void begin_batch(size_t first, size_t rows);
  void gather(size_t begin, size_t end, float* to);  // to: of row 0
  nn::LayerRows rows_by_columns(size_t piece) const;
  // Calls body(piece) for each piece, on the team or on the pool.
  void each(Team* team, size_t pieces, const Team::Piece& body) const;
  void pass(Team* team);
  void pass_piece(size_t piece);
  void forward(size_t begin, size_t end);
  void compare(size_t begin, size_t end);
  void backward(size_t begin, size_t end);
  nn::LayerRows rows_of(size_t layer, size_t begin, size_t end, size_t max_threads = 1) const;
  bool learns(size_t layer) const;
  void find_joint_gradients();
  float* arena() const;
  float* value(size_t edge, size_t row) const;
  float* gradient_of(size_t edge, size_t row) const;
  void slab_gradient(const Slab& slab, float* g, double* penalty) const;
  void update_slab(const Slab& slab, const float* g) const;
  void learn(size_t piece);
  void gather_gradient(size_t piece);
  void apply_gradient(size_t piece);
  void clip();
  double penalty() const;

  Network& net_;
  const NetworkData& data_;
  const NetworkObjective& objective_;
  const Purpose purpose_;
  const TrainingOptions* const options_;
  float* const total_gradient_;  // [parameters]
  float* const outputs_;         // [rows, outputs], or null
  const size_t batch_, metrics_;
  nn::Loss loss_;
  size_t layers_;  // that run: without the last one where the loss takes logits
  size_t threads_;

  // Layers whose rows a thread takes on its own, one after the other, from segments_[k] on; between two such
  // segments stands one layer that sees the whole mini-batch.
  std::vector<std::pair<size_t, size_t>> segments_;
  size_t segment_ = 0;  // the current one
  Team::Piece piece_;   // pass_piece
  bool forwards_ = true;
  // The first layer, where each thread has some columns of its kernel for itself: from columns_[piece] on.
  const nn::DenseLayer* by_columns_ = nullptr;
  std::vector<size_t> columns_;
  std::vector<size_t> column_input_at_;  // of each piece; empty where rows are taken as they stand
  Team::Piece column_piece_;
  Pace pace_;
  bool pooled_ = false;  // a layer has work of its own for the pool: no team stands by

  // Buffers: values and gradients of each edge, [batch, width] each; what layers remember.
  std::vector<size_t> value_at_, gradient_at_, memo_at_, batch_memo_at_;
  AlignedBuffer<float> joint_;      // a joint gradient that is to be added
  float* scratch_ = nullptr;        // [batch, outputs]
  float* targets_ = nullptr;        // [batch, outputs] where they are gathered
  float* probabilities_ = nullptr;  // [batch, outputs] of logits that are still needed
  std::vector<float> factors_;      // [batch]
  std::vector<double> losses_;      // [batch]
  std::vector<double> counted_;     // [metrics, batch]
  std::vector<Slab> slabs_;
  std::vector<size_t> parts_;                         // [threads + 1], of slabs_
  std::vector<double> penalties_, squares_;           // [slabs]
  std::vector<float> scales_;                         // [slabs]
  std::vector<AlignedBuffer<float>> slab_gradients_;  // one a part

  // The current mini-batch.
  size_t first_ = 0, rows_ = 0, piece_rows_ = 0;
  const float* input_ = nullptr;  // [rows, inputs]
  double divisor_ = 1, weight_ = 0;
  UpdateTask task_{};
};

}  // namespace boreal
