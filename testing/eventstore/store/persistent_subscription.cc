#include "testing/eventstore/store/persistent_subscription.h"

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <limits>

#include "rapidjson/prettywriter.h"
#include "rapidjson/stringbuffer.h"

namespace interconnect::eventstore {
namespace {

constexpr std::int64_t kNone = std::numeric_limits<std::int64_t>::max();
// PersistentSubscriptionStreamReader.MaxPullBatchSize.
constexpr int kMaxPullBatchSize = 500;
const User kSystem{"$system", "", {"$admins"}};

// Newtonsoft leaves out a number that is 0.
std::string ParkedMetadata(const std::string& reason, std::int64_t event_number) {
  rapidjson::StringBuffer out;
  rapidjson::PrettyWriter<rapidjson::StringBuffer> writer(out);
  writer.SetIndent(' ', 2);
  char added[40];
  const std::time_t now = std::time(nullptr);
  std::tm parts;
  gmtime_r(&now, &parts);
  std::strftime(added, sizeof added, "%Y-%m-%dT%H:%M:%S.000000+00:00", &parts);
  writer.StartObject();
  writer.Key("added");
  writer.String(added);
  writer.Key("reason");
  writer.String(reason.c_str(), static_cast<rapidjson::SizeType>(reason.size()));
  if (event_number != 0) {
    writer.Key("subscriptionEventNumber");
    writer.Int64(event_number);
  }
  writer.EndObject();
  return std::string(out.GetString(), out.GetSize());
}

}  // namespace

PersistentSubscription::PersistentSubscription(EventStore& store, Options options, std::string stream,
                                               std::string group, GroupSettings settings, Millis now)
    : store_(store),
      options_(options),
      stream_(std::move(stream)),
      group_(std::move(group)),
      id_(stream_ + "::" + group_),
      settings_(std::move(settings)),
      strategy_(NewConsumerStrategy(settings_.named_consumer_strategy)) {
  const EventPage checkpoint = store_.ReadEvent(CheckpointStream(), -1, false, &kSystem);
  bool start_in_history = settings_.start_from >= 0;
  next_to_pull_ = std::max<std::int64_t>(settings_.start_from, 0);
  if (checkpoint.result == ReadResult::kSuccess) {
    start_in_history = true;
    next_to_pull_ = std::strtoll(checkpoint.event.event->data.c_str(), nullptr, 10) + 1;
  }
  buffer_ = std::make_unique<StreamBuffer>(settings_.buffer_size, settings_.live_buffer_size, start_in_history);
  TryReadingNewBatch(now);
}

std::string PersistentSubscription::ParkedStream() const { return "$persistentsubscription-" + id_ + "-parked"; }
std::string PersistentSubscription::CheckpointStream() const {
  return "$persistentsubscription-" + id_ + "-checkpoint";
}

bool PersistentSubscription::HasReachedMaxClientCount() const {
  return settings_.max_subscriber_count != 0 && static_cast<int>(consumers_.size()) >= settings_.max_subscriber_count;
}

void PersistentSubscription::AddClient(Subscriber* subscriber, int window, std::string user, std::string from,
                                       std::string connection_name, Millis now) {
  auto consumer =
      std::make_unique<Consumer>(subscriber, window, std::move(user), std::move(from), std::move(connection_name));
  strategy_->Added(consumer.get());
  consumers_[subscriber] = std::move(consumer);
  TryPushing(now);
}

void PersistentSubscription::RemoveClient(Subscriber* subscriber, Millis now) {
  auto it = consumers_.find(subscriber);
  if (it == consumers_.end()) return;
  const std::unique_ptr<Consumer> consumer = std::move(it->second);
  consumers_.erase(it);
  strategy_->Removed(consumer.get());
  RetryLost(*consumer);
  TryPushing(now);
}

void PersistentSubscription::RetryLost(const Consumer& consumer) {
  std::vector<OutstandingMessage> lost;
  for (const auto& [id, event] : consumer.unconfirmed()) {
    auto it = outstanding_.find(id);
    const bool counted = options_.lost_consumers_count && it != outstanding_.end();
    lost.push_back({event, counted ? it->second.message.retry_count : 0});
  }
  std::sort(lost.begin(), lost.end(), [](const auto& a, const auto& b) { return a.number() < b.number(); });
  for (const OutstandingMessage& message : lost) Retry(message);
}

void PersistentSubscription::DropAll() {
  while (!consumers_.empty()) {
    auto node = consumers_.extract(consumers_.begin());
    strategy_->Removed(node.mapped().get());
    RetryLost(*node.mapped());
    node.key()->Dropped(DropReason::kUnsubscribed);
  }
}

// The server reads pages one by one and looks again after each; here that is a loop, as reading takes no time.
void PersistentSubscription::TryReadingNewBatch(Millis now) {
  while (!buffer_->live() && buffer_->CanAccept(settings_.read_batch_size)) {
    const int wanted = settings_.read_batch_size == 0 ? 20 : settings_.read_batch_size;
    const int count = std::min({std::max(settings_.read_batch_size, 10), wanted, kMaxPullBatchSize});
    StreamPage page = store_.ReadForward(stream_, std::max<std::int64_t>(next_to_pull_, 0), count,
                                         settings_.resolve_link_tos, &kSystem);
    for (const ResolvedEvent& event : page.events) {
      buffer_->AddRead({event, 0});
      stat_last_known_ = std::max(stat_last_known_, event.original().number);
    }
    if (page.is_end_of_stream && buffer_->TryMoveToLive()) {
      TryPushing(now);
      return;
    }
    if (page.events.empty() && page.is_end_of_stream) return;
    next_to_pull_ = page.next;
    TryPushing(now);
  }
}

void PersistentSubscription::TryPushing(Millis now) {
  if (pushing_ || stands_still_) return;
  pushing_ = true;
  if (PushFrom(buffer_->retry(), now)) PushFrom(buffer_->buffer(), now);
  pushing_ = false;
}

bool PersistentSubscription::PushFrom(std::list<OutstandingMessage>& list, Millis now) {
  for (auto it = list.begin(); it != list.end();) {
    switch (strategy_->Push(it->event, it->retry_count)) {
      case PushResult::kNoMoreCapacity:
        return false;
      case PushResult::kSkipped:
        ++it;
        break;
      case PushResult::kSent:
        ++total_items_;
        if (!it->replayed()) last_known_sent_ = std::max(last_known_sent_, it->number());
        StartMessage(*it, now);
        it = list.erase(it);
        break;
    }
  }
  return true;
}

void PersistentSubscription::StartMessage(const OutstandingMessage& message, Millis now) {
  const EventId& id = message.id();
  const auto [started, is_new] = outstanding_.try_emplace(id, Started{message, by_time_.end(), by_sequence_.end()});
  if (!is_new) return;
  // Most come in order: the end is where they belong.
  if (settings_.message_timeout_ms != 0) {
    started->second.by_time =
        by_time_.emplace_hint(by_time_.end(), std::pair(now + settings_.message_timeout_ms, id), true);
  }
  started->second.by_sequence =
      by_sequence_.emplace_hint(by_sequence_.end(), std::pair(message.number(), id), message.replayed());
}

void PersistentSubscription::RemoveOutstanding(const EventId& id) {
  auto it = outstanding_.find(id);
  if (it == outstanding_.end()) return;
  if (it->second.by_time != by_time_.end()) by_time_.erase(it->second.by_time);
  by_sequence_.erase(it->second.by_sequence);
  outstanding_.erase(it);
}

void PersistentSubscription::RemoveProcessing(const EventId& id) {
  for (auto& [subscriber, consumer] : consumers_) {
    if (consumer->Remove(id)) return;
  }
}

void PersistentSubscription::Retry(const OutstandingMessage& message) {
  const OutstandingMessage again{message.event, message.retry_count + 1};
  RemoveOutstanding(again.id());
  RemoveProcessing(again.id());
  buffer_->AddRetry(again);
}

bool PersistentSubscription::ParkIfExhausted(const OutstandingMessage& message, Millis) {
  if (message.retry_count < settings_.max_retry_count) return false;
  Park(message.event, "Reached retry count of " + std::to_string(settings_.max_retry_count));
  return true;
}

void PersistentSubscription::Park(const ResolvedEvent& event, const std::string& reason) {
  NewEvent link;
  link.id = NewEventId();
  link.type = kLinkType;
  link.data = event.event == nullptr ? event.link->data
                                     : std::to_string(event.event->number) + "@" + event.event->stream_name();
  link.metadata = ParkedMetadata(reason, event.original().number);
  store_.AppendAsSystem(ParkedStream(), kAny, {link});
  RemoveOutstanding(event.original().id);
  RemoveProcessing(event.original().id);
}

void PersistentSubscription::Ack(Subscriber* subscriber, const std::vector<EventId>& ids, Millis now) {
  auto it = consumers_.find(subscriber);
  confirmations_ += static_cast<std::int64_t>(ids.size());
  for (const EventId& id : ids) {
    if (it != consumers_.end()) it->second->Remove(id);
    RemoveOutstanding(id);
  }
  TryMarkCheckpoint(false, now);
  TryReadingNewBatch(now);
  TryPushing(now);
}

void PersistentSubscription::Nak(Subscriber* subscriber, const std::vector<EventId>& ids, NakAction action,
                                 const std::string& reason, Millis now) {
  for (const EventId& id : ids) {
    auto found = outstanding_.find(id);
    if (found == outstanding_.end()) continue;
    const OutstandingMessage message = found->second.message;
    if (action == NakAction::kRetry || action == NakAction::kUnknown) {
      if (!ParkIfExhausted(message, now)) Retry(message);
    } else if (action == NakAction::kPark) {
      Park(message.event, "Client explicitly NAK'ed message.\n" + reason);
    }
  }
  Ack(subscriber, ids, now);
}

void PersistentSubscription::NotifyLive(const Record& record, Millis now) {
  if (record.number < settings_.start_from) return;
  stat_last_known_ = std::max(stat_last_known_, record.number);
  const bool was_live = buffer_->live();
  ResolvedEvent event =
      settings_.resolve_link_tos ? store_.Resolve(record, options_.live_link_cut) : ResolvedEvent{&record, nullptr};
  event.has_position = true;
  buffer_->AddLive({event, 0});
  if (!buffer_->live() && was_live) next_to_pull_ = record.number;
  TryPushing(now);
}

void PersistentSubscription::Tick(Millis now) {
  while (!by_time_.empty() && by_time_.begin()->first.first <= now) {
    const EventId id = by_time_.begin()->first.second;
    const OutstandingMessage message = outstanding_.at(id).message;
    RemoveOutstanding(id);
    if (!ParkIfExhausted(message, now)) Retry(message);
  }
  TryPushing(now);
  TryMarkCheckpoint(true, now);
  TryReadingNewBatch(now);
}

void PersistentSubscription::TryMarkCheckpoint(bool is_time_check, Millis now) {
  std::int64_t lowest = kNone;
  for (const auto& [key, replayed] : by_sequence_) {
    if (replayed) continue;
    lowest = key.first;
    break;
  }
  lowest = std::min(lowest, buffer_->LowestRetry());
  lowest = lowest == kNone ? last_known_sent_ : lowest - 1;
  if (lowest == -1) return;
  // Wraps around as the server's does: a tombstone has the greatest number there is.
  const auto difference =
      static_cast<std::int64_t>(static_cast<std::uint64_t>(lowest) - static_cast<std::uint64_t>(last_checkpoint_));
  const bool waited = !last_checkpoint_time_ || settings_.check_point_after_ms == 0
                          ? !last_checkpoint_time_
                          : now - *last_checkpoint_time_ >= settings_.check_point_after_ms;
  if (!waited && difference < settings_.max_check_point_count) return;
  if ((difference >= settings_.min_check_point_count && is_time_check) ||
      difference >= settings_.max_check_point_count) {
    last_checkpoint_time_ = now;
    last_checkpoint_ = lowest;
    stat_last_processed_ = lowest;
    NewEvent event;
    event.id = NewEventId();
    event.type = "SubscriptionCheckpoint";
    event.is_json = true;
    event.data = std::to_string(lowest);
    const AppendOutcome outcome = store_.AppendAsSystem(CheckpointStream(), checkpoint_version_, {event});
    checkpoint_version_ = outcome.result == WriteResult::kSuccess ? outcome.last : kAny;
  }
}

void PersistentSubscription::ReplayParked(std::optional<std::int64_t> stop_at, Millis now) {
  const std::int64_t last = store_.LastEventNumber(ParkedStream());
  if (last < 0 || last == kDeletedStream) return;
  const std::int64_t end = stop_at ? std::min(*stop_at, last + 1) : last + 1;
  // Pages below the last replay's cut are empty and point behind it.
  for (std::int64_t from = 0; from < end;) {
    StreamPage page = store_.ReadForward(ParkedStream(), from, std::min<std::int64_t>(end - from, 500), true, &kSystem);
    if (page.result != ReadResult::kSuccess) return;
    for (const ResolvedEvent& event : page.events) {
      if (event.original().number < end) buffer_->AddRetry({event, 0});
    }
    if (page.next <= from) break;
    from = page.next;
  }
  TryPushing(now);
  NewEvent cut;
  cut.id = NewEventId();
  cut.type = kMetadataType;
  cut.is_json = true;
  cut.data = "{\"$tb\":" + std::to_string(end) +
             ",\"$acl\":{\"$r\":\"$admins\",\"$w\":\"$admins\",\"$d\":\"$admins\",\"$mr\":\"$admins\",\"$mw\":"
             "\"$admins\"}}";
  store_.AppendAsSystem(MetastreamOf(ParkedStream()), kAny, {cut});
}

void PersistentSubscription::Delete() {
  store_.Delete(CheckpointStream(), kAny, false, &kSystem);
  store_.Delete(ParkedStream(), kAny, false, &kSystem);
}

PersistentSubscription::Info PersistentSubscription::GetInfo() {
  Info info;
  info.confirmations = confirmations_;
  info.status = buffer_->live() ? "Live" : "Behind";
  info.total_items = total_items_;
  info.count_since_last_measurement = total_items_ - measured_items_;
  measured_items_ = total_items_;
  info.last_processed = stat_last_processed_;
  info.last_known = stat_last_known_;
  info.read_buffer_count = buffer_->read_count();
  info.live_buffer_count = buffer_->live_count();
  info.retry_buffer_count = buffer_->retry_count();
  info.outstanding = outstanding_.size();
  for (const auto& [subscriber, consumer] : consumers_) {
    info.total_in_flight += static_cast<int>(consumer->unconfirmed().size());
    info.consumers.push_back(consumer.get());
  }
  const StreamPage first = store_.ReadForward(ParkedStream(), 0, kNone, false, &kSystem);
  info.parked = static_cast<std::int64_t>(first.events.size());
  return info;
}

}  // namespace interconnect::eventstore
