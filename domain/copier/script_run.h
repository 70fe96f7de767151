#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "domain/copier/copier.h"

namespace interconnect {

// An id for each n below 65,536, and back.
inline EventId id_of(int n) {
  EventId id;
  id.bytes[14] = static_cast<std::uint8_t>(n >> 8);
  id.bytes[15] = static_cast<std::uint8_t>(n);
  return id;
}
inline int number_of(const EventId& id) { return id.bytes[14] << 8 | id.bytes[15]; }

// Answers as told, and remembers what it was asked.
class ScriptedSafetyNet final : public SafetyNet {
 public:
  SafetyAction cannot_write_event(const EventView& event, const WriteFailure& failure) override {
    failed.emplace_back(number_of(event.id), failure.reason);
    messages.push_back(failure.message);
    return on_write_failure;
  }
  SafetyAction invalid_event(const EventView&, const InvalidEvent& why) override {
    return why.allowed_type ? on_invalid : SafetyAction::kSkip;
  }

  SafetyAction on_write_failure = SafetyAction::kExit;
  SafetyAction on_invalid = SafetyAction::kSkip;
  std::vector<std::pair<int, WriteFailureReason>> failed;
  std::vector<std::string> messages;  // theirs
};

class CountingObserver final : public CopyObserver {
 public:
  void on_events_copied(std::span<const Event> events) override { copied += events.size(); }
  void on_event_already_present(const EventView&) override { ++already_present; }
  void on_event_out_of_order(const EventView&) override { ++out_of_order; }
  void on_event_filled_from_source(const EventView& event) override { filled.push_back(number_of(event.id)); }
  void on_event_parked(const EventView&, std::string_view) override { ++parked; }
  void on_event_skipped(const EventView&, const WriteFailure&) override { ++skipped; }
  void on_event_may_be_doubled(const EventView&) override { ++may_be_doubled; }
  void on_link_target_gone(const LinkTargetGone& target) override { gone.push_back(target.revision); }
  void on_gap_left(const GapLeft& gap) override { gaps_left.emplace_back(gap.missing, gap.followed_by); }

  std::size_t copied = 0;
  std::size_t already_present = 0;
  int out_of_order = 0;
  int parked = 0;
  int skipped = 0;
  int may_be_doubled = 0;
  std::vector<Revision> gone;
  std::vector<std::pair<Revision, Revision>> gaps_left;  // what is missing, and what follows it
  std::vector<int> filled;
};

// What the copier of a script is made of. Types: "Good" is copied, "Bad" is invalid, others are not allowed.
struct ScriptSetup {
  CopierSettings settings = {};
  std::vector<std::string> streams = {"s"};  // a subscription each
  int buffer_size = 100;
  bool copies_metadata = false;

  std::vector<Subscription> subscriptions() const;
  EventPolicy policy() const;
};

// What a script does, as values: so that it can be done again.
struct ScriptInput {
  struct Delivered {
    SubscriptionIndex subscription = 0;
    EventId ack_id;
    Revision position = 0;
    std::int32_t retry_count = 0;
    std::shared_ptr<const Event> event;  // null: its link came alone
    std::shared_ptr<const Event> link;
  };
  struct Dropped {
    SubscriptionIndex subscription = 0;
    DropReason reason = DropReason::kConnectionLost;
  };
  struct OlderConsumersSuspected {};
  struct SinkOrder {
    std::size_t ordered_append_bytes = 0;
  };
  struct SizeRule {
    AppendSizeRule rule{};
  };
  struct StopRequested {
    Time stop_by{0};
  };
  struct Advanced {};
  // The answers are to the oldest append, or read, that has none.
  struct AppendAnswered {
    AppendOutcome outcome;
  };
  struct Page {
    std::vector<std::shared_ptr<const Event>> events;
    bool stream_exists = true;
    bool is_end = false;
    Revision next = 0;
  };
  struct ReadAnswered {
    std::variant<Page, StoreError> answer;
  };

  Time at{0};
  SafetyAction on_write_failure = SafetyAction::kExit;
  SafetyAction on_invalid = SafetyAction::kSkip;
  std::variant<SubscriptionStarted, Dropped, OlderConsumersSuspected, Delivered, SinkOrder, SizeRule, StopRequested,
               Advanced, AppendAnswered, ReadAnswered>
      what;
};

// An append that was asked for.
struct AskedAppend {
  std::uint64_t id = 0;
  std::string stream;
  Revision expected_revision = kNoStream;
  std::vector<std::pair<EventId, Revision>> events;  // the revisions are the source's
};

// A copier that is given inputs, and what it has asked for and was not answered.
class ScriptRun {
 public:
  explicit ScriptRun(const ScriptSetup& setup);

  // Returns what is to be done after an Advanced, nothing else. The actions are valid until the next input.
  std::vector<Action> give(const ScriptInput& input);

  Copier& copier() { return copier_; }
  const std::deque<AskedAppend>& appends() const { return appends_; }
  const std::deque<ReadStream>& reads() const { return reads_; }

  ScriptedSafetyNet safety_net;
  CountingObserver observer;

 private:
  Copier copier_;
  std::deque<AskedAppend> appends_;
  std::deque<ReadStream> reads_;
};

}  // namespace interconnect
