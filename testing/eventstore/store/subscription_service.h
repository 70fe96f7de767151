#ifndef TESTING_EVENTSTORE_STORE_SUBSCRIPTION_SERVICE_H_
#define TESTING_EVENTSTORE_STORE_SUBSCRIPTION_SERVICE_H_

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

  GroupOutcome Create(const std::string& stream, const std::string& group, GroupSettings settings, const User* user);
  // Drops everyone who is connected.
  GroupOutcome Update(const std::string& stream, const std::string& group, GroupSettings settings, const User* user);
  GroupOutcome Delete(const std::string& stream, const std::string& group, const User* user);
  GroupOutcome ReplayParked(const std::string& stream, const std::string& group, std::optional<std::int64_t> stop_at,
                            const User* user);

  struct Connected {
    PersistentSubscription* subscription = nullptr;
    DropReason refused = DropReason::kNotFound;
  };
  // Whether and to what a consumer may connect; the caller then confirms and calls AddClient.
  Connected FindToConnect(const std::string& stream, const std::string& group, const User* user);

  // Null if there is no such group. `id` is "stream::group".
  PersistentSubscription* Find(const std::string& id);
  PersistentSubscription* Find(const std::string& stream, const std::string& group);
  // A closed connection: away with it wherever it is.
  void RemoveClient(Subscriber* subscriber);

  // In the order of creation; of one stream if it is given.
  std::vector<PersistentSubscription*> Groups(const std::string& stream = "") const;

  void Tick();
  void Load();
  Millis now() const { return steady_clock_(); }

 private:
  void Save(const User* user);
  void Add(const std::string& stream, const std::string& group, GroupSettings settings);
  void Remove(PersistentSubscription* subscription);

  EventStore& store_;
  const Options options_;
  const std::function<Millis()> steady_clock_;
  std::vector<std::unique_ptr<PersistentSubscription>> groups_;
  std::unordered_map<std::string, PersistentSubscription*> by_id_;
  std::unordered_map<std::string, std::vector<PersistentSubscription*>> by_stream_;
};

}  // namespace interconnect::eventstore

#endif  // TESTING_EVENTSTORE_STORE_SUBSCRIPTION_SERVICE_H_
