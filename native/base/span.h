// Values that somebody else owns; C++17 has no std::span.
#pragma once

#include <cstddef>

namespace boreal {

template <typename T>
struct Span {
  const T* data = nullptr;
  size_t size = 0;
  const T& operator[](size_t i) const { return data[i]; }
  const T* begin() const { return data; }
  const T* end() const { return data + size; }
};

}  // namespace boreal
