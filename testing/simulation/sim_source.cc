#include "testing/simulation/sim_source.h"

#include <algorithm>
#include <utility>

namespace interconnect::simulation {
namespace {

constexpr std::string_view kGone = "gone-";

// What a link names whose target is gone: a stream that does not exist, one that begins later, one that is deleted, one
// of which nothing is left, one that ends before it.
std::string dead_target(const Pushed& pushed) {
  constexpr const char* kTargets[] = {"9@gone-never", "3@gone-begins", "2@gone-deleted", "4@gone-truncated",
                                      "7@gone-ends"};
  return kTargets[pushed.ack_id.bytes[15] % 5];
}

}  // namespace

SourceServer::SourceServer(Context& context, const std::vector<Revision>& starts) : context_(context) {
  for (std::size_t i = 0; i < context.plan.subscriptions.size(); ++i) {
    groups_.push_back(std::make_unique<ConsumerGroup>(context, context.plan.subscriptions[i], starts[i]));
  }
  context_.scheduler.after(kSecond, [this] { tick(); });
}

void SourceServer::tick() {
  if (is_up_) {
    for (const auto& group : groups_) group->tick();
  }
  context_.scheduler.after(kSecond, [this] { tick(); });
}

bool SourceServer::is_settled() const {
  return std::all_of(groups_.begin(), groups_.end(), [](const auto& group) { return group->is_settled(); });
}

void SourceServer::add(const StoredEvent& event, bool is_dead) {
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    const std::string& stream = context_.plan.subscriptions[i].stream;
    const bool is_link = stream.starts_with('$');
    const bool is_wanted = is_link ? stream == "$ce-s" || stream == "$et-" + event.type : stream == event.stream;
    if (!is_wanted || (is_dead && !is_link)) continue;
    if (is_link && is_left_out(context_.plan, event)) continue;
    Pushed pushed;
    pushed.ack_id = is_link ? make_id(0xC0DE + i, ++links_) : event.id;
    pushed.stream = event.stream;
    pushed.revision = event.revision;
    pushed.is_dead = is_dead;
    if (is_link && !is_dead && context_.plan.unresolved_links) {
      pushed.is_unresolved = context_.random.one_in(3);
      pushed.is_wrong = !pushed.is_unresolved && event.revision > 0 && context_.random.one_in(3);
    }
    groups_[i]->add(std::move(pushed));
    if (is_up_) groups_[i]->fill_and_push();
  }
}

std::shared_ptr<Connection> SourceServer::connect(SubscriptionIndex subscription, int buffer_size, SimSource* client) {
  auto connection = std::make_shared<Connection>();
  connection->subscription = subscription;
  connection->buffer_size = buffer_size;
  connection->client = client;
  connection->last_to_client = context_.now() + context_.latency();
  std::erase_if(connections_, [](const auto& c) { return c->is_cut; });
  connections_.push_back(connection);
  return connection;
}

void SourceServer::cut(const std::shared_ptr<Connection>& connection, Duration server_notices_after) {
  if (std::exchange(connection->is_cut, true)) return;
  context_.note("cut", context_.plan.subscriptions[connection->subscription].stream, {server_notices_after.count()});
  context_.scheduler.after(server_notices_after,
                           [this, connection] { groups_[connection->subscription]->lose(connection.get()); });
  if (connection->client != nullptr) connection->client->notice_cut(connection, false);
}

void SourceServer::cut_one() {
  std::vector<std::shared_ptr<Connection>> living;
  for (const auto& connection : connections_) {
    if (!connection->is_cut) living.push_back(connection);
  }
  if (living.empty()) return;
  const auto& victim =
      living[static_cast<std::size_t>(context_.random.between(0, static_cast<std::int64_t>(living.size()) - 1))];
  cut(victim, context_.random.between(0, context_.plan.dead_notice / kMillisecond) * kMillisecond);
}

void SourceServer::stop() {
  context_.note("source-down", "");
  is_up_ = false;
  for (const auto& group : groups_) group->restart();
  for (const auto& connection : connections_) {
    if (std::exchange(connection->is_cut, true)) continue;
    if (connection->client != nullptr) connection->client->notice_cut(connection, true);
  }
  connections_.clear();
}

void SourceServer::start() {
  context_.note("source-up", "");
  is_up_ = true;
  for (const auto& group : groups_) group->fill_and_push();
}

SimSource::SimSource(Context& context, SourceServer& server, GroupState group, OnAcknowledge on_acknowledge)
    : context_(context), server_(server), group_(group), on_acknowledge_(std::move(on_acknowledge)) {
  states_.resize(context.plan.subscriptions.size());
}

