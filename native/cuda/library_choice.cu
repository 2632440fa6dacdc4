#include <algorithm>
#include <cstdio>
#include <random>

#include "cuda/lane.cuh"
#include "cuda/library_choice.cuh"
#include "cuda/measure.cuh"

namespace boreal {
namespace cuda {
namespace {

// By so much a library has to be faster: else clocks and neighbours would decide.
constexpr double kMargin = 1.1;
// Different rows of a trial, at most. Their number is odd, so that over a batch each of them stands at many
// places of a tile.
constexpr uint64_t kDifferentRows = 61;
#ifdef __CUDACC__
constexpr int kRepeats = 4;
#else
constexpr int kRepeats = 1;
#endif

// Random rows as the step reads them.
std::vector<unsigned char> random_rows(const BorealCudaStep& step, const LibraryProduct& product,
                                       uint64_t count) {
  const int element = product.operands(nullptr, 0).element;
  const uint32_t bytes = element_bytes(element), columns = step.in_width[0] / product.positions();
  std::vector<unsigned char> rows(count * product.row_bytes());
  std::mt19937 random(1);
  for (uint64_t i = 0; i < count; ++i) {
    for (uint32_t j = 0; j < columns; ++j) {
      const uint32_t drawn = static_cast<uint32_t>(random());
      const float x = static_cast<float>(static_cast<int32_t>(drawn)) * 0x1p-31f;
      const uint32_t bits = element == BOREAL_CUDA_CODE      ? drawn >> 24
                            : element == BOREAL_CUDA_FLOAT32 ? float_bits(x)
                                                             : to_element(element, x);
      for (uint32_t b = 0; b < bytes; ++b) {
        rows[i * product.row_bytes() + j * bytes + b] = static_cast<unsigned char>(bits >> 8 * b);
      }
    }
  }
  return rows;
}

uint32_t* words(const DeviceMemory& memory) { return reinterpret_cast<uint32_t*>(memory.data()); }

std::string failed(const std::string& library, const Failure& failure) {
  return library + " failed: " + failure.what();
}

// A step of a plan on memory of its own.
class Trial {
 public:
  Trial(const LoadedPlan& plan, const BorealCudaStep& step, LibraryProduct* product, uint64_t rows)
      : product_(*product),
        step_(step),
        plan_(plan),
        rows_(std::min(rows, plan.max_rows)),
        capacity_(bucket_of(rows_, plan.max_rows)),
        candidates_(product->algorithms(rows_ * product->positions())) {
    if (candidates_.empty()) return;
    const uint64_t largest = product_.shapes().back();
    const uint64_t room = std::max(capacity_ * product_.positions(), largest);
    const uint64_t sums_bytes = product_.operands(nullptr, largest).n * sizeof(float);
    count_ = std::min<uint64_t>(kDifferentRows, largest / 4 | 1);
    input_ = DeviceMemory(room * product_.row_bytes());
    flipped_ = DeviceMemory(largest * product_.row_bytes());
    output_ = DeviceMemory(capacity_ * plan.row_bytes[step.out]);
    sums_ = DeviceMemory(largest * sums_bytes);
    expected_ = DeviceMemory(count_ * sums_bytes);
    different_ = DeviceMemory(2 * sizeof(uint32_t));
    size_t scratch = 0;
    for (const LtCandidate& candidate : candidates_) {
      product_.choose(candidate);
      scratch = std::max(scratch, product_.scratch_bytes(capacity_));
    }
    scratch_ = DeviceMemory(scratch);
    buffers_.resize(plan.row_bytes.size());
    fill(room);
  }

  // Gives the product the fastest algorithm that does what it should; returns the note of the choice.
  std::string choose(const std::string& library, bool* taken) {
    *taken = false;
    if (candidates_.empty()) return library + " has no algorithm for it";
    const StepCall call{step_,
                        buffers_.data(),
                        plan_.arena.data(),
                        static_cast<uint32_t>(rows_),
                        static_cast<uint32_t>(capacity_),
                        nullptr,
                        stream_};
    const double own = time([&] { run_step(call); });
    std::vector<std::pair<double, const LtCandidate*>> times;
    std::string note = library + " is not faster for " + std::to_string(rows_) + " rows";
    for (const LtCandidate& candidate : candidates_) {
      product_.choose(candidate);
      try {
        const double ns = time([&] { product_.run(call, scratch_.data()); });
        if (ns * kMargin < own) times.emplace_back(ns, &candidate);
      } catch (const Failure& failure) {
        note = failed(library, failure);  // the others may do
      }
    }
    std::sort(times.begin(), times.end());
    for (const auto& [ns, candidate] : times) {
      product_.choose(*candidate);
      try {
        note = check_bits(library);
      } catch (const Failure& failure) {
        note = failed(library, failure);
      }
      *taken = note.empty();
      if (!*taken) continue;
      char text[200];
      std::snprintf(text, sizeof(text), "%s, %.2f times as fast for %llu rows", library.c_str(), own / ns,
                    static_cast<unsigned long long>(rows_));
      return text;
    }
    return note;
  }

