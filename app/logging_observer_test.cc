#include "app/logging_observer.h"

#include <glog/logging.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace interconnect {
namespace {

class StillClock final : public Clock {
 public:
  Time now() const override { return Time(1); }
  void set_alarm(Time, std::function<void()>) override {}
};

// A producer chooses stream and type: none of them may look like a line of our own.
TEST(LoggingObserverTest, AnEventIsNamedOnOneLine) {
  StillClock clock;
  LoggingObserver observer(clock, true);
  EventView view;
  view.type = "T\nE0101 00:00:00.000000     1 forged.cc:1] type";
  view.stream = "s\nE0101 00:00:00.000000     1 forged.cc:1] stream";
  FLAGS_logtostderr = true;
  google::InitGoogleLogging("test");
  testing::internal::CaptureStderr();
  std::vector<Event> copied;
  copied.emplace_back(view);
  observer.on_events_copied(copied);
  observer.on_event_refused(view, {true, "why"});
  observer.on_event_skipped(view, {});
  observer.on_event_parked(view, "why");
  observer.on_event_found(view);
  observer.on_duplicate_id(view);
  observer.on_event_out_of_order(view);
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 7) << log;
  EXPECT_EQ(log.find("\nE0101"), std::string::npos) << log;
}

}  // namespace
}  // namespace interconnect
