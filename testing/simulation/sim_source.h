#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "ports/event_source.h"
#include "testing/simulation/consumer_group.h"

namespace interconnect::simulation {

// The source's server: the groups that it keeps, and whether it is up.
class SourceServer {
 public:
  SourceServer(Context& context, const std::vector<Revision>& starts);

  ConsumerGroup& group(SubscriptionIndex i) { return *groups_[i]; }
  std::size_t groups() const { return groups_.size(); }
  bool is_up() const { return is_up_; }
  bool is_settled() const;

  // An event and its links; `is_dead`: only a link whose target is gone.
  void add(const StoredEvent& event, bool is_dead);

  std::shared_ptr<Connection> connect(SubscriptionIndex subscription, int buffer_size, SimSource* client);
  // The wire breaks. Either end notices on its own.
  void cut(const std::shared_ptr<Connection>& connection, Duration server_notices_after);
  void cut_one();
  void stop();
  void start();

 private:
  void tick();

  Context& context_;
  std::vector<std::unique_ptr<ConsumerGroup>> groups_;
  std::vector<std::shared_ptr<Connection>> connections_;
  std::uint64_t links_ = 0;
  bool is_up_ = true;
};

// The port, for one process.
class SimSource final : public EventSource {
 public:
  // Told of each delivery that is about to be settled at the server.
  using OnAcknowledge = std::function<void(const Pushed&)>;

  SimSource(Context& context, SourceServer& server, GroupState group, OnAcknowledge on_acknowledge);
  ~SimSource() override;

  void start(EventSourceListener& listener) override { listener_ = &listener; }
  void subscribe(SubscriptionIndex subscription, std::int32_t buffer_size) override;
  void renew_group(SubscriptionIndex) override {}
  void acknowledge(SubscriptionIndex subscription, std::span<const EventId> ack_ids) override;
  void park(SubscriptionIndex subscription, std::span<const EventId> ack_ids, std::string_view reason) override;
  void stop(std::function<void()> stopped) override;
  void read(const StreamRead& read) override;
  void probe(Answer answer) override;

  // Handed over so far.
  std::uint64_t deliveries() const { return deliveries_; }

  // From the server.
  void receive(const Connection& connection, const std::vector<Pushed>& batch);
  void notice_cut(std::shared_ptr<Connection> connection, bool at_once);

 private:
  struct State {
    std::map<EventId, std::vector<Pushed>> delivered;  // and not acknowledged
    int buffer_size = 0;
    std::shared_ptr<Connection> connection;
    int attempt = 0;
  };

  void settle(SubscriptionIndex subscription, std::span<const EventId> ack_ids);
  void connect(SubscriptionIndex subscription, Duration delay);
  void answer_gone(const StreamRead& read);
  void send(const std::shared_ptr<Connection>& connection, std::function<void(ConsumerGroup&)> what, Duration extra);

  Context& context_;
  SourceServer& server_;
  std::uint64_t deliveries_ = 0;
  GroupState group_;
  OnAcknowledge on_acknowledge_;
  EventSourceListener* listener_ = nullptr;
  std::vector<State> states_;
  bool is_stopped_ = false;
  Lifeline lifeline_;
};

}  // namespace interconnect::simulation
