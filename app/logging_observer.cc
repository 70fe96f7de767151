#include "app/logging_observer.h"

#include <glog/logging.h>

#include <ostream>

#include "domain/excerpt.h"

namespace interconnect {
namespace {

constexpr Duration kWindow = std::chrono::minutes(5);
constexpr int kLinesPerWindow = 5;

// A producer chose its names.
struct Named {
  const EventView& event;
};

std::ostream& operator<<(std::ostream& out, const Named& named) {
  const EventView& event = named.event;
  return out << "event " << to_string(event.id) << " (type '" << excerpt(event.type) << "', " << event.revision << "@"
             << excerpt(event.stream) << ")";
}

std::string_view describe(GroupState state) {
  switch (state) {
    case GroupState::kCreated:
      return "created";
    case GroupState::kUpdated:
      return "updated to the configured settings";
    case GroupState::kUnchanged:
      return "has the configured settings";
    case GroupState::kKept:
      return "keeps other settings than the configured ones";
    case GroupState::kUnread:
      return "left as it is, since its settings cannot be read";
  }
  return "";
}

}  // namespace

LoggingObserver::LoggingObserver(const Clock& clock, bool debug) : clock_(clock), debug_(debug) {}

bool LoggingObserver::may_write(Kind kind) {
  constexpr std::array<std::string_view, kKinds> kNames = {
      "dropped subscriptions", "errors",        "events of types that are not allowed", "invalid events",
      "skipped events",        "parked events", "events with an id seen before",        "events out of order",
      "links without target"};
  Window& window = windows_[kind];
  const Time now = clock_.now();
  if (window.written == 0 || now - window.began >= kWindow) {
    if (window.left_out > 0) LOG(WARNING) << "not written since: " << window.left_out << " more " << kNames[kind];
    const bool goes_on = window.left_out > 0;
    window = {now, 0, goes_on ? 1 : kLinesPerWindow, 0};
  }
  if (window.written < window.limit) {
    ++window.written;
    return true;
  }
  ++window.left_out;
  return false;
}

void LoggingObserver::on_subscription_started(const Subscription& subscription, const SubscriptionStarted& started) {
  LOG(INFO) << "subscribed to '" << excerpt(subscription.stream) << "' as group '" << excerpt(subscription.group)
            << "' (the group " << describe(started.group) << ")";
  if (started.group == GroupState::kKept) {
    LOG(WARNING) << "group '" << excerpt(subscription.group) << "' of '" << excerpt(subscription.stream)
                 << "' has other settings than the configured ones and keeps them: the server refused to update it, or "
                 << "it began at the end of the stream and shows no checkpoint, so that an update might leave out "
                 << "what waits in it (start again once it has acknowledged some events)";
  }
  const GroupSettings& has = started.effective;
  if (has.message_timeout < std::chrono::minutes(1) || has.max_retry_count < 100) {
    LOG(WARNING) << "group '" << excerpt(subscription.group) << "' of '" << excerpt(subscription.stream)
                 << "' has a message timeout of " << has.message_timeout.count() << " ms and " << has.max_retry_count
                 << " retries: the server may deliver again, or park, what is still on its way to the destination";
  }
  if (has.consumer_strategy != ConsumerStrategy::kPinned) {
    LOG(WARNING) << "group '" << excerpt(subscription.group) << "' of '" << excerpt(subscription.stream)
                 << "' has the strategy " << to_string(has.consumer_strategy)
                 << ": with several consumers the order within a stream is not kept; Pinned keeps it";
  }
}

void LoggingObserver::on_subscription_dropped(const Subscription& subscription, DropReason reason,
                                              std::string_view message) {
  if (!may_write(kDropped)) return;
  LOG(WARNING) << "subscription to '" << excerpt(subscription.stream) << "' as group '" << excerpt(subscription.group)
               << "' dropped: " << to_string(reason) << (message.empty() ? "" : ": ") << message;
}

void LoggingObserver::on_error(Store store, const StoreError& error) {
  if (!may_write(kError)) return;
  LOG(WARNING) << "the " << to_string(store) << " says: " << to_string(error.kind) << ": " << error.message;
}

void LoggingObserver::on_link_lost(Store store, const StoreError& error) {
  LOG(ERROR) << "the " << to_string(store) << " does not answer the link check: " << error.message;
}

void LoggingObserver::on_link_restored(Store store) {
  LOG(INFO) << "the " << to_string(store) << " answers the link check again";
}

void LoggingObserver::on_events_copied(std::span<const Event> events) {
  if (!debug_) return;
  LOG(INFO) << "copied " << events.size() << " to '" << excerpt(events.front().stream()) << "', from "
            << Named{events.front().view()};
}

void LoggingObserver::on_event_refused(const EventView& event, const InvalidEvent& why) {
  if (!debug_ && !may_write(why.allowed_type ? kInvalid : kNotAllowed)) return;
  LOG(WARNING) << "refused " << Named{event} << ": " << why.reason;
}

void LoggingObserver::on_event_skipped(const EventView& event, const WriteFailure& failure) {
  if (!debug_ && !may_write(kSkipped)) return;
  LOG(ERROR) << "skipped " << Named{event} << ", it is missing at the destination: " << failure.message;
}

void LoggingObserver::on_event_parked(const EventView& event, std::string_view reason) {
  if (!debug_ && !may_write(kParked)) return;
  LOG(ERROR) << "parked " << Named{event} << ", it is missing at the destination: " << reason;
}

void LoggingObserver::on_event_found(const EventView& event) {
  if (debug_) LOG(INFO) << "found " << Named{event} << ": redelivered, or at the destination already";
}

void LoggingObserver::on_duplicate_id(const EventView& event) {
  if (!debug_ && !may_write(kDuplicateId)) return;
  LOG(WARNING) << "not copied again: " << Named{event} << " has an id that its stream has had before";
}

void LoggingObserver::on_event_out_of_order(const EventView& event) {
  if (!debug_ && !may_write(kOutOfOrder)) return;
  LOG(WARNING) << "out of order: " << Named{event} << " arrived when newer events of its stream had been copied";
}

void LoggingObserver::on_link_target_gone(const Delivery& delivery) {
  if (!debug_ && !may_write(kTargetGone)) return;
  LOG(INFO) << "link " << to_string(delivery.ack_id) << " at " << delivery.position
            << " points to no event any more: acknowledged";
}

}  // namespace interconnect
