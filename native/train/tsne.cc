#include "train/tsne.h"

#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <type_traits>

#include "base/error.h"
#include "base/thread_pool.h"
#include "train/space_tree.h"
#include "train/tsne_exact.h"

namespace boreal {
namespace {

constexpr size_t kExploration = 250, kCheckEvery = 50;  // iterations
constexpr size_t kLanes = 8;                            // points or neighbours at once
constexpr size_t kRows = 64;                            // rows of a task

// (1 + d^2 / dof)^(-(dof + 1) / 2) of q = 1 / (1 + d^2 / dof): Student's t-distribution. D dimensions have
// max(D - 1, 1) degrees of freedom; D 0: any number, told at run time.
template <size_t D, typename Real>
Real student(Real q, size_t dof) {
  if constexpr (D == 1 || D == 2) return q;
  if constexpr (D == 3) return q * std::sqrt(q);
  Real power = (dof + 1) % 2 == 0 ? Real(1) : std::sqrt(q);
  for (size_t i = 0; i < (dof + 1) / 2; ++i) power *= q;
  return power;
}

template <size_t D>
constexpr size_t freedom(size_t dims) {
  return D == 0 ? std::max<size_t>(dims, 2) - 1 : std::max<size_t>(D, 2) - 1;
}

// How kLanes points [dims, kLanes] are pushed away by others: force [dims, kLanes] and z [kLanes] are sums
// over these, in their order, so that a point's sums don't depend on the points beside it.
template <size_t D, typename Real>
inline void repel(const Real* points, const Real* const* at, const Real* count, size_t others, size_t dims,
                  Real* force, Real* z) {
  const size_t size = D == 0 ? dims : D, dof = freedom<D>(dims);
  const Real inverse = Real(1) / static_cast<Real>(dof);
  for (size_t j = 0; j < others; ++j) {
    Real weight[kLanes] = {};
    for (size_t d = 0; d < size; ++d) {
      for (size_t l = 0; l < kLanes; ++l) {
        const Real gap = points[d * kLanes + l] - at[d][j];
        weight[l] += gap * gap;
      }
    }
    const Real many = count == nullptr ? Real(1) : count[j];
    for (size_t l = 0; l < kLanes; ++l) {
      const Real w = student<D>(Real(1) / (Real(1) + weight[l] * inverse), dof);
      z[l] += many * w;
      weight[l] = many * w * w;
    }
    for (size_t d = 0; d < size; ++d) {
      for (size_t l = 0; l < kLanes; ++l) {
        force[d * kLanes + l] += weight[l] * (points[d * kLanes + l] - at[d][j]);
      }
    }
  }
}

// The same with all sums of known size in registers.
template <size_t D, typename Real>
void repel_known(const Real* points, const Real* const* at, const Real* count, size_t others, Real* force,
                 Real* z) {
  Real here[D * kLanes], sums[D * kLanes] = {}, total[kLanes] = {};
  const Real* where[D];
  std::copy(points, points + D * kLanes, here);
  std::copy(at, at + D, where);
  repel<D, Real>(here, where, count, others, D, sums, total);
  std::copy(sums, sums + D * kLanes, force);
  std::copy(total, total + kLanes, z);
}

// What pushes points apart, and its normalisation Z.
class Repulsion {
 public:
  virtual ~Repulsion() = default;
  // Before run, on one thread.
  virtual void prepare(const std::vector<double>& y) = 0;
  // force [n, dims]; returns Z.
  virtual double run(const CancelToken* cancel, std::vector<double>& force) = 0;
};

// By all other points, in double, of any number of dimensions.
class ExactRepulsion final : public Repulsion {
 public:
  ExactRepulsion(size_t n, size_t dims) : n_(n), dims_(dims), at_(dims * n), where_(dims), z_(n) {}

  void prepare(const std::vector<double>& y) override {
    for (size_t d = 0; d < dims_; ++d) {
      where_[d] = at_.data() + d * n_;
      for (size_t i = 0; i < n_; ++i) at_[d * n_ + i] = y[i * dims_ + d];
    }
  }

