// What the engines of the comparison share: the case to run and its operands, the same numbers for all of
// them. An engine (boreal, oneDNN, OpenBLAS) turns a problem into a task: `run` is what gets timed, `result`
// what the engines have to agree on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include "base/aligned_buffer.h"
#include "base/rng.h"

namespace boreal_bench {

using boreal::AlignedBuffer;

class Problem {
 public:
  std::string op;             // "matmul", "matmul-int8", "add", ..., "svd"
  std::string dtype = "f32";  // "f32" or "f64"
  size_t m = 0, n = 0, k = 0;
  bool packed = false;  // the right operand may be rearranged before the clock starts
  size_t threads = 1;

  // Operand `slot`, made on first use: uniform in [-1, 1), [0, 255] for uint8_t, [-127, 127] for int8_t.
  template <typename T>
  T* operand(int slot, size_t size) const {
    return operand<T>(slot, size, [&](T* values) {
      boreal::Rng rng(7, static_cast<uint64_t>(slot));
      for (size_t i = 0; i < size; ++i) values[i] = random_value<T>(rng);
    });
  }

  // The same with a filling of its own, which is called once whatever engine asks first.
  template <typename T, typename Fill>
  T* operand(int slot, size_t size, Fill fill) const {
    std::shared_ptr<AlignedBuffer<unsigned char>>& buffer = operands_[slot];
    if (!buffer) {
      buffer = std::make_shared<AlignedBuffer<unsigned char>>(size * sizeof(T));
      fill(reinterpret_cast<T*>(buffer->data()));
    }
    if (buffer->size() != size * sizeof(T)) throw std::logic_error("an operand has one type and size");
    return reinterpret_cast<T*>(buffer->data());
  }

 private:
  template <typename T>
  static T random_value(boreal::Rng& rng) {
    if (std::is_same<T, uint8_t>::value) return static_cast<T>(rng.below(256));
    if (std::is_same<T, int8_t>::value) return static_cast<T>(static_cast<int>(rng.below(255)) - 127);
    return static_cast<T>(2 * rng.uniform() - 1);
  }

  mutable std::map<int, std::shared_ptr<AlignedBuffer<unsigned char>>> operands_;
};

struct Task {
  std::function<void()> run;                      // empty: the engine has no such operation
  std::function<std::vector<double>()> result{};  // after run; empty: nothing to compare
};

struct Engine {
  std::string name, version;
  std::function<Task(const Problem&)> prepare;
};

// The values of a buffer as doubles, for Task::result.
template <typename T>
std::vector<double> to_doubles(const T* values, size_t size) {
  return std::vector<double>(values, values + size);
}

Engine boreal_engine();
Engine boreal_f32_engine();  // what an int8 product is held against
#ifdef BOREAL_BENCH_ONEDNN
Engine onednn_engine();
#endif
#ifdef BOREAL_BENCH_OPENBLAS
Engine openblas_engine(size_t threads);
#endif

}  // namespace boreal_bench
