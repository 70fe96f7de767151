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

  // It has failed, and the stream may be deleted for good (see DeletionProof).
  using Doubted = std::function<void(std::uint64_t append_id, const std::string& stream, const StoreError&)>;

  // `positions`, `completed` and `doubted` outlive it; one of the latter two is called.
  AppendCall(const Append& append, ConfirmedPositions& positions, const Completed& completed, const Doubted& doubted)
      : id_(append.id),
        stream_(append.stream),
        positions_(positions),
        newest_position_when_sent_(positions.newest()),
        completed_(completed),
        doubted_(doubted) {}

  static std::vector<grpc::ByteBuffer> messages(const Append& append);

  void on_message(const grpc::Slice& message) override { response_ = message; }
  void on_done(const CallStatus& status) override;

 private:
  std::uint64_t id_;
  std::string stream_;
  ConfirmedPositions& positions_;
  std::optional<std::uint64_t> newest_position_when_sent_;
  const Completed& completed_;
  const Doubted& doubted_;
  grpc::Slice response_;
};

}  // namespace interconnect::next
