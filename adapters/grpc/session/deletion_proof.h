#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/grpc/wire/status.h"
#include "domain/stream_read.h"

namespace interconnect::next {

// Finds out whether a stream is deleted for good where its name keeps the server from saying so.
//
// The answer StreamDeleted has the stream's name in a trailer (RpcExceptions.cs, 20.6 to 25.0). The web server takes
// printable ASCII there only; for another name it answers HTTP status 500, which alone tells nothing. But nothing else
// of a read depends on the name in that way: whatever else a handler throws has a status of gRPC, and what stands
// before the handlers does not read the request. So it is proven by the same question about the stream, which fails
// thus each time, and about another one whose name goes on from this one's and which does not exist, which is answered
// each time, on one connection. A server or a proxy that fails now and then, or every so many times, does not follow
// our order.
class DeletionProof {
 public:
  // Whether the answer to a call about the stream may hide that.
  static bool is_wanted(const CallStatus& status, std::string_view stream);

  // `other`: a name that no stream has.
  DeletionProof(std::string_view stream, std::string_view other) : stream_(stream), other_(other) {}

  // What to read next, without an id; nothing when it is over.
  std::optional<StreamRead> next() const;
  // `status`: ok where there is an outcome that is no error.
  void on_answer(const CallStatus& status, const ReadOutcome& outcome);
  bool is_proven() const { return asked_ == order().size() && !is_refuted_; }

  // Whether each question is about the stream ('s') or the other one ('o'). The first 's' is the call that failed.
  static std::string_view order();

 private:
  std::string stream_;
  std::string other_;
  std::size_t asked_ = 1;
  bool is_refuted_ = false;
};

}  // namespace interconnect::next
