#pragma once

#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>

#include "adapters/grpc/io/append_call.h"
#include "adapters/grpc/io/batch_appender.h"
#include "adapters/grpc/io/store_client.h"
#include "adapters/grpc/session/retry_schedule.h"
#include "ports/event_sink.h"

namespace interconnect::next {

// Writes to the leader and reads from it, whatever node the settings prefer.
class GrpcSink : public EventSink {
 public:
  GrpcSink(boost::asio::io_context& io, GrpcStoreSettings settings);

  void start(EventSinkListener& listener) override;
  void append(const Append& append) override;
  void read(const StreamRead& read) override { client_.read(read, *listener_); }
  void probe(Answer answer) override { client_.probe(std::move(answer)); }
  // Streams.Append gives each call a task of its own, so that their order is anybody's guess.
  std::size_t ordered_append_bytes() const override { return batches_->ordered_append_bytes(); }
  void stop(std::function<void()> stopped) override;

 private:
  // The channel connects again by itself, and calls are tried on it all the time; what is done here after a loss is to
  // look for another node where there may be one, and to count the attempts.
  void on_connection_lost(const CallStatus& status);
  // Another node may know one. A node that is the only one gets ready, or names the leader, by itself.
  void on_no_leader(const CallStatus& status);
  void on_not_ready();
  void schedule_attempt(const std::string& message);
  void attempt();
  void on_connected();
  void on_outcomes_end();

  EventSinkListener* listener_ = nullptr;
  RetrySchedule schedule_;
  bool recovering_ = false;
  bool lost_ = false;
  bool completed_any_ = false;
  bool asks_for_leader_ = false;
  boost::asio::steady_timer timer_;
  std::shared_ptr<char> alive_ = std::make_shared<char>();  // the timer may ring after the sink is gone
  AppendCall::Completed completed_;
  std::optional<BatchAppender> batches_;
  StoreClient client_;  // last: it is gone before what its calls tell
};

}  // namespace interconnect::next
