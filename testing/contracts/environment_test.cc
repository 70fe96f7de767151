// The contract of ports/environment.h.

#include <cstdlib>
#include <functional>
#include <memory>
#include <string>

#include "adapters/env_config/process_environment.h"
#include "gtest/gtest.h"
#include "testing/fakes/fake_environment.h"

namespace interconnect::testing {
namespace {

constexpr char kVariable[] = "INTERCONNECT_ENVIRONMENT_CONTRACT";

class EnvironmentUnderTest {
 public:
  virtual ~EnvironmentUnderTest() = default;
  virtual const Environment& environment() const = 0;
  virtual void set(const std::string& variable, const std::string& value) = 0;
  virtual void unset(const std::string& variable) = 0;
};

class ProcessUnderTest final : public EnvironmentUnderTest {
 public:
  ~ProcessUnderTest() override { unsetenv(kVariable); }
  const Environment& environment() const override { return environment_; }
  void set(const std::string& variable, const std::string& value) override {
    setenv(variable.c_str(), value.c_str(), 1);
  }
  void unset(const std::string& variable) override { unsetenv(variable.c_str()); }

 private:
  ProcessEnvironment environment_;
};

class FakeUnderTest final : public EnvironmentUnderTest {
 public:
  const Environment& environment() const override { return environment_; }
  void set(const std::string& variable, const std::string& value) override { environment_.set(variable, value); }
  void unset(const std::string& variable) override { environment_.unset(variable); }

 private:
  FakeEnvironment environment_;
};

struct EnvironmentImplementation {
  std::string name;
  std::function<std::unique_ptr<EnvironmentUnderTest>()> make;
};
void PrintTo(const EnvironmentImplementation& implementation, std::ostream* out) { *out << implementation.name; }

class EnvironmentContract : public ::testing::TestWithParam<EnvironmentImplementation> {
 protected:
  const std::unique_ptr<EnvironmentUnderTest> under_test_ = GetParam().make();
  const Environment& environment_ = under_test_->environment();
};

TEST_P(EnvironmentContract, TellsUnsetFromEmpty) {
  under_test_->unset(kVariable);
  EXPECT_EQ(environment_.get(kVariable), std::nullopt);
  under_test_->set(kVariable, "");
  EXPECT_EQ(environment_.get(kVariable), "");
}

TEST_P(EnvironmentContract, GivesTheLastValueAsItIs) {
  under_test_->set(kVariable, "first");
  under_test_->set(kVariable, " a=b ");
  EXPECT_EQ(environment_.get(kVariable), " a=b ");
  under_test_->unset(kVariable);
  EXPECT_EQ(environment_.get(kVariable), std::nullopt);
}

TEST_P(EnvironmentContract, TakesANameThatIsPartOfALongerText) {
  under_test_->set(kVariable, "value");
  const std::string text = std::string(kVariable) + "_AND_MORE";
  EXPECT_EQ(environment_.get(std::string_view(text).substr(0, sizeof kVariable - 1)), "value");
  EXPECT_EQ(environment_.get(text), std::nullopt);
}

INSTANTIATE_TEST_SUITE_P(
    Environments, EnvironmentContract,
    ::testing::Values(EnvironmentImplementation{"Process", [] { return std::make_unique<ProcessUnderTest>(); }},
                      EnvironmentImplementation{"Fake", [] { return std::make_unique<FakeUnderTest>(); }}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace interconnect::testing
