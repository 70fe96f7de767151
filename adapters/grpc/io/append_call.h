#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "adapters/grpc/io/call.h"
#include "adapters/grpc/session/confirmed_positions.h"
#include "domain/append.h"

namespace interconnect::next {

// One Streams.Append: its options, then a message for each event. Every server has this call.
class AppendCall : public Call {
 public:
  using Completed = std::function<void(std::uint64_t append_id, const AppendOutcome&)>;

  // `positions` and `completed` outlive it.
  AppendCall(const Append& append, ConfirmedPositions& positions, const Completed& completed)
      : id_(append.id),
        stream_(append.stream),
        positions_(positions),
        newest_position_when_sent_(positions.newest()),
        completed_(completed) {}

  static std::vector<grpc::ByteBuffer> messages(const Append& append);

  void on_message(const grpc::Slice& message) override { response_ = message; }
  void on_done(const CallStatus& status) override;

 private:
  std::uint64_t id_;
  std::string stream_;
  ConfirmedPositions& positions_;
  std::optional<std::uint64_t> newest_position_when_sent_;
  const Completed& completed_;
  grpc::Slice response_;
};

}  // namespace interconnect::next
