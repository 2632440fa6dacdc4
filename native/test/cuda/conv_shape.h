// Convolutions over square images, for plans.
#pragma once

#include <cstdint>
#include <vector>

namespace boreal {
namespace test {

struct ConvShape {
  int32_t in, channels, filters, kernel, stride = 1, pad = 0, dilation = 1, groups = 1;

  int32_t out() const { return (in + 2 * pad - (kernel - 1) * dilation - 1) / stride + 1; }
  int32_t width() const { return in * in * channels; }
  int32_t outputs() const { return out() * out() * filters; }
  int32_t depth() const { return kernel * kernel * channels / groups; }

  // As nn/layer_code.h has it.
  std::vector<double> code(bool bias) const {
    std::vector<double> numbers = {3, 21};
    for (const int32_t extent :
         {in,  in,       channels, filters, kernel,       kernel, stride, stride, pad, pad, pad,
          pad, dilation, dilation, groups,  bias ? 1 : 0, 1,      0,      0,      0,   0}) {
      numbers.push_back(extent);
    }
    return numbers;
  }
};

}  // namespace test
}  // namespace boreal
