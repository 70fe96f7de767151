// The contract of ports/clock.h.

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "adapters/clock/asio_clock.h"
#include "gtest/gtest.h"
#include "testing/fakes/fake_clock.h"

namespace interconnect::testing {
namespace {

using namespace std::chrono_literals;

class ClockUnderTest {
 public:
  virtual ~ClockUnderTest() = default;
  virtual Clock& clock() = 0;
  // Runs the event loop until nothing is left to do: no alarm that may still ring.
  virtual void run() = 0;
};

class AsioUnderTest final : public ClockUnderTest {
 public:
  Clock& clock() override { return clock_; }
  void run() override {
    io_.restart();
    io_.run();
  }

 private:
  boost::asio::io_context io_;
  AsioClock clock_{io_.get_executor()};
};

class FakeUnderTest final : public ClockUnderTest {
 public:
  Clock& clock() override { return clock_; }
  void run() override {
    while (loop_.run_one()) {
    }
  }

 private:
  FakeEventLoop loop_;
  FakeClock clock_{loop_};
};

struct ClockImplementation {
  std::string name;
  std::function<std::unique_ptr<ClockUnderTest>()> make;
};
void PrintTo(const ClockImplementation& implementation, std::ostream* out) { *out << implementation.name; }

class ClockContract : public ::testing::TestWithParam<ClockImplementation> {
 protected:
  const std::unique_ptr<ClockUnderTest> under_test_ = GetParam().make();
  Clock& clock_ = under_test_->clock();
};

TEST_P(ClockContract, RingsOnceFromTheLoopAndNotBeforeItsTime) {
  const Time when = clock_.now() + 2ms;
  std::vector<Time> rung;
  clock_.set_alarm(when, [&] { rung.push_back(clock_.now()); });
  EXPECT_TRUE(rung.empty()) << "from within set_alarm";
  under_test_->run();
  ASSERT_EQ(rung.size(), 1u);
  EXPECT_GE(rung[0], when);
  under_test_->run();
  EXPECT_EQ(rung.size(), 1u);
}

TEST_P(ClockContract, RingsForATimeThatHasPassed) {
  int rung = 0;
  clock_.set_alarm(clock_.now() - 1s, [&] { ++rung; });
  EXPECT_EQ(rung, 0) << "from within set_alarm";
  under_test_->run();
  EXPECT_EQ(rung, 1);
}

TEST_P(ClockContract, IsReplacedByALaterCallWhicheverIsSooner) {
  std::vector<std::string> rung;
  clock_.set_alarm(clock_.now(), [&] { rung.push_back("sooner, replaced"); });
  clock_.set_alarm(clock_.now() + 2ms, [&] { rung.push_back("later"); });
  under_test_->run();
  clock_.set_alarm(clock_.now() + 2ms, [&] { rung.push_back("later, replaced"); });
  clock_.set_alarm(clock_.now(), [&] { rung.push_back("sooner"); });
  under_test_->run();
  EXPECT_EQ(rung, (std::vector<std::string>{"later", "sooner"}));
}

TEST_P(ClockContract, AnAlarmMaySetTheNext) {
  int rung = 0;
  clock_.set_alarm(clock_.now(), [&] {
    ++rung;
    clock_.set_alarm(clock_.now() + 1ms, [&] { ++rung; });
  });
  under_test_->run();
  EXPECT_EQ(rung, 2);
}

TEST_P(ClockContract, TimeDoesNotRunBackward) {
  const Time before = clock_.now();
  clock_.set_alarm(before, [] {});
  under_test_->run();
  EXPECT_GE(clock_.now(), before);
}

INSTANTIATE_TEST_SUITE_P(
    Clocks, ClockContract,
    ::testing::Values(ClockImplementation{"Asio", [] { return std::make_unique<AsioUnderTest>(); }},
                      ClockImplementation{"Fake", [] { return std::make_unique<FakeUnderTest>(); }}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace interconnect::testing
