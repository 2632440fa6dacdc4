// Non-negative matrix factorisation X ~ W H of least squares: coordinate descent (Cichocki & Phan 2009) with
// scikit-learn's stopping rule, or multiplicative updates (Lee & Seung 2001), which lower other divergences
// too.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/cancel.h"
#include "train/nmf_rows.h"

namespace boreal {

struct NmfSpec {
  uint32_t components = 1;
  bool multiplicative = false;
  double beta = 2;  // of the divergence, by multiplicative updates
  uint32_t max_iter = 200;
  double tol = 1e-4;
  double l1_w = 0, l2_w = 0, l1_h = 0, l2_h = 0;
  bool shuffle = false;  // the order of the components, by coordinate descent
  uint64_t seed = 0;
};

constexpr uint32_t kNmfLook = 10;  // multiplicative updates between two looks at the error

struct NmfModel {
  std::vector<double> w;  // [rows, components]
  std::vector<double> h;  // [components, cols]
  double error = 0;       // |X - W H|, or the root of twice the divergence
  uint32_t iterations = 0;
};

// x: finite, >= 0; w and h: the start, >= 0. Throws ERR_EMPTY, ERR_SHAPE and ERR_PARAMETER.
NmfModel fit_nmf(NmfRows x, std::vector<double> w, std::vector<double> h, const NmfSpec& spec,
                 const CancelToken* cancel, const std::function<void(size_t done, size_t total)>& progress);

}  // namespace boreal
