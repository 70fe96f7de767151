#pragma once

#include <memory>

#include "testing/contracts/store_under_test.h"

namespace interconnect::testing {

std::unique_ptr<StoreUnderTest> make_fake_under_test();

}  // namespace interconnect::testing
