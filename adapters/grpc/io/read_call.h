#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "adapters/grpc/io/call.h"
#include "domain/stream_read.h"

namespace interconnect::next {

// Collects the messages of one Streams.Read, then hands them over as one page: a page is all or nothing. One that is
// too large to be held is given up as kTooLarge, unless a single event was asked for.
class ReadCall : public Call {
 public:
  using Completed = std::function<void(const CallStatus&, const ReadOutcome&)>;

  ReadCall(StreamRead read, Completed completed);

  void on_message(const grpc::Slice& message) override;
  void on_done(const CallStatus& status) override;

 private:
  StreamRead read_;
  Completed completed_;
  std::vector<grpc::Slice> messages_;
  std::size_t bytes_ = 0;
  bool too_large_ = false;
};

}  // namespace interconnect::next
