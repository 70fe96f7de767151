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
std::string parked_metadata(const std::string& reason, std::int64_t event_number) {
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
      strategy_(new_consumer_strategy(settings_.named_consumer_strategy)) {
  const EventPage checkpoint = store_.read_event(checkpoint_stream(), -1, false, &kSystem);
  bool start_in_history = settings_.start_from >= 0;
  next_to_pull_ = std::max<std::int64_t>(settings_.start_from, 0);
  if (checkpoint.result == ReadResult::kSuccess) {
    start_in_history = true;
    next_to_pull_ = std::strtoll(checkpoint.event.event->data.c_str(), nullptr, 10) + 1;
  }
  buffer_ = std::make_unique<StreamBuffer>(settings_.buffer_size, settings_.live_buffer_size, start_in_history);
  try_reading_new_batch(now);
}

std::string PersistentSubscription::parked_stream() const { return "$persistentsubscription-" + id_ + "-parked"; }
std::string PersistentSubscription::checkpoint_stream() const {
  return "$persistentsubscription-" + id_ + "-checkpoint";
}

bool PersistentSubscription::has_reached_max_client_count() const {
  return settings_.max_subscriber_count != 0 && static_cast<int>(consumers_.size()) >= settings_.max_subscriber_count;
}

void PersistentSubscription::add_client(Subscriber* subscriber, int window, std::string user, std::string from,
                                        std::string connection_name, Millis now) {
  auto consumer =
      std::make_unique<Consumer>(subscriber, window, std::move(user), std::move(from), std::move(connection_name));
  strategy_->added(consumer.get());
  consumers_[subscriber] = std::move(consumer);
  try_pushing(now);
}

void PersistentSubscription::remove_client(Subscriber* subscriber, Millis now) {
  auto it = consumers_.find(subscriber);
  if (it == consumers_.end()) return;
  const std::unique_ptr<Consumer> consumer = std::move(it->second);
  consumers_.erase(it);
  strategy_->removed(consumer.get());
  retry_lost(*consumer);
  try_pushing(now);
}

void PersistentSubscription::retry_lost(const Consumer& consumer) {
  std::vector<OutstandingMessage> lost;
  for (const auto& [id, event] : consumer.unconfirmed()) {
    auto it = outstanding_.find(id);
    const bool counted = options_.lost_consumers_count && it != outstanding_.end();
    lost.push_back({event, counted ? it->second.message.retry_count : 0});
  }
  std::sort(lost.begin(), lost.end(), [](const auto& a, const auto& b) { return a.number() < b.number(); });
  for (const OutstandingMessage& message : lost) retry(message);
}

void PersistentSubscription::drop_all() {
  while (!consumers_.empty()) {
    auto node = consumers_.extract(consumers_.begin());
    strategy_->removed(node.mapped().get());
    retry_lost(*node.mapped());
    node.key()->dropped(DropReason::kUnsubscribed);
  }
}

// The server reads pages one by one and looks again after each; here that is a loop, as reading takes no time.
void PersistentSubscription::try_reading_new_batch(Millis now) {
  while (!buffer_->live() && buffer_->can_accept(settings_.read_batch_size)) {
    const int wanted = settings_.read_batch_size == 0 ? 20 : settings_.read_batch_size;
    const int count = std::min({std::max(settings_.read_batch_size, 10), wanted, kMaxPullBatchSize});
    StreamPage page = store_.read_forward(stream_, std::max<std::int64_t>(next_to_pull_, 0), count,
                                          settings_.resolve_link_tos, &kSystem);
    for (const ResolvedEvent& event : page.events) {
      buffer_->add_read({event, 0});
      stat_last_known_ = std::max(stat_last_known_, event.original().number);
    }
    if (page.is_end_of_stream && buffer_->try_move_to_live()) {
      try_pushing(now);
      return;
    }
    if (page.events.empty() && page.is_end_of_stream) return;
    next_to_pull_ = page.next;
    try_pushing(now);
  }
}

void PersistentSubscription::try_pushing(Millis now) {
  if (pushing_ || stands_still_) return;
  pushing_ = true;
  if (push_from(buffer_->retry(), now)) push_from(buffer_->buffer(), now);
  pushing_ = false;
}

bool PersistentSubscription::push_from(std::list<OutstandingMessage>& list, Millis now) {
  for (auto it = list.begin(); it != list.end();) {
    switch (strategy_->push(it->event, it->retry_count)) {
      case PushResult::kNoMoreCapacity:
        return false;
      case PushResult::kSkipped:
        ++it;
        break;
      case PushResult::kSent:
        ++total_items_;
        if (!it->replayed()) last_known_sent_ = std::max(last_known_sent_, it->number());
        start_message(*it, now);
        it = list.erase(it);
        break;
    }
  }
  return true;
}

void PersistentSubscription::start_message(const OutstandingMessage& message, Millis now) {
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

void PersistentSubscription::remove_outstanding(const EventId& id) {
  auto it = outstanding_.find(id);
  if (it == outstanding_.end()) return;
  if (it->second.by_time != by_time_.end()) by_time_.erase(it->second.by_time);
  by_sequence_.erase(it->second.by_sequence);
  outstanding_.erase(it);
}

void PersistentSubscription::remove_processing(const EventId& id) {
  for (auto& [subscriber, consumer] : consumers_) {
    if (consumer->remove(id)) return;
  }
}

void PersistentSubscription::retry(const OutstandingMessage& message) {
  const OutstandingMessage again{message.event, message.retry_count + 1};
  remove_outstanding(again.id());
  remove_processing(again.id());
  buffer_->add_retry(again);
}

bool PersistentSubscription::park_if_exhausted(const OutstandingMessage& message, Millis) {
  if (message.retry_count < settings_.max_retry_count) return false;
  park(message.event, "Reached retry count of " + std::to_string(settings_.max_retry_count));
  return true;
}

void PersistentSubscription::park(const ResolvedEvent& event, const std::string& reason) {
  NewEvent link;
  link.id = new_event_id();
  link.type = kLinkType;
  link.data = event.event == nullptr ? event.link->data
                                     : std::to_string(event.event->number) + "@" + event.event->stream_name();
  link.metadata = parked_metadata(reason, event.original().number);
  store_.append_as_system(parked_stream(), kAny, {link});
  remove_outstanding(event.original().id);
  remove_processing(event.original().id);
}

void PersistentSubscription::ack(Subscriber* subscriber, const std::vector<EventId>& ids, Millis now) {
  auto it = consumers_.find(subscriber);
  confirmations_ += static_cast<std::int64_t>(ids.size());
  for (const EventId& id : ids) {
    if (it != consumers_.end()) it->second->remove(id);
    remove_outstanding(id);
  }
  try_mark_checkpoint(false, now);
  try_reading_new_batch(now);
  try_pushing(now);
}

void PersistentSubscription::nak(Subscriber* subscriber, const std::vector<EventId>& ids, NakAction action,
                                 const std::string& reason, Millis now) {
  for (const EventId& id : ids) {
    auto found = outstanding_.find(id);
    if (found == outstanding_.end()) continue;
    const OutstandingMessage message = found->second.message;
    if (action == NakAction::kRetry || action == NakAction::kUnknown) {
      if (!park_if_exhausted(message, now)) retry(message);
    } else if (action == NakAction::kPark) {
      park(message.event, "Client explicitly NAK'ed message.\n" + reason);
    }
  }
  ack(subscriber, ids, now);
}

void PersistentSubscription::notify_live(const Record& record, Millis now) {
  if (record.number < settings_.start_from) return;
  stat_last_known_ = std::max(stat_last_known_, record.number);
  const bool was_live = buffer_->live();
  ResolvedEvent event =
      settings_.resolve_link_tos ? store_.resolve(record, options_.live_link_cut) : ResolvedEvent{&record, nullptr};
  event.has_position = true;
  buffer_->add_live({event, 0});
  if (!buffer_->live() && was_live) next_to_pull_ = record.number;
  try_pushing(now);
}

void PersistentSubscription::tick(Millis now) {
  while (!by_time_.empty() && by_time_.begin()->first.first <= now) {
    const EventId id = by_time_.begin()->first.second;
    const OutstandingMessage message = outstanding_.at(id).message;
    remove_outstanding(id);
    if (!park_if_exhausted(message, now)) retry(message);
  }
  try_pushing(now);
  try_mark_checkpoint(true, now);
  try_reading_new_batch(now);
}

void PersistentSubscription::try_mark_checkpoint(bool is_time_check, Millis now) {
  std::int64_t lowest = kNone;
  for (const auto& [key, replayed] : by_sequence_) {
    if (replayed) continue;
    lowest = key.first;
    break;
  }
  lowest = std::min(lowest, buffer_->lowest_retry());
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
    event.id = new_event_id();
    event.type = "SubscriptionCheckpoint";
    event.is_json = true;
    event.data = std::to_string(lowest);
    const AppendOutcome outcome = store_.append_as_system(checkpoint_stream(), checkpoint_version_, {event});
    checkpoint_version_ = outcome.result == WriteResult::kSuccess ? outcome.last : kAny;
  }
}

void PersistentSubscription::replay_parked(std::optional<std::int64_t> stop_at, Millis now) {
  const std::int64_t last = store_.last_event_number(parked_stream());
  if (last < 0 || last == kDeletedStream) return;
  const std::int64_t end = stop_at ? std::min(*stop_at, last + 1) : last + 1;
  // Pages below the last replay's cut are empty and point behind it.
  for (std::int64_t from = 0; from < end;) {
    StreamPage page =
        store_.read_forward(parked_stream(), from, std::min<std::int64_t>(end - from, 500), true, &kSystem);
    if (page.result != ReadResult::kSuccess) return;
    for (const ResolvedEvent& event : page.events) {
      if (event.original().number < end) buffer_->add_retry({event, 0});
    }
    if (page.next <= from) break;
    from = page.next;
  }
  try_pushing(now);
  NewEvent cut;
  cut.id = new_event_id();
  cut.type = kMetadataType;
  cut.is_json = true;
  cut.data = "{\"$tb\":" + std::to_string(end) +
             ",\"$acl\":{\"$r\":\"$admins\",\"$w\":\"$admins\",\"$d\":\"$admins\",\"$mr\":\"$admins\",\"$mw\":"
             "\"$admins\"}}";
  store_.append_as_system(metastream_of(parked_stream()), kAny, {cut});
}

void PersistentSubscription::delete_streams() {
  store_.delete_stream(checkpoint_stream(), kAny, false, &kSystem);
  store_.delete_stream(parked_stream(), kAny, false, &kSystem);
}

PersistentSubscription::Info PersistentSubscription::get_info() {
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
  const StreamPage first = store_.read_forward(parked_stream(), 0, kNone, false, &kSystem);
  info.parked = static_cast<std::int64_t>(first.events.size());
  return info;
}

}  // namespace interconnect::eventstore