SimSource::~SimSource() {
  for (const State& state : states_) {
    if (!state.connection) continue;
    state.connection->client = nullptr;
    // The system closes a dead process's sockets at once; a machine that went away closes nothing.
    const bool is_noticed_late = context_.is_faulty && context_.random.one_in(3);
    server_.cut(state.connection,
                is_noticed_late ? context_.random.between(0, context_.plan.dead_notice / kMillisecond) * kMillisecond
                                : context_.latency());
  }
}

void SimSource::subscribe(SubscriptionIndex subscription, std::int32_t buffer_size) {
  State& state = states_[subscription];
  context_.note("subscribe", context_.plan.subscriptions[subscription].stream, {buffer_size});
  const bool is_smaller = buffer_size < state.buffer_size;
  state.buffer_size = buffer_size;
  Time closed = context_.now();
  if (state.connection) {
    state.connection->client = nullptr;
    const std::shared_ptr<Connection> old = std::exchange(state.connection, nullptr);
    // Over gRPC a call's cancellation and the next call reach the server's groups in either order. Where the buffer
    // stays, the copier does not promise to wait for long.
    if (!old->is_cut && is_smaller && context_.is_faulty && context_.random.one_in(3)) {
      server_.cut(old, context_.random.between(0, context_.plan.dead_notice / kMillisecond) * kMillisecond);
    } else if (!old->is_cut) {
      send(
          old, [old](ConsumerGroup& group) { group.lose(old.get()); }, Duration{0});
      // It is closed in order: what was sent before still arrives, and the new one is asked for after that.
      closed = old->last_to_server;
      context_.scheduler.at(old->last_to_server + std::chrono::microseconds(1), [old] { old->is_cut = true; });
    }
  }
  connect(subscription, closed - context_.now() + context_.latency());
}

void SimSource::connect(SubscriptionIndex subscription, Duration delay) {
  const int attempt = ++states_[subscription].attempt;
  context_.scheduler.after(delay, lifeline_.guard([this, subscription, attempt] {
    State& state = states_[subscription];
    if (is_stopped_ || attempt != state.attempt) return;
    if (!server_.is_up()) return connect(subscription, kSecond);
    state.connection = server_.connect(subscription, state.buffer_size, this);
    const std::shared_ptr<Connection> connection = state.connection;
    context_.scheduler.at(connection->last_to_client, lifeline_.guard([this, subscription, connection] {
      if (connection->is_cut || connection->client == nullptr || is_stopped_) return;
      context_.note("started", context_.plan.subscriptions[subscription].stream);
      listener_->on_subscription_started({subscription, group_, context_.plan.subscriptions[subscription].settings});
    }));
    server_.group(subscription).connect(connection);
  }));
}

void SimSource::send(const std::shared_ptr<Connection>& connection, std::function<void(ConsumerGroup&)> what,
                     Duration extra) {
  connection->last_to_server = std::max(connection->last_to_server, context_.now() + context_.latency() + extra);
  SourceServer& server = server_;
  context_.scheduler.at(connection->last_to_server, [&server, connection, what = std::move(what)] {
    if (!connection->is_cut && server.is_up()) what(server.group(connection->subscription));
  });
}

void SimSource::settle(SubscriptionIndex subscription, std::span<const EventId> ack_ids) {
  auto& delivered = states_[subscription].delivered;
  for (const EventId& id : ack_ids) {
    const auto it = delivered.find(id);
    if (it == delivered.end()) continue;
    for (const Pushed& pushed : it->second) on_acknowledge_(pushed);
    delivered.erase(it);
  }
}

