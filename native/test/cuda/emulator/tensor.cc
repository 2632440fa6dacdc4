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
void AsyncGroups::advance(size_t count) {
  const auto some_of = [&](Group& group) {
    for (; count > 0 && !group.empty(); --count) {
      group.front()();
      group.pop_front();
    }
  };
  for (Group& group : groups_) some_of(group);
  some_of(open_);
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

}  // namespace emulator
