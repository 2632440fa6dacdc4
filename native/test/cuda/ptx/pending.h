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
  void add(std::function<void()> work) {
    open_.push_back(std::move(work));
    ++begun_;
  }
  // What is open is a group now, with a stamp.
  void commit(uint32_t stamp) {
    groups_.push_back({std::move(open_), stamp, begun_});
    open_.clear();
    begun_ = 0;
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
  // Whether there is work that nobody has waited for, done or not.
  bool left() const {
    for (const auto& group : groups_) {
      if (group.begun > 0) return true;
    }
    return begun_ > 0;
  }
  void clear() {
    groups_.clear();
    open_.clear();
    begun_ = 0;
  }

 private:
  using Work = std::deque<std::function<void()>>;
  struct Group {
    Work work;
    uint32_t stamp;
    size_t begun;
  };
  static void some_of(Work& group, size_t& count) {
    for (; count > 0 && !group.empty(); --count) {
      group.front()();
      group.pop_front();
    }
  }
  Work open_;
  size_t begun_ = 0;  // and done, maybe
  std::deque<Group> groups_;
};

}  // namespace ptx
}  // namespace emulator