void SimSource::acknowledge(SubscriptionIndex subscription, std::span<const EventId> ack_ids) {
  const State& state = states_[subscription];
  context_.note("acknowledge", context_.plan.subscriptions[subscription].stream,
                {static_cast<std::int64_t>(ack_ids.size())});
  settle(subscription, ack_ids);
  if (!state.connection || context_.strikes(&Faults::lost_acks, 10)) return;
  const Duration extra =
      context_.strikes(&Faults::late_acks, 30) ? context_.random.between(0, 4'000) * kMillisecond : Duration{0};
  send(
      state.connection,
      [ids = std::vector<EventId>(ack_ids.begin(), ack_ids.end())](ConsumerGroup& group) { group.acknowledge(ids); },
      extra);
}

void SimSource::park(SubscriptionIndex subscription, std::span<const EventId> ack_ids, std::string_view reason) {
  const State& state = states_[subscription];
  context_.note("park", reason, {static_cast<std::int64_t>(subscription)});
  settle(subscription, ack_ids);
  if (!state.connection) return;
  send(
      state.connection,
      [ids = std::vector<EventId>(ack_ids.begin(), ack_ids.end())](ConsumerGroup& group) { group.park(ids); },
      Duration{0});
}

void SimSource::stop(std::function<void()> stopped) {
  is_stopped_ = true;
  Time done = context_.now();
  for (State& state : states_) {
    if (!state.connection) continue;
    state.connection->client = nullptr;
    const std::shared_ptr<Connection> old = std::exchange(state.connection, nullptr);
    if (old->is_cut) continue;
    send(
        old, [old](ConsumerGroup& group) { group.lose(old.get()); }, Duration{0});
    done = std::max(done, old->last_to_server);
  }
  context_.scheduler.at(done, lifeline_.guard(std::move(stopped)));
}

void SimSource::read(const StreamRead& read) {
  context_.note("source-read", read.stream, {read.from, read.count});
  const Time asked = context_.now() + context_.latency();
  const bool fails = context_.strikes(&Faults::read_errors, 10);
  context_.scheduler.at(asked + context_.latency(), lifeline_.guard([this, read, asked, fails] {
    if (is_stopped_) return;
    if (fails || !server_.is_up()) {
      return listener_->on_read_completed(read.id, StoreError{ErrorKind::kUnavailable, "the source does not answer"});
    }
    if (read.stream.starts_with(kGone)) return answer_gone(read);
    const Store::Page page = context_.source.read(read, asked);
    listener_->on_read_completed(read.id, page.page);
  }));
}

void SimSource::answer_gone(const StreamRead& read) {
  if (read.stream.ends_with("never")) return listener_->on_read_completed(read.id, StreamPage{{}, false, true, 0});
  if (read.stream.ends_with("deleted")) {
    return listener_->on_read_completed(read.id, StoreError{ErrorKind::kStreamDeleted, "it is deleted"});
  }
  EventView last;
  last.stream = read.stream;
  last.revision = 6;
  const bool has_last = !read.stream.ends_with("truncated");
  const bool shows_last = has_last && (read.direction == ReadDirection::kBackward || read.from <= last.revision);
  listener_->on_read_completed(read.id, StreamPage{std::span(&last, shows_last ? 1 : 0), true, true, 0});
}

void SimSource::probe(Answer answer) {
  context_.scheduler.after(context_.latency(), lifeline_.guard([answer = std::move(answer)] { answer(std::nullopt); }));
}

void SimSource::receive(const Connection& connection, const std::vector<Pushed>& batch) {
  if (is_stopped_ || states_[connection.subscription].connection.get() != &connection) return;
  for (const Pushed& pushed : batch) {
    context_.note("delivery", pushed.stream, {pushed.revision, pushed.position, pushed.retry_count, pushed.is_dead});
    states_[connection.subscription].delivered[pushed.ack_id].push_back(pushed);
    Delivery delivery;
    delivery.subscription = connection.subscription;
    delivery.ack_id = pushed.ack_id;
    delivery.position = pushed.position;
    delivery.retry_count = pushed.retry_count;
    const std::string& subscribed = context_.plan.subscriptions[connection.subscription].stream;
    const std::string text =
        pushed.is_dead ? dead_target(pushed) : std::to_string(pushed.revision) + "@" + pushed.stream;
    const EventView link{subscribed, pushed.position, pushed.ack_id, "$>", ContentKind::kBinary, text, ""};
    EventView event;
    if (!pushed.is_dead) {
      const auto shown = static_cast<std::size_t>(pushed.is_wrong ? pushed.revision - 1 : pushed.revision);
      event = (*context_.source.find(pushed.stream))[shown].view();
    }
    const bool is_hidden = pushed.is_dead || event.revision < context_.source.shown_from(pushed.stream);
    if (!subscribed.starts_with('$')) {
      delivery.event = &event;
    } else if (context_.plan.unresolving_group) {
      delivery.event = &link;
    } else {
      delivery.link = &link;
      if (!is_hidden && !pushed.is_unresolved) delivery.event = &event;
    }
    ++deliveries_;
    listener_->on_delivery(delivery);
  }
  listener_->on_deliveries_end();
}

void SimSource::notice_cut(std::shared_ptr<Connection> connection, bool at_once) {
  const Duration delay = at_once ? context_.latency() : context_.random.between(0, 1'500) * kMillisecond;
  context_.scheduler.after(delay, lifeline_.guard([this, connection, subscription = connection->subscription] {
    State& state = states_[subscription];
    if (is_stopped_ || state.connection != connection) return;
    state.connection->client = nullptr;
    state.connection = nullptr;
    context_.note("dropped", context_.plan.subscriptions[subscription].stream);
    listener_->on_subscription_dropped(subscription, DropReason::kConnectionLost, "the connection is lost");
    connect(subscription, context_.random.between(0, 1'000) * kMillisecond);
  }));
}

}  // namespace interconnect::simulation
