// What an Error is called.
#pragma once

#include <string>

#include "base/error.h"

namespace boreal {
namespace test {

// The code of the Error that `work` throws, or "none".
template <typename Work>
std::string error_code(const Work& work) {
  try {
    work();
  } catch (const Error& error) {
    return error.code();
  }
  return "none";
}

}  // namespace test
}  // namespace boreal
