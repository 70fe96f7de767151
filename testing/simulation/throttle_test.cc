// The copier before a destination of a known rate.
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <string>
#include <variant>
#include <vector>

#include "domain/copier/copier.h"

namespace interconnect::simulation {
namespace {

using namespace std::chrono_literals;

// The destination does one append after the other, each event of it in the same time. The source has always more to
// send than may be held.
class ThrottledCopy {
 public:
  ThrottledCopy(int events_per_second, int streams)
      : event_time_(Duration(1s) / events_per_second),
        streams_(streams),
        copier_({}, {{"$ce-s", "copy", kBuffer, {}}}, EventPolicy({{"*", nullptr}}), safety_net_, observer_),
        revisions_(static_cast<std::size_t>(streams), 0) {
    copier_.on_subscription_started({0, GroupState::kCreated, {}}, now_);
  }

  struct Seen {
    double rate = 0;  // events a second
    std::size_t most_events_under_way = 0;
    Duration slowest_append{0};
  };
  Seen run(Duration duration) {
    Seen seen;
    int copied = 0;
    const Time start = now_;
    while (now_ < start + duration) {
      fill();
      seen.most_events_under_way = std::max(seen.most_events_under_way, copier_.load().events_in_flight);
      if (under_way_.empty()) {
        ADD_FAILURE() << "nothing is under way";
        return seen;
      }
      const Sent sent = under_way_.front();
      under_way_.pop_front();
      now_ = sent.answered_at;
      seen.slowest_append = std::max(seen.slowest_append, now_ - sent.at);
      copied += sent.events;
      copier_.on_append_completed(sent.id, Appended{sent.last}, now_);
    }
    seen.rate = copied / std::chrono::duration<double>(now_ - start).count();
    return seen;
  }

 private:
  static constexpr std::int32_t kBuffer = 4'096;
  static constexpr Duration kWay = 500us;
  struct Sent {
    std::uint64_t id = 0;
    int events = 0;
    Revision last = 0;
    Time at{0};
    Time answered_at{0};
  };

  void fill() {
    while (outstanding_ < kBuffer) deliver();
    copier_.advance(now_, actions_);
    for (const Action& action : actions_) {
      if (const auto* send = std::get_if<SendAppend>(&action)) take(send->append);
      if (const auto* ack = std::get_if<Acknowledge>(&action)) outstanding_ -= static_cast<int>(ack->ack_ids.size());
    }
  }

  void deliver() {
    const auto stream = static_cast<std::size_t>(delivered_ % streams_);
    const std::string name = "s-" + std::to_string(stream);
    EventView event;
    event.stream = name;
    event.revision = revisions_[stream]++;
    for (std::size_t i = 0; i < 8; ++i) event.id.bytes[i] = static_cast<std::uint8_t>(delivered_ >> (8 * i));
    event.type = "T";
    event.data = data_;
    copier_.on_delivery({.ack_id = event.id, .position = delivered_, .event = &event}, now_);
    ++delivered_;
    ++outstanding_;
  }

  void take(const Append& append) {
    const auto events = static_cast<int>(append.events.size());
    free_at_ = std::max(free_at_, now_ + kWay) + events * event_time_;
    under_way_.push_back({append.id, events, append.expected_revision + events, now_, free_at_ + kWay});
  }

  const Duration event_time_;
  const int streams_;
  const std::string data_ = std::string(1'024, 'x');
  StockSafetyNet safety_net_;
  CopyObserver observer_;
  Copier copier_;
  std::vector<Revision> revisions_;
  std::vector<Action> actions_;
  std::deque<Sent> under_way_;
  Time now_{0};
  Time free_at_{0};
  std::int64_t delivered_ = 0;
  int outstanding_ = 0;
};

TEST(ThrottleTest, WhatIsUnderWayIsInProportionToTheRateOfTheDestination) {
  for (const int streams : {1, 50, 2'000}) {
    for (const int rate : {500, 5'000, 20'000}) {
      SCOPED_TRACE(std::to_string(streams) + " streams, " + std::to_string(rate) + " events a second");
      ThrottledCopy copy(rate, streams);
      copy.run(8s);  // it settles
      const ThrottledCopy::Seen seen = copy.run(12s);
      EXPECT_GE(seen.rate, 0.95 * rate);
      EXPECT_LE(seen.most_events_under_way, static_cast<std::size_t>(rate / 5));  // a fifth of a second's worth
      EXPECT_LE(seen.slowest_append, 200ms);
    }
  }
}

}  // namespace
}  // namespace interconnect::simulation
