#include "adapters/env_config/process_environment.h"

#include <cstdlib>

#include "gtest/gtest.h"

namespace interconnect {
namespace {

constexpr char kVariable[] = "INTERCONNECT_PROCESS_ENVIRONMENT_TEST";

TEST(ProcessEnvironmentTest, TellsUnsetFromEmpty) {
  const ProcessEnvironment environment;
  unsetenv(kVariable);
  EXPECT_EQ(environment.get(kVariable), std::nullopt);
  setenv(kVariable, "", 1);
  EXPECT_EQ(environment.get(kVariable), "");
  setenv(kVariable, " a=b ", 1);
  EXPECT_EQ(environment.get(kVariable), " a=b ");
}

}  // namespace
}  // namespace interconnect