  double run(const CancelToken* cancel, std::vector<double>& force) override {
    const size_t tasks = (n_ + kLanes - 1) / kLanes;
    ThreadPool::instance().parallel_for(tasks, [&](size_t task, size_t) {
      check_cancel(cancel);
      std::vector<double> points(dims_ * kLanes), sums(dims_ * kLanes, 0);
      double z[kLanes] = {};
      const size_t first = task * kLanes, count = std::min(kLanes, n_ - first);
      for (size_t d = 0; d < dims_; ++d) {
        for (size_t l = 0; l < kLanes; ++l) {
          points[d * kLanes + l] = at_[d * n_ + first + std::min(l, count - 1)];
        }
      }
      repel<0, double>(points.data(), where_.data(), nullptr, n_, dims_, sums.data(), z);
      for (size_t l = 0; l < count; ++l) {
        z_[first + l] = z[l] - 1;  // without the point itself
        for (size_t d = 0; d < dims_; ++d) force[(first + l) * dims_ + d] = sums[d * kLanes + l];
      }
    });
    double total = 0;
    for (const double z : z_) total += z;
    return total;
  }

 private:
  size_t n_, dims_;
  std::vector<double> at_;
  std::vector<const double*> where_;
  std::vector<double> z_;
};

// By far points together. Groups of close points share one list of what acts on them, which holds at least
// what the angle asks for each of them.
template <size_t D>
class TreeRepulsion final : public Repulsion {
 public:
  TreeRepulsion(size_t n, double angle) : angle_(static_cast<float>(angle)), points_(n * D) {}

  void prepare(const std::vector<double>& y) override {
    for (size_t i = 0; i < y.size(); ++i) points_[i] = static_cast<float>(y[i]);
    tree_.build(points_.data(), y.size() / D);
  }

  double run(const CancelToken* cancel, std::vector<double>& force) override {
    const auto& groups = tree_.groups();
    constexpr size_t kGroups = 8;
    z_.assign(groups.size(), 0);
    ThreadPool::instance().parallel_for((groups.size() + kGroups - 1) / kGroups, [&](size_t task, size_t) {
      check_cancel(cancel);
      Attractors<D> found;
      for (size_t g = task * kGroups; g < std::min(groups.size(), (task + 1) * kGroups); ++g) {
        tree_.attractors(groups[g], angle_, found);
        z_[g] = push(groups[g], found, force);
      }
    });
    double total = 0;
    for (const double z : z_) total += z;
    return total;
  }

 private:
  double push(const typename SpaceTree<D>::Group& group, const Attractors<D>& found,
              std::vector<double>& force) const {
    const float* where[D];
    for (size_t d = 0; d < D; ++d) where[d] = found.at[d].data();
    double total = 0;
    for (size_t first = group.begin; first < group.end; first += kLanes) {
      const size_t count = std::min(kLanes, group.end - first);
      float points[D * kLanes], sums[D * kLanes], z[kLanes];
      for (size_t l = 0; l < kLanes; ++l) {
        const auto& point = tree_.sorted()[first + std::min(l, count - 1)];
        for (size_t d = 0; d < D; ++d) points[d * kLanes + l] = point[d];
      }
      repel_known<D, float>(points, where, found.count.data(), found.count.size(), sums, z);
      for (size_t l = 0; l < count; ++l) {
        total += static_cast<double>(z[l]) - 1;  // without the point itself
        double* const to = force.data() + static_cast<size_t>(tree_.order()[first + l]) * D;
        for (size_t d = 0; d < D; ++d) to[d] = static_cast<double>(sums[d * kLanes + l]);
      }
    }
    return total;
  }

  float angle_;
  std::vector<float> points_;
  SpaceTree<D> tree_;
  std::vector<double> z_;
};

class Descent {
 public:
  Descent(const RowGraph& p, std::vector<double> start, const TsneParams& params, const CancelToken* cancel)
      : p_(p),
        n_(p.rows()),
        dims_(params.components),
        params_(params),
        cancel_(cancel),
        y_(std::move(start)),
        update_(y_.size()),
        gains_(y_.size()),
        attraction_(y_.size()),
        repulsion_(y_.size()) {
    if (dims_ > 3) {
      pushes_ = std::make_unique<ExactRepulsion>(n_, dims_);
      pulls_ = [this](size_t first, size_t end) { pull<0>(first, end); };
    } else if (params.exact) {
      exact_ = std::make_unique<ExactForces>(p, dims_);
    } else {
      if (dims_ == 1) use_tree<1>();
      if (dims_ == 2) use_tree<2>();
      if (dims_ == 3) use_tree<3>();
    }
  }

