#include "app/logging_observer.h"

#include <glog/logging.h>

#include <ostream>
#include <string>
#include <utility>

#include "app/next_step.h"
#include "domain/excerpt.h"
#include "domain/group_findings.h"

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

LoggingObserver::LoggingObserver(const Clock& clock, bool debug, GroupAdvice advice)
    : clock_(clock), debug_(debug), advice_(std::move(advice)) {}

bool LoggingObserver::may_write(Kind kind) {
  constexpr std::array<std::string_view, kKinds> kNames = {"dropped subscriptions",
                                                           "errors",
                                                           "events of types that are not allowed",
                                                           "invalid events",
                                                           "skipped events",
                                                           "parked events",
                                                           "events with an id seen before",
                                                           "events out of order",
                                                           "links without target",
                                                           "events filled from the source",
                                                           "events that may be doubled"};
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
  if (started.group != GroupState::kUnread) judge_group(subscription, started);
}

void LoggingObserver::judge_group(const Subscription& subscription, const SubscriptionStarted& started) {
  const auto [judged, is_new] = judged_.try_emplace(started.subscription, started.effective);
  if (!is_new && judged->second == started.effective) return;
  judged->second = started.effective;
  const std::string group = "group '" + excerpt(subscription.group) + "' of '" + excerpt(subscription.stream) + "'";
  for (const GroupFinding& finding : group_findings(started.effective, subscription.settings, advice_.circumstances)) {
    if (finding.weight == GroupFinding::Weight::kPromise) {
      LOG(WARNING) << group << ": " << finding.text;
    } else {
      LOG(INFO) << group << ": " << finding.text;
    }
  }
  const bool differs =
      group_at_start(started.effective, subscription.settings, 0, true).group != GroupState::kUnchanged;
  if (started.group != GroupState::kKept || !differs) return;
  LOG(WARNING) << group << " has other settings than the configured ones and keeps them: the server refused to update "
               << "it, or it began at the end of the stream and shows no checkpoint, so that an update might leave out "
               << "what waits in it";
  if (advice_.url) {
    LOG(INFO) << group << ": "
              << group_update_advice(advice_.url(subscription), started.effective, subscription.settings);
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
  LOG(WARNING) << "the " << to_string(store) << " says: " << to_string(error.kind) << ": " << error.message
               << next_step(store, error);
}

void LoggingObserver::on_link_lost(Store store, const StoreError& error) {
  LOG(ERROR) << "the " << to_string(store) << " does not answer the link check: " << error.message
             << next_step(store, error);
}

void LoggingObserver::on_link_restored(Store store) {
  LOG(INFO) << "the " << to_string(store) << " answers the link check again";
}

void LoggingObserver::on_events_copied(std::span<const Event> events) {
  if (!debug_) return;
  LOG(INFO) << "copied " << events.size() << " to '" << excerpt(events.front().stream()) << "', from "
            << Named{events.front().view()};
}

void LoggingObserver::on_event_filtered(const EventView& event, std::string_view reason) {
  if (!debug_ && !may_write(kFiltered)) return;
  LOG(WARNING) << "filtered: " << Named{event} << ": " << reason;
}

void LoggingObserver::on_event_invalid(const EventView& event, std::string_view reason) {
  if (!debug_ && !may_write(kInvalid)) return;
  LOG(WARNING) << "invalid: " << Named{event} << ": " << reason;
}

void LoggingObserver::on_event_skipped(const EventView& event, const WriteFailure& failure) {
  if (!debug_ && !may_write(kSkipped)) return;
  LOG(ERROR) << "skipped " << Named{event} << ", it is missing at the destination: " << failure.message;
}

void LoggingObserver::on_event_parked(const EventView& event, std::string_view reason) {
  if (!debug_ && !may_write(kParked)) return;
  LOG(ERROR) << "parked " << Named{event}
             << ", it is missing at the destination until the group's parked messages are replayed: " << reason;
}

bool LoggingObserver::is_new(StreamNames& names, std::string_view stream) const {
  return names.size() < kMaxStreamsNamed && names.insert(std::string(stream)).second;
}

void LoggingObserver::on_event_filled_from_source(const EventView& event) {
  if (!debug_ && (!is_new(filled_streams_, event.stream) || !may_write(kFilled))) return;
  LOG(WARNING) << "read at the source, since the subscription left it out: " << Named{event}
               << "; others of its stream are only counted";
}

void LoggingObserver::on_event_already_present(const EventView& event) {
  if (debug_) LOG(INFO) << "already present: " << Named{event};
}

void LoggingObserver::on_event_redelivered(const EventView& event) {
  if (debug_) LOG(INFO) << "redelivered: " << Named{event};
}

void LoggingObserver::on_event_may_be_doubled(const EventView& event) {
  if (!debug_ && (!is_new(hiding_streams_, event.stream) || !may_write(kMayBeDoubled))) return;
  LOG(WARNING) << "written though it may have been there: " << Named{event}
               << ". The destination hides events of this stream ($maxCount, $maxAge, $tb, or a deletion), and nothing "
                  "that it shows tells; others of the stream are only counted";
}

void LoggingObserver::on_duplicate_id(const EventView& event) {
  if (!debug_ && !may_write(kDuplicateId)) return;
  LOG(WARNING) << "not copied again: " << Named{event} << " has an id that its stream has had before";
}

void LoggingObserver::on_event_out_of_order(const EventView& event) {
  if (!debug_ && !may_write(kOutOfOrder)) return;
  LOG(WARNING) << "out of order: " << Named{event} << " arrived when newer events of its stream had been copied";
}

void LoggingObserver::on_link_target_gone(const LinkTargetGone& gone) {
  if (!debug_ && (!is_new(streams_with_links_gone_, gone.stream) || !may_write(kTargetGone))) return;
  LOG(INFO) << "a link points to revision " << gone.revision << " of stream '" << excerpt(gone.stream)
            << "', which is gone: " << gone.reason
            << "; the link is acknowledged, others to this stream are only counted";
}

}  // namespace interconnect
