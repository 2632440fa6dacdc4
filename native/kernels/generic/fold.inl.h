// Folds of rows and columns. A fold is a state per lane: step takes a vector in, join puts two states
// together, value makes one number of the lanes. `p` is the fold's parameter, `fill` a value that changes no
// state.
#pragma once

#include "kernels/generic/unroll.h"
#include "kernels/generic/vector_math.inl.h"
#include "kernels/kernels.h"

namespace boreal {
namespace {

// Sum of term(x, p).
template <typename T, typename Term>
struct SumFold {
  using State = Vec<T>;
  static constexpr size_t kChains = 8;
  State start() const { return broadcast(T(0)); }
  Vec<T> fill(Vec<T>) const { return broadcast(T(0)); }
  State step(State s, Vec<T> x, Vec<T> p) const { return Term::add(s, x, p); }
  State join(State a, State b) const { return a + b; }
  Vec<T> lanes(State s, size_t) const { return s; }
  T value(State s, size_t) const { return reduce_add(s); }
};
struct Plain {
  template <typename V>
  static V add(V s, V x, V) {
    return s + x;
  }
};
struct Absolute {
  template <typename V>
  static V add(V s, V x, V) {
    return s + abs(x);
  }
};
struct ScaledSquare {
  template <typename V>
  static V add(V s, V x, V p) {
    const V scaled = x * p;
    return fma(scaled, scaled, s);
  }
};

template <typename T>
struct DeviationFold {
  struct State {
    Vec<T> sum, squares;
  };
  static constexpr size_t kChains = 4;
  State start() const { return {broadcast(T(0)), broadcast(T(0))}; }
  Vec<T> fill(Vec<T> p) const { return p; }
  State step(State s, Vec<T> x, Vec<T> p) const {
    const Vec<T> d = x - p;
    return {s.sum + d, fma(d, d, s.squares)};
  }
  State join(State a, State b) const { return {a.sum + b.sum, a.squares + b.squares}; }
  Vec<T> lanes(State s, size_t count) const {
    return s.squares - s.sum * (s.sum / broadcast(static_cast<T>(count)));
  }
  T value(State s, size_t count) const {
    const T sum = reduce_add(s.sum);
    return reduce_add(s.squares) - sum * (sum / static_cast<T>(count));
  }
};

template <typename T>
struct ProductFold {
  using State = Vec<T>;
  static constexpr size_t kChains = 8;
  State start() const { return broadcast(T(1)); }
  Vec<T> fill(Vec<T>) const { return broadcast(T(1)); }
  State step(State s, Vec<T> x, Vec<T>) const { return s * x; }
  State join(State a, State b) const { return a * b; }
  Vec<T> lanes(State s, size_t) const { return s; }
  T value(State s, size_t) const {
    T each[Vec<T>::kLanes], product = 1;
    store(each, s);
    for (T factor : each) product *= factor;
    return product;
  }
};

// The comparison of the machine forgets a NaN at the next step, so the lanes that met one are kept beside it.
template <typename T, typename Order>
struct ExtremeFold {
  struct State {
    Vec<T> best;
    decltype(is_nan(Vec<T>{})) nan;
  };
  static constexpr size_t kChains = 4;
  State start() const {
    const Vec<T> worst = broadcast(Order::template worst<T>());
    return {worst, is_nan(worst)};
  }
  Vec<T> fill(Vec<T>) const { return broadcast(Order::template worst<T>()); }
  State step(State s, Vec<T> x, Vec<T>) const {
    return {Order::better(s.best, Order::key(x)), either(s.nan, is_nan(x))};
  }
  State join(State a, State b) const { return {Order::better(a.best, b.best), either(a.nan, b.nan)}; }
  Vec<T> lanes(State s, size_t) const { return select(s.nan, broadcast(ExpConstants<T>::kNan), s.best); }
  T value(State s, size_t) const {
    return lane_bits(s.nan) != 0 ? ExpConstants<T>::kNan : Order::reduce(s.best);
  }
};
struct Smallest {
  template <typename T>
  static constexpr T worst() {
    return ExpConstants<T>::kInfinity;
  }
  template <typename V>
  static V key(V x) {
    return x;
  }
  template <typename V>
  static V better(V a, V b) {
    return min(a, b);
  }
  template <typename V>
  static auto reduce(V a) {
    return reduce_min(a);
  }
};
struct Largest {
  template <typename T>
  static constexpr T worst() {
    return -ExpConstants<T>::kInfinity;
  }
  template <typename V>
  static V key(V x) {
    return x;
  }
  template <typename V>
  static V better(V a, V b) {
    return max(a, b);
  }
  template <typename V>
  static auto reduce(V a) {
    return reduce_max(a);
  }
};
struct LargestAbsolute : Largest {
  template <typename T>
  static constexpr T worst() {
    return 0;
  }
  template <typename V>
  static V key(V x) {
    return abs(x);
  }
};

// body(fold)
template <typename T, typename F>
inline void with_fold(Fold kind, F body) {
  switch (kind) {
    case Fold::kSum:
      return body(SumFold<T, Plain>{});
    case Fold::kSumAbs:
      return body(SumFold<T, Absolute>{});
    case Fold::kSumSquares:
      return body(SumFold<T, ScaledSquare>{});
    case Fold::kSumDeviations:
      return body(DeviationFold<T>{});
    case Fold::kProduct:
      return body(ProductFold<T>{});
    case Fold::kMin:
      return body(ExtremeFold<T, Smallest>{});
    case Fold::kMax:
      return body(ExtremeFold<T, Largest>{});
    case Fold::kMaxAbs:
      return body(ExtremeFold<T, LargestAbsolute>{});
  }
}

constexpr size_t kLeafSteps = 16;  // of each chain, before chains are joined
// A row that may come from memory is asked for this many bytes ahead: the hardware's prefetcher stops at the
// end of each page. In the caches it would only cost.
constexpr size_t kFarRow = 16 << 10, kAheadBytes = 2 << 10;

template <size_t kCount, typename F, typename State>
inline State join_chains(const F& fold, const State* chain) {
  if constexpr (kCount == 1) {
    return chain[0];
  } else {
    return fold.join(join_chains<kCount / 2>(fold, chain), join_chains<kCount / 2>(fold, chain + kCount / 2));
  }
}

// `steps` times one vector for each chain.
template <typename T, typename F>
inline typename F::State fold_steps(const F& fold, const T* x, size_t steps, Vec<T> p, bool far) {
  constexpr size_t kLanes = Vec<T>::kLanes, kChains = F::kChains, kLine = 64 / sizeof(T);
  typename F::State chain[kChains];
  BOREAL_UNROLL
  for (size_t c = 0; c < kChains; ++c) chain[c] = fold.start();
  for (; steps > 0; --steps, x += kChains * kLanes) {
    if (far) {
      BOREAL_UNROLL
      for (size_t at = 0; at < kChains * kLanes; at += kLine) prefetch(x + kAheadBytes / sizeof(T) + at);
    }
    BOREAL_UNROLL
    for (size_t c = 0; c < kChains; ++c) chain[c] = fold.step(chain[c], load(x + c * kLanes), p);
  }
  return join_chains<kChains>(fold, chain);
}

// Leaves of kLeafSteps are joined as a binary counter counts: two of equal size make one of twice the size.
template <typename T, typename F>
inline T fold_row(const F& fold, const T* x, size_t n, Vec<T> p) {
  constexpr size_t kLanes = Vec<T>::kLanes, kStep = F::kChains * kLanes, kLeaf = kLeafSteps * kStep;
  typename F::State pending[8 * sizeof(size_t)];
  const bool far = n >= kFarRow;
  size_t height = 0, at = 0;
  for (size_t leaves = 0; at + kLeaf <= n; at += kLeaf, ++leaves) {
    typename F::State state = fold_steps(fold, x + at, kLeafSteps, p, far);
    for (size_t bits = leaves; (bits & 1) != 0; bits >>= 1) state = fold.join(pending[--height], state);
    pending[height++] = state;
  }
  const size_t steps = (n - at) / kStep;
  typename F::State state = fold_steps(fold, x + at, steps, p, far);
  for (at += steps * kStep; at + kLanes <= n; at += kLanes) state = fold.step(state, load(x + at), p);
  if (at < n) state = fold.step(state, load(x + at, n - at, fold.fill(p)), p);
  while (height > 0) state = fold.join(pending[--height], state);
  return fold.value(state, n);
}

template <typename T>
void fold_rows(Fold kind, const T* x, size_t xs, size_t rows, size_t cols, const T* parameters,
               T* y) noexcept {
  with_fold<T>(kind, [&](auto fold) {
    for (size_t i = 0; i < rows; ++i) {
      const Vec<T> p = broadcast(parameters != nullptr ? parameters[i] : T(0));
      y[i] = fold_row(fold, x + i * xs, cols, p);
    }
  });
}

// Columns go in chunks whose states stay in the L1 cache while the rows pass.
template <typename T>
void fold_cols(Fold kind, const T* x, size_t xs, size_t rows, size_t cols, const T* parameters,
               T* y) noexcept {
  constexpr size_t kLanes = Vec<T>::kLanes, kChunk = 64, kGroup = 8;
  with_fold<T>(kind, [&](auto fold) {
    using State = typename decltype(fold)::State;
    State states[kChunk];
    Vec<T> p[kChunk];
    for (size_t first = 0; first < cols; first += kChunk * kLanes) {
      const size_t count = cols - first < kChunk * kLanes ? cols - first : kChunk * kLanes;
      const size_t vectors = count / kLanes, rest = count % kLanes;
      for (size_t v = 0; v < kChunk; ++v) {
        states[v] = fold.start();
        p[v] = broadcast(T(0));
      }
      if (parameters != nullptr) {
        for (size_t v = 0; v < vectors; ++v) p[v] = load(parameters + first + v * kLanes);
        if (rest > 0) p[vectors] = load(parameters + first + vectors * kLanes, rest, p[vectors]);
      }
      for (size_t i = 0; i < rows; i += kGroup) {
        const size_t group = rows - i < kGroup ? rows - i : kGroup;
        const T* row = x + i * xs + first;
        const auto take = [&](size_t v, auto at) {
          State state = fold.start();
          if (group == kGroup) {
            BOREAL_UNROLL
            for (size_t r = 0; r < kGroup; ++r) state = fold.step(state, at(row + r * xs + v * kLanes), p[v]);
          } else {
            for (size_t r = 0; r < group; ++r) state = fold.step(state, at(row + r * xs + v * kLanes), p[v]);
          }
          states[v] = fold.join(states[v], state);
        };
        for (size_t v = 0; v < vectors; ++v) take(v, [](const T* from) { return load(from); });
        if (rest > 0) {
          take(vectors, [&](const T* from) { return load(from, rest, fold.fill(p[vectors])); });
        }
      }
      for (size_t v = 0; v < vectors; ++v) store(y + first + v * kLanes, fold.lanes(states[v], rows));
      if (rest > 0) store(y + first + vectors * kLanes, fold.lanes(states[vectors], rows), rest);
    }
  });
}

}  // namespace
}  // namespace boreal
