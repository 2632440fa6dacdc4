#include <tensor.h>

#include <utility>

namespace emulator {

void AsyncGroups::commit() {
  groups_.push_back(std::move(open_));
  open_.clear();
}
void AsyncGroups::wait(size_t left) {
  const size_t done = groups_.size() > left ? groups_.size() - left : 0;
  for (size_t i = 0; i < done; ++i) {
    for (const auto& work : groups_[i]) work();
  }
  groups_.erase(groups_.begin(), groups_.begin() + static_cast<std::ptrdiff_t>(done));
}
void AsyncGroups::clear() {
  open_.clear();
  groups_.clear();
}

void load_matrices(uint32_t (&r)[4], const void* row) {
  std::memcpy(exchange_of_lane(lane()), &row, sizeof(row));
  wait_for_warp();
  for (unsigned matrix = 0; matrix < 4; ++matrix) {
    const unsigned char* from;
    std::memcpy(&from, exchange_of_lane(matrix * 8 + lane() / 4), sizeof(from));
    std::memcpy(&r[matrix], from + lane() % 4 * 4, 4);
  }
  wait_for_warp();
}

double multiply_words(int element, uint32_t a, uint32_t b) {
  if (element == BOREAL_CUDA_TF32) {
    // The hardware does not look at the last bits.
    return static_cast<double>(boreal::bits_float(a & ~0x1fffu)) *
           static_cast<double>(boreal::bits_float(b & ~0x1fffu));
  }
  double sum = 0;
  for (int shift = 0; shift < 32; shift += 16) {
    const uint32_t x = a >> shift & 0xffff, y = b >> shift & 0xffff;
    sum +=
        element == BOREAL_CUDA_FLOAT16
            ? static_cast<double>(boreal::from_float16(x)) * static_cast<double>(boreal::from_float16(y))
            : static_cast<double>(boreal::from_bfloat16(x)) * static_cast<double>(boreal::from_bfloat16(y));
  }
  return sum;
}

int32_t multiply_codes(uint32_t a, uint32_t b) {
  int32_t sum = 0;
  for (int shift = 0; shift < 32; shift += 8) {
    sum += static_cast<int32_t>(a >> shift & 0xff) * static_cast<int8_t>(b >> shift & 0xff);
  }
  return sum;
}

}  // namespace emulator
