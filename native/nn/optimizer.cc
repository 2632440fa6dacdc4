#include "nn/optimizer.h"

#include <cmath>

#include "base/error.h"

namespace boreal {
namespace nn {
namespace {

UpdateKind kind_of(const Optimizer& o) {
  switch (o.kind) {
    case OptimizerKind::kSgd:
      return o.momentum == 0 ? UpdateKind::kPlain : UpdateKind::kMomentum;
    case OptimizerKind::kRmsprop:
      if (o.centred) {
        return o.momentum == 0 ? UpdateKind::kRmspropCentred : UpdateKind::kRmspropCentredMomentum;
      }
      return o.momentum == 0 ? UpdateKind::kRmsprop : UpdateKind::kRmspropMomentum;
    case OptimizerKind::kAdagrad:
      return UpdateKind::kAdagrad;
    default:
      return o.amsgrad ? UpdateKind::kAmsgrad : UpdateKind::kAdam;
  }
}

float narrow(double x) { return static_cast<float>(x); }

// v = a v + b g;  w += c v + d g
void set_momentum(const Optimizer& o, double rate, uint64_t step, UpdateTask& task) {
  task.c[0] = narrow(o.momentum);
  if (o.rate_in_velocity) {
    task.c[1] = narrow(-rate);
    task.c[2] = narrow(o.nesterov ? o.momentum : 1);
    task.c[3] = narrow(o.nesterov ? -rate : 0);
  } else {
    task.c[1] = narrow(step == 1 ? 1 : 1 - o.dampening);  // the first velocity is the gradient itself
    task.c[2] = narrow(o.nesterov ? -rate * o.momentum : -rate);
    task.c[3] = narrow(o.nesterov ? -rate : 0);
  }
}

void set_rmsprop(const Optimizer& o, double rate, UpdateTask& task) {
  const bool momentum = o.momentum != 0;
  task.c[0] = narrow(o.rho);
  task.c[1] = narrow(1 - o.rho);
  task.c[2] = narrow(momentum && !o.rate_in_velocity ? 1 : rate);
  task.c[3] = narrow(o.momentum);
  task.c[5] = narrow(o.rate_in_velocity ? 1 : rate);
}

void set_adam(const Optimizer& o, double rate, uint64_t step, UpdateTask& task) {
  const double t = static_cast<double>(step);
  const double rest1 = 1 - std::pow(o.beta1, t), root2 = std::sqrt(1 - std::pow(o.beta2, t));
  task.c[0] = narrow(o.beta1);
  task.c[1] = narrow(1 - o.beta1);
  task.c[2] = narrow(o.beta2);
  task.c[3] = narrow(1 - o.beta2);
  task.c[5] = narrow(o.epsilon_hat ? rate * root2 / rest1 : rate / rest1);
  task.c[6] = narrow(o.epsilon_hat ? 1 : 1 / root2);
}

void require(bool holds, const char* message) {
  if (!holds) throw Error("ERR_PARAMETER", message);
}

}  // namespace

size_t Optimizer::slots() const {
  switch (kind_of(*this)) {
    case UpdateKind::kPlain:
      return 0;
    case UpdateKind::kMomentum:
    case UpdateKind::kRmsprop:
    case UpdateKind::kAdagrad:
      return 1;
    case UpdateKind::kRmspropMomentum:
    case UpdateKind::kRmspropCentred:
    case UpdateKind::kAdam:
      return 2;
    default:
      return 3;
  }
}

size_t Optimizer::slot(size_t k) const {
  return k == 1 && kind_of(*this) == UpdateKind::kRmspropCentred ? 2 : k;
}

UpdateTask Optimizer::task(double rate, uint64_t step) const {
  UpdateTask task{};
  task.kind = kind_of(*this);
  task.epsilon = narrow(epsilon);
  task.epsilon_in_root = epsilon_hat;
  task.shrink = narrow(1 - rate * weight_decay);
  switch (kind) {
    case OptimizerKind::kSgd:
      if (momentum == 0) {
        task.c[1] = narrow(-rate);
      } else {
        set_momentum(*this, rate, step, task);
      }
      break;
    case OptimizerKind::kRmsprop:
      set_rmsprop(*this, rate, task);
      break;
    case OptimizerKind::kAdagrad:
      task.c[2] = narrow(rate);
      break;
    default:
      set_adam(*this, rate, step, task);
  }
  return task;
}

void Optimizer::check() const {
  require(momentum >= 0 && momentum <= 1, "momentum must be from 0 to 1.");
  require(dampening >= 0 && dampening <= 1, "dampening must be from 0 to 1.");
  require(rho >= 0 && rho <= 1, "rho must be from 0 to 1.");
  require(beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1, "beta1 and beta2 must be in [0, 1).");
  require(epsilon >= 0 && std::isfinite(epsilon), "epsilon must be finite and >= 0.");
  require(initial_accumulator >= 0 && std::isfinite(initial_accumulator),
          "initialAccumulator must be finite and >= 0.");
  require(weight_decay >= 0 && std::isfinite(weight_decay), "weightDecay must be finite and >= 0.");
}

}  // namespace nn
}  // namespace boreal