 private:
  void fill(uint64_t room) {
    const std::vector<unsigned char> rows = random_rows(step_, product_, count_);
    const DeviceMemory few(rows.size());
    stream_.upload(few.data(), rows.data(), rows.size());
    const uint32_t row_words = product_.row_bytes() / sizeof(uint32_t);
    repeat_rows(words(few), count_, row_words, words(input_), room, stream_);
    buffers_[step_.in[0]] = input_.data();
    buffers_[step_.out] = output_.data();
    factors_ = input_.data();
    const bool codes = product_.operands(nullptr, 0).element == BOREAL_CUDA_CODE;
    if (codes) {
      flip_codes(input_.data(), flipped_.data(), flipped_.bytes(), stream_);
      factors_ = flipped_.data();
    }
    if (codes && step_.c[2] == BOREAL_CUDA_NONE) {
      const uint64_t ranges = capacity_ * product_.positions();
      const BorealCudaCodes range{0x1p-7f, 128};
      ranges_ = DeviceMemory((ranges + 1) * sizeof(range));
      BorealCudaCodes* const all = ranges_.as<BorealCudaCodes>();
      stream_.upload(all + ranges, &range, 1);
      repeat_rows(reinterpret_cast<uint32_t*>(all + ranges), 1, sizeof(range) / sizeof(uint32_t),
                  words(ranges_), ranges, stream_);
      buffers_[step_.in[1]] = ranges_.data();
    }
    stream_.wait("filling memory");
  }

  // What is wrong with the algorithm, or nothing: every shape has to give the rows the same bits wherever
  // they stand, and sums that are near.
  std::string check_bits(const std::string& library) {
    const ProductOperands some = product_.operands(factors_, count_);
    check(cudaMemsetAsync(different_.data(), 0, different_.bytes(), stream_), "clearing memory");
    const std::vector<uint64_t>& shapes = product_.shapes();
    for (auto shape = shapes.rbegin(); shape != shapes.rend(); ++shape) {
      // Not the bits of any number: a row that is left out differs.
      check(cudaMemsetAsync(sums_.data(), 0xff, *shape * some.n * sizeof(float), stream_), "clearing memory");
      product_.multiply(factors_, sums_.data(), *shape, scratch_.data(), stream_);
      if (shape == shapes.rbegin()) {
        check(cudaMemcpyAsync(expected_.data(), sums_.data(), expected_.bytes(), cudaMemcpyDeviceToDevice,
                              stream_),
              "copying results");
        compare_sums(some, expected_.data(), words(different_), stream_);
      }
      compare_rows(words(sums_), *shape, words(expected_), count_, some.n, words(different_) + 1, stream_);
    }
    uint32_t different[2];
    stream_.download(different, words(different_), 2);
    stream_.wait("trying a library");
    if (different[0] > 0) return library + " has other sums";
    if (different[1] > 0) return library + " gives a row other bits in other batches";
    return "";
  }

  // Nanoseconds of work on the stream.
  template <typename F>
  double time(F work) {
    return least_ns([&] {
             for (int i = 0; i < kRepeats; ++i) work();
             stream_.wait("measuring");
           }) /
           kRepeats;
  }

  LibraryProduct& product_;
  const BorealCudaStep& step_;
  const LoadedPlan& plan_;
  const uint64_t rows_, capacity_;
  const std::vector<LtCandidate> candidates_;
  uint64_t count_ = 0;  // different rows
  DeviceMemory input_, ranges_, flipped_, output_, sums_, expected_, different_, scratch_;
  const void* factors_ = nullptr;  // as multiply() takes them
  std::vector<void*> buffers_;
  Stream stream_;
};

LibraryChoice choose(const LoadedPlan& plan, const BorealCudaStep& step, const std::string& name,
                     uint64_t rows) {
  try {
    auto product = std::make_unique<LibraryProduct>(plan.library, step, plan.arena.data(), plan.max_rows);
    bool taken = false;
    std::string note = Trial(plan, step, product.get(), rows).choose(name, &taken);
    if (!taken) product.reset();
    return {std::move(product), std::move(note)};
  } catch (const Failure& failure) {
    return {nullptr, failed(name, failure)};
  }
}

}  // namespace

void choose_libraries(LoadedPlan* plan, uint64_t rows, const char* path) {
  Library& library = plan->library;
  std::string reason = open_cublas_lt(path, &library.lt), name;
  if (reason.empty()) {
    name = name_of(library.lt);
    void* handle = nullptr;
    if (library.lt.create(&handle) == 0) {
      library.handle = LtObject(handle, library.lt.destroy);
    } else {
      reason = name + " does not start";
    }
  }
  for (const BorealCudaStep& step : plan->steps) {
    if (!LibraryProduct::takes(step)) {
      plan->choices.push_back({});
    } else if (!reason.empty()) {
      plan->choices.push_back({nullptr, reason});
    } else {
      plan->choices.push_back(choose(*plan, step, name, rows));
    }
  }
}

}  // namespace cuda
}  // namespace boreal
