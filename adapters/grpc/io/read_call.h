#pragma once

#include <functional>
#include <vector>

#include "adapters/grpc/io/call.h"
#include "domain/stream_read.h"

namespace interconnect::next {

// Collects the messages of one Streams.Read, then hands them over as one page: a page is all or nothing.
class ReadCall : public Call {
 public:
  ReadCall(StreamRead read, std::function<void(const ReadOutcome&)> completed);

  void on_message(const grpc::Slice& message) override { messages_.push_back(message); }
  void on_done(const CallStatus& status) override;

 private:
  StreamRead read_;
  std::function<void(const ReadOutcome&)> completed_;
  std::vector<grpc::Slice> messages_;
};

}  // namespace interconnect::next
