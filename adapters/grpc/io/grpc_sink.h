#pragma once

#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <memory>
#include <optional>

#include "adapters/grpc/io/append_call.h"
#include "adapters/grpc/io/batch_appender.h"
#include "adapters/grpc/io/store_client.h"
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
  AppendSizeRule append_size_rule() const override { return batches_->size_rule(); }
  void stop(std::function<void()> stopped) override;

 private:
  void on_not_ready();
  void on_outcomes_end();
  void watch_silence();

  EventSinkListener* listener_ = nullptr;
  bool completed_any_ = false;
  bool asks_for_leader_ = false;
  std::size_t unanswered_ = 0;  // appends
  bool answered_lately_ = false;
  bool watches_silence_ = false;
  boost::asio::steady_timer silence_timer_;
  std::shared_ptr<char> alive_ = std::make_shared<char>();  // the timer may ring after the sink is gone
  ConfirmedPositions positions_;
  AppendCall::Completed completed_;
  std::optional<BatchAppender> batches_;
  StoreClient client_;  // last: it is gone before what its calls tell
};

}  // namespace interconnect::next
