#include "testing/eventstore/store/subscription_service.h"

#include <algorithm>

#include "rapidjson/document.h"
#include "rapidjson/stringbuffer.h"
#include "rapidjson/writer.h"

namespace interconnect::eventstore {
namespace {

constexpr char kConfigStream[] = "$persistentSubscriptionConfig";
constexpr char kSettingsStream[] = "$settings";
const User kSystem{"$system", "", {"$admins"}};

}  // namespace

SubscriptionService::SubscriptionService(EventStore& store, Options options, std::function<Millis()> steady_clock)
    : store_(store), options_(options), steady_clock_(std::move(steady_clock)) {
  store_.add_observer([this](const Record& record) {
    auto it = by_stream_.find(record.stream_name());
    if (it == by_stream_.end()) return;
    for (PersistentSubscription* subscription : it->second) subscription->notify_live(record, now());
  });
}

GroupOutcome SubscriptionService::create(const std::string& stream, const std::string& group, GroupSettings settings,
                                         const User* user) {
  if (!store_.can_access(kSettingsStream, Access::kWrite, user)) {
    return {GroupResult::kAccessDenied, "You do not have permissions to create streams"};
  }
  if (find(stream, group) != nullptr) {
    return {GroupResult::kAlreadyExists, "Group '" + group + "' already exists."};
  }
  if (stream.empty() || stream == kAllStream) return {GroupResult::kFail, "Bad stream name."};
  if (new_consumer_strategy(settings.named_consumer_strategy) == nullptr) {
    return {GroupResult::kFail, "Consumer strategy " + settings.named_consumer_strategy + " does not exist."};
  }
  add(stream, group, std::move(settings));
  save(user);
  return {};
}

GroupOutcome SubscriptionService::update(const std::string& stream, const std::string& group, GroupSettings settings,
                                         const User* user) {
  if (!store_.can_access(kSettingsStream, Access::kWrite, user)) {
    return {GroupResult::kAccessDenied, "You do not have permissions to update the subscription"};
  }
  PersistentSubscription* subscription = find(stream, group);
  if (subscription == nullptr) return {GroupResult::kDoesNotExist, "Group '" + group + "' does not exist."};
  if (new_consumer_strategy(settings.named_consumer_strategy) == nullptr) {
    return {GroupResult::kFail, "Consumer strategy " + settings.named_consumer_strategy + " does not exist."};
  }
  remove(subscription);
  add(stream, group, std::move(settings));
  save(user);
  return {};
}

GroupOutcome SubscriptionService::delete_group(const std::string& stream, const std::string& group, const User* user) {
  if (!store_.can_access(kSettingsStream, Access::kWrite, user)) {
    return {GroupResult::kAccessDenied, "You do not have permissions to create streams"};
  }
  PersistentSubscription* subscription = find(stream, group);
  if (subscription == nullptr) return {GroupResult::kDoesNotExist, "Group '" + group + "' does not exist."};
  subscription->delete_streams();
  remove(subscription);
  save(user);
  return {};
}

GroupOutcome SubscriptionService::replay_parked(const std::string& stream, const std::string& group,
                                                std::optional<std::int64_t> stop_at, const User* user) {
  if (!store_.can_access(kSettingsStream, Access::kWrite, user)) {
    return {GroupResult::kAccessDenied, "You do not have permissions to replay messages"};
  }
  PersistentSubscription* subscription = find(stream, group);
  if (subscription == nullptr) {
    return {GroupResult::kDoesNotExist, "Unable to locate '" + stream + "::" + group + "'"};
  }
  subscription->replay_parked(stop_at, now());
  return {};
}

SubscriptionService::Connected SubscriptionService::find_to_connect(const std::string& stream, const std::string& group,
                                                                    const User* user) {
  if (!store_.can_access(stream, Access::kRead, user)) return {nullptr, DropReason::kAccessDenied};
  PersistentSubscription* subscription = find(stream, group);
  if (subscription == nullptr) return {nullptr, DropReason::kNotFound};
  if (subscription->has_reached_max_client_count()) return {nullptr, DropReason::kSubscriberMaxCountReached};
  return {subscription, DropReason::kUnsubscribed};
}

PersistentSubscription* SubscriptionService::find(const std::string& id) {
  auto it = by_id_.find(id);
  return it == by_id_.end() ? nullptr : it->second;
}

PersistentSubscription* SubscriptionService::find(const std::string& stream, const std::string& group) {
  return find(stream + "::" + group);
}

void SubscriptionService::remove_client(Subscriber* subscriber) {
  for (auto& subscription : groups_) subscription->remove_client(subscriber, now());
}

std::vector<PersistentSubscription*> SubscriptionService::groups(const std::string& stream) const {
  std::vector<PersistentSubscription*> groups;
  for (const auto& subscription : groups_) {
    if (stream.empty() || subscription->stream() == stream) groups.push_back(subscription.get());
  }
  return groups;
}

void SubscriptionService::tick() {
  for (auto& subscription : groups_) subscription->tick(now());
}

void SubscriptionService::add(const std::string& stream, const std::string& group, GroupSettings settings) {
  auto subscription =
      std::make_unique<PersistentSubscription>(store_, options_, stream, group, std::move(settings), now());
  by_id_[subscription->id()] = subscription.get();
  by_stream_[stream].push_back(subscription.get());
  groups_.push_back(std::move(subscription));
}

void SubscriptionService::remove(PersistentSubscription* subscription) {
  subscription->drop_all();
  by_id_.erase(subscription->id());
  std::erase(by_stream_[subscription->stream()], subscription);
  std::erase_if(groups_, [subscription](const auto& s) { return s.get() == subscription; });
}

void SubscriptionService::save(const User* user) {
  rapidjson::StringBuffer out;
  rapidjson::Writer<rapidjson::StringBuffer> w(out);
  auto number = [&w](const char* key, std::int64_t value) {
    w.Key(key);
    w.Int64(value);
  };
  auto text = [&w](const char* key, const std::string& value) {
    w.Key(key);
    w.String(value.c_str(), static_cast<rapidjson::SizeType>(value.size()));
  };
  auto flag = [&w](const char* key, bool value) {
    w.Key(key);
    w.Bool(value);
  };
  w.StartObject();
  text("version", "2");
  text("updatedBy", user == nullptr ? "" : user->name);
  w.Key("entries");
  w.StartArray();
  for (const auto& subscription : groups_) {
    const GroupSettings& s = subscription->settings();
    w.StartObject();
    text("stream", subscription->stream());
    text("group", subscription->group());
    flag("resolveLinkTos", s.resolve_link_tos);
    flag("extraStatistics", s.extra_statistics);
    number("messageTimeout", s.message_timeout_ms);
    number("startFrom", s.start_from);
    number("liveBufferSize", s.live_buffer_size);
    number("historyBufferSize", s.buffer_size);
    number("maxRetryCount", s.max_retry_count);
    number("readBatchSize", s.read_batch_size);
    flag("preferRoundRobin", false);
    number("checkPointAfter", s.check_point_after_ms);
    number("minCheckPointCount", s.min_check_point_count);
    number("maxCheckPointCount", s.max_check_point_count);
    number("maxSubscriberCount", s.max_subscriber_count);
    text("namedConsumerStrategy", s.named_consumer_strategy);
    w.EndObject();
  }
  w.EndArray();
  w.EndObject();
  NewEvent event;
  event.id = new_event_id();
  event.type = "PersistentConfig1";
  event.is_json = true;
  event.data.assign(out.GetString(), out.GetSize());
  store_.append_as_system(kConfigStream, kAny, {event});
}

void SubscriptionService::load() {
  const EventPage page = store_.read_event(kConfigStream, -1, false, &kSystem);
  if (page.result != ReadResult::kSuccess) return;
  const std::string& data = page.event.event->data;
  rapidjson::Document d;
  if (d.Parse(data.data(), data.size()).HasParseError() || !d.IsObject() || !d.HasMember("entries")) return;
  for (const auto& e : d["entries"].GetArray()) {
    GroupSettings s;
    s.resolve_link_tos = e["resolveLinkTos"].GetBool();
    s.extra_statistics = e["extraStatistics"].GetBool();
    s.message_timeout_ms = e["messageTimeout"].GetInt();
    s.start_from = e["startFrom"].GetInt64();
    s.live_buffer_size = e["liveBufferSize"].GetInt();
    s.buffer_size = e["historyBufferSize"].GetInt();
    s.max_retry_count = e["maxRetryCount"].GetInt();
    s.read_batch_size = e["readBatchSize"].GetInt();
    s.check_point_after_ms = e["checkPointAfter"].GetInt();
    s.min_check_point_count = e["minCheckPointCount"].GetInt();
    s.max_check_point_count = e["maxCheckPointCount"].GetInt();
    s.max_subscriber_count = e["maxSubscriberCount"].GetInt();
    s.named_consumer_strategy = e["namedConsumerStrategy"].GetString();
    add(e["stream"].GetString(), e["group"].GetString(), std::move(s));
  }
}

}  // namespace interconnect::eventstore
