#pragma once

#include <grpcpp/support/byte_buffer.h>

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace interconnect::next {

class Call;

// What a call of gRPC tells from one of gRPC's threads.
struct Input {
  enum class Kind { kMessage, kWrote, kDone };

  Call* call = nullptr;
  Kind kind = Kind::kMessage;
  grpc::ByteBuffer message;
};

// Carries inputs from gRPC's threads to the thread of the io_context. Only the first of a burst posts there: one drain
// takes all that has come by then.
class Inbox : public std::enable_shared_from_this<Inbox> {
 public:
  // `drain` runs on the io_context; it is never called from within push() or request_drain().
  Inbox(boost::asio::io_context& io, std::function<void()> drain);

  // From any thread.
  void push(Input input);

  // The rest is for the io_context's thread.

  void request_drain();
  // All inputs that have come, in order; `inputs` is emptied first.
  void take(std::vector<Input>& inputs);
  // No drain any more.
  void close() { drain_ = nullptr; }

 private:
  void post_drain();

  boost::asio::io_context& io_;
  std::function<void()> drain_;
  std::mutex mutex_;
  std::vector<Input> inputs_;
  bool posted_ = false;
};

}  // namespace interconnect::next
