#pragma once

#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "adapters/grpc/io/append_call.h"
#include "adapters/grpc/io/call.h"
#include "adapters/grpc/session/confirmed_positions.h"
#include "domain/append.h"
#include "domain/time.h"

namespace interconnect::next {

class StoreClient;

// Sends appends over one long BatchAppend call for each connection, if the server of that connection offers it
// (ServerFeatures, 21.10 on). What it does not take goes by Append, with the same outcomes.
class BatchAppender {
 public:
  // All outlive it. `completed` is called from the client's drain, or else `completed_outside` follows.
  BatchAppender(StoreClient& client, boost::asio::io_context& io, ConfirmedPositions& positions,
                const AppendCall::Completed& completed, std::function<void()> completed_outside);

  // Whether send() is the way for this append now. Asks a new connection's server what it offers.
  bool takes(const Append& append);
  void send(const Append& append);
  // A server takes one call's batches one after the other (Streams.BatchAppend.cs of 21.10), up to the log itself.
  std::size_t ordered_append_bytes() const;
  // As far as the server of the connection has told what it is. One that does not know the question is before 21.10.
  AppendSizeRule size_rule() const;
  // The server answers: a good moment to ask it, unless what it offers is known.
  void connected();
  void stop() { timer_.cancel(); }

 private:
  class BatchAppendCall;
  enum class Offer { kUnknown, kAsked, kYes, kNo };

  void follow_connection();
  void ask();
  void on_answer(BatchAppendCall& call, const grpc::Slice& message);
  void on_ended(BatchAppendCall& call, const CallStatus& status);
  void abandon(BatchAppendCall& call, std::string why);
  void arm_timer();
  void expire();

  StoreClient& client_;
  ConfirmedPositions& positions_;
  const AppendCall::Completed& completed_;
  std::function<void()> completed_outside_;
  boost::asio::steady_timer timer_;
  std::optional<Time> armed_for_;
  std::shared_ptr<char> alive_ = std::make_shared<char>();  // the timer may ring, an answer come, after it is gone

  std::uint64_t connection_ = 0;  // of `offer_` and `current_`
  Offer offer_ = Offer::kUnknown;
  AppendSizeRule size_rule_ = AppendSizeRule::kDataMetadataAndType;
  BatchAppendCall* current_ = nullptr;
  std::vector<BatchAppendCall*> calls_;        // the current one, and those that are about to end
  absl::flat_hash_set<std::string> suspects_;  // streams: one of their appends made a server end a whole call
};

}  // namespace interconnect::next
