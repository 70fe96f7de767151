#include "adapters/grpc/io/grpc_sink.h"

#include <chrono>
#include <utility>

#include "adapters/grpc/grpc_store.h"

namespace interconnect::next {
namespace {

constexpr char kAppend[] = "/event_store.client.streams.Streams/Append";

// A follower lags behind what it was written: a look-up there would miss events, and they would be appended again.
GrpcStoreSettings at_the_leader(GrpcStoreSettings settings) {
  settings.node_preference = NodePreference::kLeader;
  return settings;
}

Time now() { return std::chrono::steady_clock::now().time_since_epoch(); }

}  // namespace

GrpcSink::GrpcSink(boost::asio::io_context& io, GrpcStoreSettings settings)
    : schedule_(settings.reconnection),
      timer_(io),
      completed_([this](std::uint64_t id, const AppendOutcome& outcome) {
        completed_any_ = true;
        const auto* error = std::get_if<StoreError>(&outcome);
        if (error != nullptr && error->kind == ErrorKind::kNotReady) on_not_ready();
        // An answer that was late may be of a connection that has been left.
        if (std::holds_alternative<Appended>(outcome) && client_.connected()) on_connected();
        listener_->on_append_completed(id, outcome);
      }),
      client_(io, at_the_leader(std::move(settings)),
              {.drained = [this] { on_outcomes_end(); },
               .connection_lost = [this](const CallStatus& status) { on_connection_lost(status); },
               .no_leader = [this](const CallStatus& status) { on_no_leader(status); }}) {
  batches_.emplace(client_, io, completed_, [this] { on_outcomes_end(); });
}

void GrpcSink::on_outcomes_end() {
  if (std::exchange(completed_any_, false)) listener_->on_outcomes_end();
}

void GrpcSink::start(EventSinkListener& listener) {
  listener_ = &listener;
  recovering_ = true;
  attempt();
}

void GrpcSink::append(const Append& append) {
  if (client_.connected() && batches_->takes(append)) return batches_->send(append);
  // Without a connection it is refused there, before its events are encoded.
  client_.start(std::make_unique<AppendCall>(append, completed_), kAppend,
                client_.connected() ? AppendCall::messages(append) : std::vector<grpc::ByteBuffer>(),
                {.timeout = client_.settings().operation_timeout});
}

void GrpcSink::on_connection_lost(const CallStatus& status) {
  client_.forget_connection();
  if (std::exchange(recovering_, true)) return;
  schedule_attempt(to_store_error(status, "connection").message);
}

void GrpcSink::on_no_leader(const CallStatus& status) {
  if (client_.may_find_another()) on_connection_lost(status);
}

// Within a call of many appends, a node without a leader answers as one that is busy does; to a read it says which.
void GrpcSink::on_not_ready() {
  if (recovering_ || !client_.may_find_another() || std::exchange(asks_for_leader_, true)) return;
  client_.probe([this](const std::optional<StoreError>&) { asks_for_leader_ = false; });
}

void GrpcSink::schedule_attempt(const std::string& message) {
  const auto wait = schedule_.next(now());
  if (!wait) {
    if (!std::exchange(lost_, true)) listener_->on_sink_lost(message);
    return;
  }
  timer_.expires_after(*wait);
  timer_.async_wait([this, alive = std::weak_ptr(alive_)](boost::system::error_code error) {
    if (!error && alive.lock() && recovering_ && !client_.stopping()) attempt();
  });
}

void GrpcSink::attempt() {
  client_.connect([this](const CallStatus& status) {
    if (!status.ok() && !client_.connected()) {
      schedule_attempt(to_store_error(status, "connection").message);
      return;
    }
    batches_->connected();
    client_.probe([this](const std::optional<StoreError>& error) {
      if (!recovering_) return;
      if (error && (error->kind != ErrorKind::kNotReady || !client_.connected())) {
        schedule_attempt(error->message);
      } else {
        on_connected();
      }
    });
  });
}

void GrpcSink::on_connected() {
  schedule_.succeeded();
  recovering_ = false;
  batches_->connected();
}

void GrpcSink::stop(std::function<void()> stopped) {
  if (client_.stopping()) return;
  timer_.cancel();
  batches_->stop();
  client_.stop(std::move(stopped));
}

}  // namespace interconnect::next

namespace interconnect {

std::unique_ptr<EventSink> make_grpc_sink(boost::asio::io_context& io, GrpcStoreSettings settings) {
  return std::make_unique<next::GrpcSink>(io, std::move(settings));
}

}  // namespace interconnect
