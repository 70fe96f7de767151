#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "boost/asio/io_context.hpp"
#include "boost/asio/steady_timer.hpp"
#include "testing/eventstore/node/journal.h"
#include "testing/eventstore/node/options.h"
#include "testing/eventstore/store/event_store.h"
#include "testing/eventstore/store/subscription_service.h"

namespace interconnect::eventstore {

// What tests have told the node to do wrong. Counts go down as they are used up.
struct Misbehaviour {
  // Appends that take place and are answered this much later, or take place this much later.
  int answer_delay_ms = 0;
  int apply_delay_ms = 0;
  int drop_append_answers = 0;
  // Neither done nor answered.
  int ignore_appends = 0;
  int refuse_appends = 0;
  // A result's or gRPC status' name; each front knows its own.
  std::string refuse_with;
  std::string refuse_message;
  // Only appends to this stream are touched by the above, if it is set.
  std::string stream;
  // Nothing at all is answered, on no connection.
  bool silent = false;
  // The leader that this node is not, if the host is set.
  std::string leader_host;
  int leader_tcp_port = 0;
  int leader_http_port = 0;
  // What gossip tells, if there is any: true or not, and not for long.
  struct Member {
    std::string state;  // "Leader", "Follower", "Unknown"
    bool is_alive = true;
    int tcp_port = 0;
    int http_port = 0;
  };
  std::vector<Member> gossip;
  // Throttles: appends and events for each second, and time for each append.
  double appends_per_second = 0;
  double events_per_second = 0;
  int delay_per_append_ms = 0;
};

// One who is told of each committed event; used for volatile and catch-up subscriptions.
class CommitListener {
 public:
  virtual ~CommitListener() = default;
  virtual void committed(const Record& record) = 0;
};

// A node: the store, its groups, time, and the misbehaviour, for the fronts to serve. Everything here belongs to the
// one thread that runs the io_context; other threads come in through boost::asio::post.
class Node {
 public:
  // How an append ended: `refused_with` is set by misbehaviour only.
  struct AppendReply {
    AppendOutcome outcome;
    std::string refused_with;
    std::string refuse_message;
  };
  using AppendDone = std::function<void(const AppendReply&)>;

  Node(Options options, boost::asio::io_context& io);
  ~Node();

  const Options& options() const { return options_; }
  boost::asio::io_context& io() { return io_; }
  EventStore& store() { return store_; }
  SubscriptionService& groups() { return groups_; }
  Misbehaviour& misbehaviour() { return misbehaviour_; }

  // Appends, as misbehaviour and throttle say: `done` is called at once, later or never.
  void append(std::string stream, std::int64_t expected, std::vector<NewEvent> events, const User* user,
              AppendDone done);
  // Calls back after so many milliseconds, in the order of their times, then of the calls.
  void after(int ms, std::function<void()> call);
  // With manual time: makes the time pass, and calls what falls due.
  void advance(int ms);

  // Whether the node can serve yet; it cannot for its first --start-not-ready-ms.
  bool ready() const;
  void set_not_ready(bool not_ready) { not_ready_ = not_ready; }
  // Another user, or another password.
  void add_user(const std::string& name, const std::string& password);
  // Null without a right password. A node that is not ready knows no users.
  const User* authenticate(const std::string& name, const std::string& password) const;
  // Whether the access rules are off, as on a next-generation server without TLS.
  bool insecure() const {
    return options_.generation == Generation::kNext && options_.tls_cert.empty() && !options_.authenticates_without_tls;
  }

  // Listeners of a stream, of all streams if it is empty.
  void add_listener(const std::string& stream, CommitListener* listener);
  void remove_listener(const std::string& stream, CommitListener* listener);

  // Connections that /misbehave can cut; the returned number removes them again.
  int add_connection(std::function<void()> cut);
  void remove_connection(int number) { connections_.erase(number); }
  void cut_connections();
  std::size_t connection_count() const { return connections_.size(); }

  // The ports that the fronts listen on, for answers that tell them.
  int tcp_port = 0;
  int http_port = 0;
  // The instance id that gossip tells.
  const EventId instance_id = new_event_id();

 private:
  using TimePoint = std::chrono::steady_clock::time_point;

  bool use(int& count, const std::string& stream);
  void apply(std::string stream, std::int64_t expected, std::vector<NewEvent> events, const User* user,
             AppendDone done);
  void arm_timer();
  void arm_tick();
  void run_due(TimePoint until);
  TimePoint now() const { return options_.manual_time ? manual_now_.load() : std::chrono::steady_clock::now(); }
  void committed(const Record& record);

  const Options options_;
  boost::asio::io_context& io_;
  std::atomic<TimePoint> manual_now_;
  const TimePoint start_;
  EventStore store_;
  SubscriptionService groups_;
  Misbehaviour misbehaviour_;
  std::unique_ptr<Journal> journal_;
  std::atomic<bool> not_ready_ = false;
  std::unordered_map<std::string, std::vector<CommitListener*>> listeners_;
  std::map<int, std::function<void()>> connections_;
  int next_connection_ = 0;

  std::multimap<TimePoint, std::function<void()>> timers_;
  boost::asio::steady_timer timer_;
  TimePoint next_append_;
};

}  // namespace interconnect::eventstore
