// Work that the hardware does beside a thread, in groups that the thread may wait for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <utility>

namespace emulator {
namespace ptx {

class Pending {
 public:
  void add(std::function<void()> work) { open_.push_back(std::move(work)); }
  // What is open is a group now, with a stamp.
  void commit(uint32_t stamp) {
    groups_.push_back({std::move(open_), stamp});
    open_.clear();
  }
  // Does all but the latest groups; the stamp of the last that is done, or 0.
  uint32_t wait(size_t left) {
    uint32_t stamp = 0;
    for (; groups_.size() > left; groups_.pop_front()) {
      for (auto& work : groups_.front().work) work();
      stamp = groups_.front().stamp;
    }
    return stamp;
  }
  // Does so much of the oldest work.
  void advance(size_t count) {
    for (auto& group : groups_) some_of(group.work, count);
    some_of(open_, count);
  }
  bool empty() const {
    for (const auto& group : groups_) {
      if (!group.work.empty()) return false;
    }
    return open_.empty();
  }
  void clear() {
    groups_.clear();
    open_.clear();
  }

 private:
  using Work = std::deque<std::function<void()>>;
  struct Group {
    Work work;
    uint32_t stamp;
  };
  static void some_of(Work& group, size_t& count) {
    for (; count > 0 && !group.empty(); --count) {
      group.front()();
      group.pop_front();
    }
  }
  Work open_;
  std::deque<Group> groups_;
};

}  // namespace ptx
}  // namespace emulator
