#include "adapters/grpc/io/grpc_sink.h"

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

}  // namespace

GrpcSink::GrpcSink(boost::asio::io_context& io, GrpcStoreSettings settings)
    : silence_timer_(io),
      completed_([this](std::uint64_t id, const AppendOutcome& outcome) {
        completed_any_ = true;
        answered_lately_ = true;
        --unanswered_;
        const auto* error = std::get_if<StoreError>(&outcome);
        if (error != nullptr && error->kind == ErrorKind::kNotReady) on_not_ready();
        listener_->on_append_completed(id, outcome);
      }),
      doubted_([this](std::uint64_t id, const std::string& stream, const StoreError& error) {
        client_.prove_deleted(stream, error, [this, id](const StoreError& proven) { completed_(id, proven); });
      }),
      client_(io, at_the_leader(std::move(settings)),
              {.drained = [this] { on_outcomes_end(); },
               .connected = [this] { batches_->connected(); },
               .lost = [this](const StoreError& error) { listener_->on_sink_lost(error.message); }}) {
  batches_.emplace(client_, io, positions_, completed_, [this] { on_outcomes_end(); });
}

void GrpcSink::on_outcomes_end() {
  if (std::exchange(completed_any_, false)) listener_->on_outcomes_end();
}

void GrpcSink::start(EventSinkListener& listener) {
  listener_ = &listener;
  client_.connect();
}

void GrpcSink::append(const Append& append) {
  if (unanswered_++ == 0) answered_lately_ = true;  // the time counts from here
  watch_silence();
  if (client_.takes_writes() && batches_->takes(append)) return batches_->send(append);
  auto call = std::make_unique<AppendCall>(append, positions_, completed_, doubted_);
  if (!client_.takes_writes()) return client_.refuse(std::move(call));
  client_.start(std::move(call), kAppend, AppendCall::messages(append),
                {.timeout = client_.settings().operation_timeout});
}

void GrpcSink::watch_silence() {
  if (std::exchange(watches_silence_, true)) return;
  silence_timer_.expires_after(NodeConnection::kSilence);
  silence_timer_.async_wait([this, alive = std::weak_ptr(alive_)](boost::system::error_code error) {
    if (error || !alive.lock() || client_.stopping()) return;
    watches_silence_ = false;
    const bool was_answered = std::exchange(answered_lately_, false);
    if (unanswered_ == 0) return;
    if (!was_answered) client_.suspect_node();
    watch_silence();
  });
}

// Within a call of many appends, a node without a leader answers as one that is busy does; to a read it says which.
void GrpcSink::on_not_ready() {
  if (!client_.connected() || !client_.may_find_another() || std::exchange(asks_for_leader_, true)) return;
  client_.probe([this](const std::optional<StoreError>&) { asks_for_leader_ = false; });
}

void GrpcSink::stop(std::function<void()> stopped) {
  if (client_.stopping()) return;
  batches_->stop();
  silence_timer_.cancel();
  client_.stop(std::move(stopped));
}

}  // namespace interconnect::next

namespace interconnect {

std::unique_ptr<EventSink> make_grpc_sink(boost::asio::io_context& io, GrpcStoreSettings settings) {
  return std::make_unique<next::GrpcSink>(io, std::move(settings));
}

}  // namespace interconnect
