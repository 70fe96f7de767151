#pragma once

#include <deque>
#include <initializer_list>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "domain/copier/copier.h"

namespace interconnect {

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
    return on_write_failure;
  }
  SafetyAction invalid_event(const EventView&, const InvalidEvent& why) override {
    return why.allowed_type ? on_invalid : SafetyAction::kSkip;
  }

  SafetyAction on_write_failure = SafetyAction::kExit;
  SafetyAction on_invalid = SafetyAction::kSkip;
  std::vector<std::pair<int, WriteFailureReason>> failed;
};

class CountingObserver final : public CopyObserver {
 public:
  void on_event_out_of_order(const EventView&) override { ++out_of_order; }
  void on_event_filled_from_source(const EventView& event) override { filled.push_back(number_of(event.id)); }
  void on_event_parked(const EventView&, std::string_view) override { ++parked; }
  void on_event_skipped(const EventView&, const WriteFailure&) override { ++skipped; }
  void on_event_may_be_doubled(const EventView&) override { ++may_be_doubled; }
  void on_link_target_gone(const LinkTargetGone& target) override { gone.push_back(target.revision); }

  int out_of_order = 0;
  int parked = 0;
  int skipped = 0;
  int may_be_doubled = 0;
  std::vector<Revision> gone;
  std::vector<int> filled;
};

// A copier whose inputs are short and whose actions are text. An event's id is its number, and its revision unless
// told otherwise. Types: "Good" is copied, "Bad" is invalid, others are not allowed.
class CopierScript {
 public:
  using Texts = std::vector<std::string>;

  explicit CopierScript(CopierSettings settings = {}, const std::vector<std::string>& streams = {"s"},
                        int buffer_size = 100, bool copies_metadata = false)
      : copier_(settings, subscriptions(streams, buffer_size), policy(copies_metadata), safety_net, observer) {}

  ScriptedSafetyNet safety_net;
  CountingObserver observer;
  Time now{0};
  Revision next_position = 0;    // of the next delivery
  std::int32_t retry_count = 0;  // of deliveries from now on

  Copier& copier() { return copier_; }

  // Else an event that is the first of its stream, and not at revision 0, would be looked behind.
  bool begins_at_start = false;
  ConsumerStrategy strategy = ConsumerStrategy::kPinned;

  void start(GroupState group = GroupState::kCreated, SubscriptionIndex subscription = 0) {
    GroupSettings effective;
    effective.start_from = begins_at_start ? 0 : 1;
    effective.consumer_strategy = strategy;
    copier_.on_subscription_started({subscription, group, effective}, now);
  }
  void drop(SubscriptionIndex subscription = 0) {
    copier_.on_subscription_dropped(subscription, DropReason::kConnectionLost, "gone", now);
  }
  void refuse(DropReason reason = DropReason::kNotAuthenticated) {
    copier_.on_subscription_dropped(0, reason, "who are you?", now);
  }
  void suspect_older_consumers() { copier_.on_older_consumers_suspected(0, now); }

  void deliver(std::initializer_list<int> numbers) {
    for (const int n : numbers) deliver_one(n, n);
  }
  void deliver_one(int number, Revision revision, std::string_view type = "Good", SubscriptionIndex subscription = 0,
                   std::string_view stream = "s", std::string_view data = "{}") {
    const EventView event{stream, revision, id_of(number), type, ContentKind::kJson, data, ""};
    Delivery delivery;
    delivery.subscription = subscription;
    delivery.ack_id = id_of(number);
    delivery.position = next_position++;
    delivery.retry_count = retry_count;
    delivery.event = &event;
    copier_.on_delivery(delivery, now);
  }

  // A link that came without its event; `number` is the link's id.
  void deliver_link(int number, std::string_view text, SubscriptionIndex subscription = 0) {
    const EventView link{"$ce-s", next_position, id_of(number), "$>", ContentKind::kBinary, text, ""};
    copier_.on_delivery({subscription, id_of(number), next_position++, retry_count, nullptr, &link}, now);
  }
  // An event that came by a link with this text; the link's id is 100 more than the event's.
  void deliver_linked(int number, Revision revision, std::string_view stream, std::string_view text,
                      std::string_view type = "Good", std::string_view data = "{}") {
    const EventView link{"$ce-s", next_position, id_of(100 + number), "$>", ContentKind::kBinary, text, ""};
    const EventView event{stream, revision, id_of(number), type, ContentKind::kJson, data, ""};
    copier_.on_delivery({0, id_of(100 + number), next_position++, retry_count, &event, &link}, now);
  }

  Texts advance(Duration passed = Duration{0}) {
    now += passed;
    std::vector<Action> actions;
    copier_.advance(now, actions);
    Texts texts;
    for (const Action& action : actions) texts.push_back(describe(action));
    return texts;
  }

