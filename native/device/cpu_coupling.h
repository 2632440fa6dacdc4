// Pairwise coupling: class probabilities p from pair probabilities r_ab = P(a | a or b), as the minimum of
// sum_{a != b} (r_ba p_a - r_ab p_b)^2 with sum p = 1. Wu, Lin and Weng (2004), algorithm 2 of section 4: one
// coordinate after another, normalising after each; stops when the optimality condition holds within 0.005 /
// k.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>

#include "device/cpu_op.h"

namespace boreal {

template <typename T>
class CpuCoupling final : public CpuOp<T> {
 public:
  CpuCoupling(const CouplingOp& op, const OpPlace& place)
      : classes_(op.classes), input_(place.input()), width_(place.input_width()) {}

  void run(const TileCall<T>& call) const override {
    T* q = reinterpret_cast<T*>(call.scratch);
    for (size_t i = 0; i < call.rows; ++i) {
      couple(call.slots[input_] + i * width_, q, q + classes_ * classes_, call.out + i * classes_);
    }
  }
  size_t scratch_bytes(size_t /*rows*/) const override { return (classes_ + 1) * classes_ * sizeof(T); }
  double row_cost_ns() const override {
    return 20 + 30 * static_cast<double>(classes_) * static_cast<double>(classes_);
  }
  std::string details() const override { return std::to_string(classes_) + " classes"; }

 private:
  // pairs [width], q [classes, classes] and qp [classes] scratch, p [classes] the result.
  void couple(const T* pairs, T* q, T* qp, T* p) const {
    const size_t k = classes_;
    std::fill_n(q, k * k, T(0));
    for (size_t a = 0; a < k; ++a) {
      for (size_t b = a + 1; b < k; ++b) {
        const T r_ab = *pairs++, r_ba = 1 - r_ab;
        q[a * k + a] += r_ba * r_ba;
        q[b * k + b] += r_ab * r_ab;
        q[a * k + b] = q[b * k + a] = -r_ba * r_ab;
      }
    }
    std::fill_n(p, k, 1 / static_cast<T>(k));
    const T enough = T(0.005) / static_cast<T>(k);
    for (size_t round = 0; round < std::max<size_t>(100, k); ++round) {
      // Anew each time: the updates below gather rounding.
      T pqp = 0, worst = 0;
      for (size_t a = 0; a < k; ++a) {
        qp[a] = 0;
        for (size_t b = 0; b < k; ++b) qp[a] += q[a * k + b] * p[b];
        pqp += p[a] * qp[a];
      }
      for (size_t a = 0; a < k; ++a) worst = std::max(worst, std::abs(qp[a] - pqp));
      if (worst < enough) return;
      for (size_t a = 0; a < k; ++a) {
        const T step = (pqp - qp[a]) / q[a * k + a], shrink = 1 + step;
        p[a] += step;
        pqp = (pqp + step * (step * q[a * k + a] + 2 * qp[a])) / shrink / shrink;
        for (size_t b = 0; b < k; ++b) {
          qp[b] = (qp[b] + step * q[a * k + b]) / shrink;
          p[b] /= shrink;
        }
      }
    }
  }

  size_t classes_, input_, width_;
};

}  // namespace boreal