  TsneLayout run(const std::function<void(size_t, size_t)>& progress) {
    progress_ = &progress;
    const size_t last =
        stage(0, std::min(kExploration, params_.max_iter), params_.early_exaggeration, 0.5, kExploration);
    iterations_ = static_cast<double>(last);
    if (last + 1 < params_.max_iter) {
      iterations_ = static_cast<double>(stage(last + 1, params_.max_iter, 1, 0.8, params_.without_progress));
    }
    return {std::move(y_), error_, iterations_};
  }

 private:
  template <size_t D>
  void use_tree() {
    pushes_ = std::make_unique<TreeRepulsion<D>>(n_, params_.angle);
    pulls_ = [this](size_t first, size_t end) { pull<D>(first, end); };
  }

  // Iterations [from, to) of gradient descent with momentum and gains (Jacobs, 1988); returns the last one.
  size_t stage(size_t from, size_t to, double exaggeration, double momentum, size_t patience) {
    std::fill(update_.begin(), update_.end(), 0.0);
    std::fill(gains_.begin(), gains_.end(), 1.0);
    double best = std::numeric_limits<double>::max();
    size_t best_at = from;
    for (size_t i = from; i < to; ++i) {
      const bool checks = (i + 1) % kCheckEvery == 0;
      const double norm = step(exaggeration, momentum, checks || i + 1 == to);
      if (*progress_) (*progress_)(i + 1, params_.max_iter);
      if (!checks) continue;
      if (error_ < best) {
        best = error_;
        best_at = i;
      } else if (i - best_at > patience) {
        return i;
      }
      if (norm <= params_.min_grad_norm) return i;
    }
    return to - 1;
  }

  // Of all points; returns Z.
  double find_forces() {
    if (exact_) return exact_->run(y_, cancel_, attraction_, repulsion_);
    const size_t tasks = (n_ + kRows - 1) / kRows;
    ThreadPool::instance().parallel_for(tasks + 1, [&](size_t task, size_t) {
      check_cancel(cancel_);
      if (task == 0) return pushes_->prepare(y_);
      const size_t first = (task - 1) * kRows;
      pulls_(first, std::min(n_, first + kRows));
    });
    return pushes_->run(cancel_, repulsion_);
  }

  // One move against the gradient; returns the norm of the move's direction.
  double step(double exaggeration, double momentum, bool measures) {
    const double z = std::max(find_forces(), std::numeric_limits<double>::epsilon());
    if (measures) error_ = divergence(exaggeration, z);
    const double dof = static_cast<double>(freedom<0>(dims_)), scale = 2 * (dof + 1) / dof;
    double square = 0;
    for (size_t k = 0; k < y_.size(); ++k) {
      double gradient = scale * (exaggeration * attraction_[k] - repulsion_[k] / z);
      gains_[k] = std::max(update_[k] * gradient < 0 ? gains_[k] + 0.2 : gains_[k] * 0.8, 0.01);
      gradient *= gains_[k];
      square += gradient * gradient;
      update_[k] = momentum * update_[k] - params_.learning_rate * gradient;
      y_[k] += update_[k];
    }
    // Squares of what the tree holds as float must be finite.
    if (!(square < std::numeric_limits<double>::infinity()) ||
        !std::all_of(y_.begin(), y_.end(), [](double value) { return std::fabs(value) < 1e15; })) {
      throw Error("ERR_PARAMETER", "The embedding diverges: learningRate is too large.");
    }
    return std::sqrt(square);
  }

