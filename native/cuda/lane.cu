#include <algorithm>
#include <cstring>

#include "cuda/lane.cuh"

namespace boreal {
namespace cuda {
namespace {

constexpr size_t kMostRecorded = 16;

}  // namespace

uint64_t bucket_of(uint64_t rows, uint64_t most) {
  uint64_t bucket = 1;
  while (bucket < rows) bucket *= 2;
  return std::min(bucket, most);
}

Lane::Lane(const LoadedPlan& plan, uint64_t capacity) : plan_(plan), capacity_(capacity) {
  size_t total = aligned(sizeof(Refusal));
  std::vector<size_t> offsets;
  for (const uint64_t row_bytes : plan.row_bytes) {
    offsets.push_back(total);
    total += aligned(row_bytes * capacity);
  }
  size_t scratch = 0;
  for (const LibraryChoice& choice : plan.choices) {
    if (choice.product != nullptr) scratch = std::max(scratch, choice.product->scratch_bytes(capacity));
  }
  buffers_ = DeviceMemory(total + scratch);
  scratch_ = buffers_.data() + total;
  refusal_ = buffers_.as<Refusal>();
  for (const size_t offset : offsets) places_.push_back(buffers_.data() + offset);

  const size_t in = aligned(plan.input_width * sizeof(float) * capacity);
  const size_t out = aligned(plan.output_width * sizeof(float) * capacity);
  staging_ = PinnedMemory(in + out + sizeof(Refusal));
  staged_in_ = staging_.as<float>();
  staged_out_ = reinterpret_cast<float*>(staging_.data() + in);
  staged_refusal_ = reinterpret_cast<Refusal*>(staging_.data() + in + out);
  plan.lane_bytes += buffers_.bytes();
}

Lane::~Lane() { plan_.lane_bytes -= buffers_.bytes(); }

void Lane::enqueue_steps(uint64_t rows) {
  for (size_t i = 0; i < plan_.steps.size(); ++i) {
    const StepCall call{plan_.steps[i],
                        places_.data(),
                        plan_.arena.data(),
                        static_cast<uint32_t>(rows),
                        static_cast<uint32_t>(capacity_),
                        refusal_,
                        stream_};
    const LibraryProduct* const product = plan_.choices.empty() ? nullptr : plan_.choices[i].product.get();
    if (product != nullptr) {
      product->run(call, scratch_);
    } else {
      run_step(call);
    }
  }
}

void Lane::compute(uint64_t rows, uint32_t repeats) {
  for (uint32_t i = 0; i < repeats; ++i) enqueue_steps(rows);
  stream_.wait("running a plan");
}

void Lane::enqueue(uint64_t rows) {
  stream_.upload(static_cast<float*>(places_[0]), staged_in_, rows * plan_.input_width);
  check(cudaMemsetAsync(refusal_, 0xff, sizeof(Refusal), stream_), "clearing memory");
  enqueue_steps(rows);
  stream_.download(staged_out_, static_cast<const float*>(places_[1]), rows * plan_.output_width);
  stream_.download(staged_refusal_, refusal_, 1);
}

const Recording* Lane::recorded(uint64_t rows) {
  for (const Recorded& known : recorded_) {
    if (known.rows == rows) return &known.pass;
  }
  if (recorded_.size() == kMostRecorded) return nullptr;
  if (std::find(met_.begin(), met_.end(), rows) == met_.end()) {
    if (met_.size() == kMostRecorded) met_.erase(met_.begin());
    met_.push_back(rows);
    return nullptr;
  }
  recorded_.push_back({rows, Recording(stream_, [&] { enqueue(rows); })});
  return &recorded_.back().pass;
}

void Lane::start(const float* x, uint64_t rows, uint64_t first_row) {
  std::memcpy(staged_in_, x, rows * plan_.input_width * sizeof(float));
  const Recording* const pass = rows <= kRecordedRows ? recorded(rows) : nullptr;
  if (pass != nullptr) {
    pass->start(stream_);
  } else {
    enqueue(rows);
  }
  rows_ = rows;
  first_row_ = first_row;
}

Refusal Lane::finish(float* out) {
  const uint64_t rows = rows_;
  rows_ = 0;
  stream_.wait("running a plan");
  std::memcpy(out, staged_out_, rows * plan_.output_width * sizeof(float));
  return *staged_refusal_;
}

}  // namespace cuda
}  // namespace boreal
