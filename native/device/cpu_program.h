// Prepares a Plan for the CPU with the given kernel table (kernels() unless a test says otherwise).
#pragma once

#include <memory>

#include "device/program.h"
#include "kernels/kernels.h"

namespace boreal {

// The plan's constants are copied or packed: they need not outlive this call.
template <typename T>
std::unique_ptr<Program<T>> prepare_cpu(const Plan& plan, const Kernels& kernels);

}  // namespace boreal