  // sum_j p_ij w_ij (y_i - y_j) of rows [first, end), kLanes neighbours at once.
  template <size_t D>
  void pull(size_t first, size_t end) {
    const size_t size = D == 0 ? dims_ : D, dof = freedom<D>(dims_);
    const double inverse = 1 / static_cast<double>(dof);
    // On the stack where their size is known: nothing else can change them, and they stay in registers.
    std::conditional_t<D == 0, std::vector<double>, std::array<double, D * kLanes>> gaps, sums;
    if constexpr (D == 0) {
      gaps.resize(size * kLanes);
      sums.resize(size * kLanes);
    }
    for (size_t i = first; i < end; ++i) {
      const double* const own = y_.data() + i * size;
      std::fill(sums.begin(), sums.end(), 0.0);
      // Lanes without a neighbour, of which only the last group has some, are the point itself, which does
      // not pull.
      const auto group = [&](size_t e, size_t count, auto full) {
        double weights[kLanes];
        for (size_t l = 0; l < kLanes; ++l) {
          const bool known = full || l < count;
          const double* const other = known ? y_.data() + static_cast<size_t>(p_.columns[e + l]) * size : own;
          weights[l] = known ? p_.weights[e + l] : 0;
          for (size_t d = 0; d < size; ++d) gaps[d * kLanes + l] = own[d] - other[d];
        }
        for (size_t l = 0; l < kLanes; ++l) {
          double square = 0;
          for (size_t d = 0; d < size; ++d) square += gaps[d * kLanes + l] * gaps[d * kLanes + l];
          weights[l] *= student<D>(1 / (1 + square * inverse), dof);
        }
        for (size_t d = 0; d < size; ++d) {
          for (size_t l = 0; l < kLanes; ++l) sums[d * kLanes + l] += weights[l] * gaps[d * kLanes + l];
        }
      };
      size_t e = p_.begin(i);
      for (; e + kLanes <= p_.end(i); e += kLanes) group(e, kLanes, std::true_type());
      if (e < p_.end(i)) group(e, p_.end(i) - e, std::false_type());
      for (size_t d = 0; d < size; ++d) {
        double sum = 0;
        for (size_t l = 0; l < kLanes; ++l) sum += sums[d * kLanes + l];
        attraction_[i * size + d] = sum;
      }
    }
  }

  // sum_ij p_ij log(p_ij / q_ij) with q_ij = w_ij / Z, both at least a small number, as scikit-learn has it.
  double divergence(double exaggeration, double z) const {
    const size_t dof = freedom<0>(dims_), tasks = (n_ + kRows - 1) / kRows;
    std::vector<double> parts(tasks);
    ThreadPool::instance().parallel_for(tasks, [&](size_t task, size_t) {
      for (size_t i = task * kRows; i < std::min(n_, (task + 1) * kRows); ++i) {
        for (size_t e = p_.begin(i); e < p_.end(i); ++e) {
          double square = 0;
          for (size_t d = 0; d < dims_; ++d) {
            const double gap = y_[i * dims_ + d] - y_[static_cast<size_t>(p_.columns[e]) * dims_ + d];
            square += gap * gap;
          }
          const double p = p_.weights[e] * exaggeration;
          const double q = student<0>(1 / (1 + square / static_cast<double>(dof)), dof) / z;
          parts[task] += p * std::log(std::max(p, kLeast) / std::max(q, kLeast));
        }
      }
    });
    double sum = 0;
    for (const double part : parts) sum += part;
    return sum;
  }

  static constexpr double kLeast = std::numeric_limits<float>::min();
  const RowGraph& p_;
  const size_t n_, dims_;
  const TsneParams params_;
  const CancelToken* cancel_;
  const std::function<void(size_t, size_t)>* progress_ = nullptr;
  std::unique_ptr<ExactForces> exact_;  // of up to 3 dimensions; else pulls and pushes
  std::unique_ptr<Repulsion> pushes_;
  std::function<void(size_t, size_t)> pulls_;
  std::vector<double> y_, update_, gains_, attraction_, repulsion_;
  double error_ = 0, iterations_ = 0;
};

}  // namespace

TsneLayout tsne(const RowGraph& affinities, std::vector<double> start, const TsneParams& params,
                const CancelToken* cancel, const std::function<void(size_t, size_t)>& progress) {
  check_graph(affinities);
  if (params.components == 0 || start.size() != affinities.rows() * params.components) {
    throw Error("ERR_SHAPE", "There is not one start for each row.");
  }
  if (!std::all_of(start.begin(), start.end(), [](double value) { return std::fabs(value) < 1e15; })) {
    throw Error("ERR_PARAMETER", "init must be finite numbers below 1e15.");
  }
  if (!params.exact && params.components > 3) {
    throw Error("ERR_PARAMETER", "A tree is for at most 3 components.");
  }
  if (params.max_iter == 0 || !(params.learning_rate > 0) || !(params.early_exaggeration > 0) ||
      !(params.angle >= 0)) {
    throw Error("ERR_PARAMETER", "A parameter of t-SNE is out of range.");
  }
  return Descent(affinities, std::move(start), params, cancel).run(progress);
}

}  // namespace boreal
