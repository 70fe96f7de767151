#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "testing/eventstore/store/event_store.h"
#include "testing/eventstore/store/persistent_subscription.h"

namespace interconnect::eventstore {

enum class GroupResult { kSuccess, kAlreadyExists, kDoesNotExist, kFail, kAccessDenied };

struct GroupOutcome {
  GroupResult result = GroupResult::kSuccess;
  // The server's own words.
  std::string reason;
};

// All groups of the node (PersistentSubscriptionService.cs). Their settings are kept in $persistentSubscriptionConfig,
// from which Load() takes them after a restart.
class SubscriptionService {
 public:
  using Millis = PersistentSubscription::Millis;

  using Options = PersistentSubscription::Options;

  SubscriptionService(EventStore& store, Options options, std::function<Millis()> steady_clock);

  GroupOutcome create(const std::string& stream, const std::string& group, GroupSettings settings, const User* user);
  // Drops everyone who is connected.
  GroupOutcome update(const std::string& stream, const std::string& group, GroupSettings settings, const User* user);
  GroupOutcome delete_group(const std::string& stream, const std::string& group, const User* user);
  GroupOutcome replay_parked(const std::string& stream, const std::string& group, std::optional<std::int64_t> stop_at,
                             const User* user);

  struct Connected {
    PersistentSubscription* subscription = nullptr;
    DropReason refused = DropReason::kNotFound;
  };
  // Whether and to what a consumer may connect; the caller then confirms and calls add_client.
  Connected find_to_connect(const std::string& stream, const std::string& group, const User* user);

  // Null if there is no such group. `id` is "stream::group".
  PersistentSubscription* find(const std::string& id);
  PersistentSubscription* find(const std::string& stream, const std::string& group);
  // A closed connection: away with it wherever it is.
  void remove_client(Subscriber* subscriber);

  // In the order of creation; of one stream if it is given.
  std::vector<PersistentSubscription*> groups(const std::string& stream = "") const;

  void tick();
  void load();
  Millis now() const { return steady_clock_(); }

 private:
  void save(const User* user);
  void add(const std::string& stream, const std::string& group, GroupSettings settings);
  void remove(PersistentSubscription* subscription);

  EventStore& store_;
  const Options options_;
  const std::function<Millis()> steady_clock_;
  std::vector<std::unique_ptr<PersistentSubscription>> groups_;
  std::unordered_map<std::string, PersistentSubscription*> by_id_;
  std::unordered_map<std::string, std::vector<PersistentSubscription*>> by_stream_;
};

}  // namespace interconnect::eventstore