  // The outcome of the oldest append without one.
  void outcome(const AppendOutcome& outcome) {
    const std::uint64_t id = appends_.front();
    appends_.pop_front();
    copier_.on_append_completed(id, outcome, now);
  }
  void appended(Revision last) { outcome(Appended{last}); }
  void wrong(std::optional<Revision> current) { outcome(WrongExpectedVersion{current}); }
  bool has_append() const { return !appends_.empty(); }
  void fail(ErrorKind kind) { outcome(StoreError{kind, "said the server"}); }

  // The answer to the oldest read without one: the event numbers in reading order, the first at `first`.
  void page(Revision first, std::initializer_list<int> numbers, bool is_end) {
    const auto [id, direction] = reads_.front();
    reads_.pop_front();
    std::vector<EventView> events;
    Revision revision = first;
    for (const int n : numbers) {
      EventView event;
      event.stream = "s";
      event.revision = revision;
      event.id = id_of(n);
      event.type = "Good";
      events.push_back(event);
      revision += direction == ReadDirection::kForward ? 1 : -1;
    }
    StreamPage page;
    page.events = events;
    page.end_of_stream = is_end;
    page.next = revision;
    copier_.on_read_completed(id, page, now);
  }
  void no_stream() {
    const std::uint64_t id = reads_.front().first;
    reads_.pop_front();
    copier_.on_read_completed(id, StreamPage{{}, false, true, 0}, now);
  }
  bool has_read() const { return !reads_.empty(); }
  void fail_read(ErrorKind kind) {
    const std::uint64_t id = reads_.front().first;
    reads_.pop_front();
    copier_.on_read_completed(id, StoreError{kind, "said the server"}, now);
  }

 private:
  static std::vector<Subscription> subscriptions(const std::vector<std::string>& streams, int buffer_size) {
    std::vector<Subscription> result;
    for (const std::string& stream : streams) {
      Subscription subscription;
      subscription.stream = stream;
      subscription.group = "g";
      subscription.buffer_size = buffer_size;
      result.push_back(subscription);
    }
    return result;
  }

  // The oldest read's answer: events of the stream as they are.
 public:
  struct Shown {
    int number = 0;
    Revision revision = 0;
    std::string type = "Good";
    std::string data = "{}";
    std::string metadata = "";
  };
  void show(std::initializer_list<Shown> shown, bool is_end, Revision next = 0, std::string_view stream = "s") {
    const std::uint64_t id = reads_.front().first;
    reads_.pop_front();
    std::vector<EventView> events;
    for (const Shown& one : shown) {
      events.push_back({stream, one.revision, id_of(one.number), one.type, ContentKind::kJson, one.data, one.metadata});
    }
    copier_.on_read_completed(id, StreamPage{events, true, is_end, next}, now);
  }

 private:
  class NeverValid final : public EventValidator {
    std::optional<std::string> validate(const EventView&) const override { return "bad"; }
  };

  static EventPolicy policy(bool copies_metadata) {
    std::vector<AllowedType> types{{"Good", nullptr}, {"Bad", std::make_shared<NeverValid>()}};
    if (copies_metadata) types.push_back({"$metadata", nullptr});
    return EventPolicy(std::move(types));
  }

  static std::string list(const auto& items, const auto& number) {
    std::string text = "[";
    for (const auto& item : items) text += (text.size() > 1 ? " " : "") + std::to_string(number(item));
    return text + "]";
  }

  std::string describe(const Action& action) {
    if (const auto* send = std::get_if<SendAppend>(&action)) {
      appends_.push_back(send->append.id);
      return "append " + std::string(send->append.stream) + " @" + std::to_string(send->append.expected_revision) +
             " " + list(send->append.events, [](const Event& e) { return number_of(e.id()); });
    }
    if (const auto* read = std::get_if<ReadStream>(&action)) {
      reads_.emplace_back(read->read.id, read->read.direction);
      last_read_count = read->read.count;
      return std::string("read ") + (read->store == Store::kSource ? "source" : "destination") +
             (read->read.direction == ReadDirection::kForward ? " forward " : " backward ") +
             std::to_string(read->read.from);
    }
    const auto number = [](const EventId& id) { return number_of(id); };
    if (const auto* ack = std::get_if<Acknowledge>(&action)) return "ack " + list(ack->ack_ids, number);
    if (const auto* park = std::get_if<ParkEvent>(&action)) return "park " + std::to_string(number_of(park->ack_id));
    if (const auto* again = std::get_if<Resubscribe>(&action)) {
      return "resubscribe " + std::to_string(again->subscription) + " buffer " + std::to_string(again->buffer_size);
    }
    const Exit& exit = std::get<Exit>(action);
    last_words = exit.last_words;
    return "exit " + std::to_string(static_cast<int>(exit.code));
  }

  Copier copier_;
  std::deque<std::uint64_t> appends_;
  std::deque<std::pair<std::uint64_t, ReadDirection>> reads_;

 public:
  std::string last_words;
  std::int32_t last_read_count = 0;
};

}  // namespace interconnect
