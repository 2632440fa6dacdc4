// What blocked reductions to condensed forms share (Dongarra, Sorensen & Hammarling 1989, "Block reduction of
// matrices to condensed forms"): a panel of steps is gathered while the matrix itself stays as it was, and
// then one product brings it up to date.
#pragma once

#include <algorithm>

#include "base/cancel.h"
#include "linalg/dense.h"
#include "linalg/team.h"

namespace boreal {

class PanelReduction {
 protected:
  static constexpr size_t kPanel = 32;          // steps
  static constexpr size_t kMaxParts = 16;       // of the product of a step
  static constexpr size_t kPartSize = 1 << 14;  // elements of the matrix that make a part

  enum class Kept { kWhole, kUpperHalf };  // what of the matrix is kept up to date

  PanelReduction(Dense a, Kept kept, Team& team, const RunOptions& run)
      : a_(a),
        n_(a.rows),
        team_(team),
        left_(2 * kPanel, n_),
        right_(2 * kPanel, n_),
        parts_(kMaxParts, n_),
        kept_(kept),
        run_(run) {}

  // step(i, p) for each row i, the p-th of its panel, leaves rows 2p and 2p + 1 of left and right.
  template <typename Step>
  void each_step(Step step) {
    for (size_t first = 0; first < n_; first += kPanel) {
      const size_t last = std::min(n_, first + kPanel);
      fill(0, left_.view());
      fill(0, right_.view());
      for (size_t i = first; i < last; ++i) {
        check_cancel(run_.cancel);
        step(i, i - first);
      }
      update(first, last);
    }
  }

  // The current matrix is A - left^T right.
  double* left(size_t row) const { return left_.view().row(row); }
  double* right(size_t row) const { return right_.view().row(row); }

  const Dense a_;
  const size_t n_;
  Team& team_;
  const Workspace left_, right_, parts_;

 private:
  static constexpr size_t kUpdateRows = 64;

  void update(size_t first, size_t last) {
    const size_t rows = 2 * (last - first);
    const size_t pieces = (n_ - last + kUpdateRows - 1) / kUpdateRows;
    RunOptions alone = run_;
    alone.max_threads = 1;
    team_.each(pieces, [&](size_t piece) {
      const size_t i0 = last + piece * kUpdateRows, i1 = std::min(n_, i0 + kUpdateRows);
      const size_t from = kept_ == Kept::kWhole ? last : i0;
      multiply(-1, Form::kTransposed, as_const(block(left_.view(), 0, rows, i0, i1)), Form::kAsIs,
               as_const(block(right_.view(), 0, rows, from, n_)), 1, block(a_, i0, i1, from, n_), alone);
    });
  }

  const Kept kept_;
  const RunOptions& run_;
};

}  // namespace boreal
