#pragma once

#include <functional>
#include <vector>

#include "adapters/grpc/io/call.h"
#include "domain/append.h"

namespace interconnect::next {

// One Streams.Append: its options, then a message for each event. Every server has this call.
class AppendCall : public Call {
 public:
  using Completed = std::function<void(std::uint64_t append_id, const AppendOutcome&)>;

  AppendCall(const Append& append, const Completed& completed)
      : id_(append.id), stream_(append.stream), completed_(completed) {}

  static std::vector<grpc::ByteBuffer> messages(const Append& append);

  void on_message(const grpc::Slice& message) override { response_ = message; }
  void on_done(const CallStatus& status) override;

 private:
  std::uint64_t id_;
  std::string stream_;
  const Completed& completed_;
  grpc::Slice response_;
};

}  // namespace interconnect::next
