#include "domain/copier/outcomes.h"

#include <algorithm>
#include <limits>
#include <string>
#include <variant>

#include "domain/copier/lane_queue.h"
#include "domain/excerpt.h"

namespace interconnect {

void Outcomes::take_back(Lane& lane) { take_back_sent(lane, order_, our_.settings.writer_timeout); }

LaneStep Outcomes::judge(Lane& lane, const AppendOutcome& outcome, Time now) {
  if (const auto* appended = std::get_if<Appended>(&outcome)) {
    pipe_.on_completed(lane.sent_at, now);
    const Revision expected = lane.tail.value_or(kNoStream) + static_cast<Revision>(lane.batch.size());
    if (appended->last_revision != expected) return on_other_revision(lane, expected, *appended);
    return lane.revives_stream ? on_revived(lane, *appended) : on_appended(lane, *appended);
  }
  if (const auto* wrong = std::get_if<WrongExpectedVersion>(&outcome)) {
    return lane.asks_for_tail ? on_tail_told(lane, *wrong) : on_wrong_expected_version(lane, *wrong);
  }
  return on_error(lane, std::get<StoreError>(outcome), now);
}

LaneStep Outcomes::on_appended(Lane& lane, const Appended& appended) {
  denials_.on_written(lane.stream_hash, lane.sent_at);
  if (!appended.was_repeated) our_.observer.on_events_copied(lane.batch);
  for (std::size_t i = 0; i < lane.batch.size(); ++i) {
    const Event& event = lane.batch[i];
    if (appended.was_repeated) our_.observer.on_event_already_present(event.view());
    if (lane.sent[i].is_overtaken) our_.observer.on_event_out_of_order(event.view());
    deliveries_.settle({lane.stream_hash, event.id()}, true);
  }
  lane.on_sent_confirmed(appended.last_revision);
  return {LaneStep::What::kSettled};
}

// Behind metadata of a soft-deleted stream the server writes metadata of its own, which hides all that the stream held
// (SoftUndeleteMetastream in StorageWriterService.cs). Ours is to be the newest: it goes once more, behind that.
LaneStep Outcomes::on_revived(Lane& lane, const Appended& appended) {
  lane.revives_stream = false;
  take_back(lane);
  lane.tail = appended.last_revision + 1;
  lane.front().at_destination = HeldEvent::AtDestination::kAbsent;
  return {LaneStep::What::kReady};
}

// A soft-deleted stream takes an append that expects no stream, at its end. What became of the events is looked up.
LaneStep Outcomes::on_other_revision(Lane& lane, Revision expected, const Appended& appended) {
  our_.observer.on_error(Store::kDestination,
                         {ErrorKind::kInvalid, "append to " + excerpt(lane.stream) + ": its last event has revision " +
                                                   std::to_string(appended.last_revision) + ", not " +
                                                   std::to_string(expected) + " as was expected; it is looked up"});
  for (HeldEvent& held : lane.sent) held.is_written = !appended.was_repeated;
  take_back(lane);
  lane.tail.reset();
  ++lane.doubts;
  return LaneStep::look_up(appended.last_revision);
}

LaneStep Outcomes::on_tail_told(Lane& lane, const WrongExpectedVersion& wrong) {
  take_back(lane);
  lane.is_known_to_be_new = wrong.current.value_or(kNoStream) == kNoStream;
  lane.tail.reset();
  if (!lane.is_known_to_be_new) return LaneStep::look_up(wrong.current);
  lane.tail = kNoStream;
  return {LaneStep::What::kReady};
}

LaneStep Outcomes::on_wrong_expected_version(Lane& lane, const WrongExpectedVersion& wrong) {
  take_back(lane);
  lane.last_error.reset();
  lane.unseen_since = kNever;  // what it tells now has its own time to be seen
  ++lane.doubts;
  if (lane.tail && wrong.current && *wrong.current < *lane.tail) lane.tail.reset();
  return LaneStep::look_up(wrong.current);
}

LaneStep Outcomes::on_error(Lane& lane, const StoreError& error, Time now) {
  our_.observer.on_error(Store::kDestination, error);
  if (error.kind == ErrorKind::kTimeout || error.kind == ErrorKind::kNotReady) pipe_.on_overload(now);
  lane.last_error = error;
  switch (error.kind) {
    case ErrorKind::kTimeout:
    case ErrorKind::kUnavailable:
    case ErrorKind::kNotReady:
    case ErrorKind::kUnsupported:
      // The same append again, with the same expected revision: if it took place after all, the server says so.
      return {LaneStep::What::kPause};
    case ErrorKind::kNotAuthenticated:
    case ErrorKind::kAccessDenied:
      return on_denied(lane, error, now);
    case ErrorKind::kTooLarge:
    case ErrorKind::kInvalid:
    case ErrorKind::kNotFound:
      if (lane.sent.size() > 1) return try_smaller(lane, error);
      break;
    case ErrorKind::kStreamDeleted:
      break;
  }
  std::string message = error.message;
  if (error.kind == ErrorKind::kTooLarge) message += sizes_of_sent(lane, error.limit);
  reject(lane);
  lane.batch_limit = std::numeric_limits<std::size_t>::max();
  return LaneStep::give_up(LaneStep::Which::kRejected, {WriteFailureReason::kRejected, std::move(message)});
}

// Why the one event is too large, and what helps: it may be so only because of what the copy adds.
std::string Outcomes::sizes_of_sent(const Lane& lane, std::optional<SizeLimit> limit) const {
  const AppendSizeRule rule = pipe_.size_rule();
  const auto size = static_cast<std::int64_t>(append_size(lane.batch.front().view(), rule));
  const std::int64_t added = rule == AppendSizeRule::kData ? 0 : lane.sent.front().added_metadata;
  std::string text = "; the event counts " + std::to_string(size) + " bytes";
  if (added > 0) text += ", and " + std::to_string(size - added) + " without the metadata that the copy adds";
  if (limit) text += "; the destination's limit is " + std::to_string(limit->bytes);
  const bool would_fit = added > 0 && (!limit || size - added <= static_cast<std::int64_t>(limit->bytes));
  if (would_fit) text += ": 'copyMetadata: none' copies it without additions";
  if (limit && limit->of != SizeLimit::Of::kRecord) {
    text += would_fit ? ", or raise " : ": raise ";
    text += limit->of == SizeLimit::Of::kAppend ? "MaxAppendSize" : "MaxAppendEventSize";
    text += " there";
  }
  return text;
}

// Until the one event is found that the destination does not take, or an append has a size that it takes.
LaneStep Outcomes::try_smaller(Lane& lane, const StoreError& error) {
  const bool is_about_one_event = error.limit && error.limit->of != SizeLimit::Of::kAppend;
  if (error.kind == ErrorKind::kTooLarge && !is_about_one_event) {
    std::size_t size = 0;
    for (const Event& event : lane.batch) size += append_size(event.view(), pipe_.size_rule());
    pipe_.lower_bytes_limit(error.limit && error.limit->bytes < size ? error.limit->bytes : size / 2);
  }
  lane.batch_limit = std::max<std::size_t>(1, lane.sent.size() / 2);
  take_back(lane);
  return {LaneStep::What::kReady};
}

LaneStep Outcomes::on_denied(Lane& lane, const StoreError& error, Time now) {
  denials_.on_denied(lane.stream_hash, now);
  const bool is_first_try = std::all_of(lane.sent.begin(), lane.sent.end(),
                                        [&lane](const HeldEvent& held) { return held.first_sent == lane.sent_at; });
  if (error.kind != ErrorKind::kAccessDenied || !is_first_try || !denials_.is_known(lane.stream_hash)) {
    return {LaneStep::What::kPause};
  }
  // Else each event of such a stream would keep its place here for the writer timeout.
  reject(lane);
  return LaneStep::give_up(LaneStep::Which::kRejected, denials_.failure(lane.stream, lane.stream_hash, error,
                                                                        error.message, our_.settings.writer_timeout));
}

void Outcomes::reject(Lane& lane) {
  for (HeldEvent& held : lane.sent) held.is_rejected = true;
  take_back(lane);
}

}  // namespace interconnect
