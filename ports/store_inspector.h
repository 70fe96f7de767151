#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "domain/event.h"
#include "domain/link_streams.h"
#include "domain/store_error.h"
#include "domain/subscription.h"

namespace interconnect {

struct ServerInfo {
  std::string version;    // "5.0.1.0"
  std::string state;      // "master", "leader", "follower", ...
  std::string node = {};  // HOST:PORT that answered; empty where that is not known
};

// A consumer group, as its server counts.
struct ConsumerGroupInfo {
  // All up to this revision of the subscribed stream is done with: by the group's checkpoint, which the server writes
  // only now and then, or, for a group that is live and has nothing on its way, all that it has seen.
  Revision settled = kNoStream;
  bool is_at_rest = false;  // live, and nothing on its way
  std::int64_t delivered =
      0;  // to all consumers since the server started or the group was updated, redeliveries included
  std::int64_t in_flight = 0;  // at all consumers, owed an answer
  std::size_t consumers = 0;
  std::optional<std::int64_t> parked = std::nullopt;  // 5.0.1 does not tell
  // The group's settings; nothing where the server does not tell all of them, or names a strategy that we do not know.
  std::optional<GroupSettings> settings = std::nullopt;
  // By the server's last checkpoint alone; kNoStream: it has written none since the group was made, updated or loaded.
  Revision last_checkpoint = kNoStream;
};

struct ProjectionInfo {
  std::string status;  // "Running", "Stopped", "Faulted (...)", ... as the server words it
  bool is_running = false;
  std::string reason = {};  // for its state; empty if the server gives none
  // Of its sources, in percent, as the server reckons: rounded, left where it was when a projection is stopped, and
  // below 100 for ever where what came last did not concern it. Nothing where it is not told.
  std::optional<double> progress = std::nullopt;
  std::string position = {};         // in its sources; "C:123/P:123" for one that reads the log
  std::int64_t buffered_events = 0;  // read and not processed
};

struct UserInfo {
  std::string name;
  std::vector<std::string> groups;  // "$admins", "$ops", ...
};

// Asks a store what the copy's own protocol cannot. One thread; no call blocks or throws.
class StoreInspector {
 public:
  // Called once, never from within the asking call. kNotFound: there is no such group, projection or user.
  // kNotAuthenticated, kAccessDenied: the credentials do not suffice for the question.
  template <typename T>
  using Answer = std::function<void(const std::variant<T, StoreError>&)>;

  // What it was asked and has not answered is never answered once it is gone.
  virtual ~StoreInspector() = default;

  virtual void server(Answer<ServerInfo> answer) = 0;
  virtual void consumer_group(const std::string& stream, const std::string& group,
                              Answer<ConsumerGroupInfo> answer) = 0;
  virtual void projection(const std::string& name, Answer<ProjectionInfo> answer) = 0;
  // The names of all projections that last, the servers' own included. kNotFound: the server runs without projections.
  virtual void projections(Answer<std::vector<std::string>> answer) = 0;
  virtual void projection_definition(const std::string& name, Answer<ProjectionDefinition> answer) = 0;
  // Who the credentials make of us.
  virtual void user(Answer<UserInfo> answer) = 0;
};

}  // namespace interconnect
