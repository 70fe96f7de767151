#pragma once

#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/grpc/io/store_client.h"
#include "adapters/grpc/io/subscription_call.h"
#include "adapters/grpc/session/group_upsert.h"
#include "adapters/grpc/session/stale_consumers.h"
#include "adapters/grpc/session/subscription_session.h"
#include "ports/event_source.h"

namespace interconnect::next {

class GrpcSource : public EventSource, private SubscriptionCall::Owner {
 public:
  GrpcSource(boost::asio::io_context& io, GrpcStoreSettings settings, std::vector<Subscription> subscriptions);
  ~GrpcSource() override = default;

  void start(EventSourceListener& listener) override;
  void subscribe(SubscriptionIndex subscription, std::int32_t buffer_size) override;
  void renew_group(SubscriptionIndex subscription) override;
  void acknowledge(SubscriptionIndex subscription, std::span<const EventId> ack_ids) override;
  void park(SubscriptionIndex subscription, std::span<const EventId> ack_ids, std::string_view reason) override;
  void read(const StreamRead& read) override { client_.read(read, *listener_); }
  void probe(Answer answer) override { client_.probe(std::move(answer)); }
  void stop(std::function<void()> stopped) override;

 private:
  struct State {
    State(boost::asio::io_context& io, Subscription wanted, const GrpcStoreSettings& settings)
        : wanted(std::move(wanted)),
          session(settings.reconnection),
          stale_consumers(settings.connection_name),
          timer(io),
          ack_timer(io),
          look_timer(io) {}

    Subscription wanted;
    SubscriptionSession session;
    std::optional<GroupUpsert> upsert;
    StaleConsumers stale_consumers;
    std::int32_t buffer_size = 0;
    SubscriptionCall* call = nullptr;  // the client's
    std::int32_t asked_for = 0;        // events, by `call`
    struct Silent {
      SubscriptionCall* call = nullptr;
      std::int32_t buffer_size = 0;
    };
    std::vector<Silent> silent;  // calls that were not confirmed in time, and may be yet
    Duration silence{0};         // after which the next is made
    Time asked_at{};             // with `call`
    Time awaited_since{};        // its confirmation, or that of one before it
    Duration grace{0};           // for its confirmation, once the groups are known to be served
    bool confirmed = false;
    bool again = false;                 // connect anew as soon as the call is confirmed
    bool awaits_node = false;           // the next step is taken once a node serves
    bool writing = false;               // what was sent last has not yet been handed to the connection
    std::vector<EventId> pending_acks;  // what comes within a moment leaves in one message
    bool ack_timer_runs = false;
    boost::asio::steady_timer timer;  // for the confirmation, or until the next attempt
    boost::asio::steady_timer ack_timer;
    boost::asio::steady_timer look_timer;
    std::uint64_t attempt = 0;  // answers to earlier attempts are ignored
  };

  void on_confirmed(SubscriptionCall& call) override;
  void on_event(SubscriptionCall& call, const PushedEvent& event) override;
  void on_written(SubscriptionCall& call) override;
  void on_ended(SubscriptionCall& call, const CallStatus& status) override;

  void on_connected();
  void on_no_connection(const StoreError& error);
  void attempt(SubscriptionIndex index);
  void reset(State& state);
  void next_step(SubscriptionIndex index);
  void upsert(SubscriptionIndex index, GroupUpsert::Action action);
  void read_group(SubscriptionIndex index);
  void connect(SubscriptionIndex index);
  void ask(SubscriptionIndex index);
  void put_aside(State& state);
  void ask_again(SubscriptionIndex index);
  void await_confirmation(SubscriptionIndex index, Duration time_left);
  void await_groups();
  void look_for_groups();
  void on_groups_served(Time asked_at);
  void await_look(SubscriptionIndex index);
  void look(SubscriptionIndex index);
  void evict(SubscriptionIndex index, const GroupInfo& group, const StaleConsumers::Stale& stale);
  // Says `finding`, and what is done about it.
  void update_to_mend(SubscriptionIndex index, const GroupInfo& group, const std::string& finding);
  void fail(SubscriptionIndex index, const CallStatus& status);
  void wait(SubscriptionIndex index, Duration duration, std::function<void()> then);
  void flush_acks(State& state);
  void start_ack_timer(SubscriptionIndex index);
  void on_drained();
  void lose(const std::string& message);
  void stop_when_written();
  void finish_stop();

  EventSourceListener* listener_ = nullptr;
  std::vector<std::unique_ptr<State>> states_;
  bool delivered_ = false;
  bool lost_ = false;
  bool asked_to_stop_ = false;
  bool last_question_ = false;
  bool awaits_groups_ = false;
  bool asks_for_groups_ = false;
  bool knows_of_groups_ = false;  // by the last answer over HTTP: whether they are served
  std::function<void()> stopped_;
  boost::asio::steady_timer stop_timer_;
  boost::asio::steady_timer groups_timer_;
  std::shared_ptr<char> alive_ = std::make_shared<char>();  // timers may ring after the source is gone
  StoreClient client_;                                      // last: it is gone before what its calls tell
};

}  // namespace interconnect::next
