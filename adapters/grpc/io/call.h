#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/client_callback.h>
#include <grpcpp/support/slice.h>

#include <chrono>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "adapters/grpc/io/inbox.h"
#include "adapters/grpc/wire/status.h"

namespace interconnect::next {

// One call of any kind: some messages out, some messages in, a status. The reactor's callbacks run on gRPC's threads
// and only pass their inputs to the inbox; the handlers run on the io_context's thread, as everything else here.
class Call : private grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  struct Options {
    std::chrono::milliseconds timeout{0};  // 0: none
    bool stays_open = false;               // more is sent later; else the last of `messages` ends our side
  };

  ~Call() override = default;

  grpc::ClientContext& context() { return context_; }

  // To be called once; from then on, until `kDone` has come through the inbox, the call must live.
  void start(grpc::GenericStub& stub, const std::string& method, std::vector<grpc::ByteBuffer> messages,
             const Options& options, std::shared_ptr<Inbox> inbox);

  // For a call that is never started, for want of a connection: its status comes through the inbox as well.
  void refuse(CallStatus status, std::shared_ptr<Inbox> inbox);

  // Sends one more message, in order. on_wrote() tells when all that was to be sent has been handed to the connection.
  void send(grpc::ByteBuffer message);

  // Ends the call soon, with status CANCELLED unless it has ended by itself.
  void cancel() {
    cancelled_ = true;
    context_.TryCancel();
  }
  bool cancelled() const { return cancelled_; }

  // Ends the call soon, since the node that it went to has been left.
  void leave() {
    has_left_ = true;
    cancel();
  }
  bool has_left() const { return has_left_; }
  // Whether more is sent later.
  bool stays_open() const { return stays_open_; }

  // Of a call that is done.
  const CallStatus& status() const { return status_; }
  void add_to_status(std::string_view text) { status_.message += text; }
  void set_status(CallStatus status) { status_ = std::move(status); }

  // Set by whoever starts it: which connection it belongs to.
  std::uint64_t connection = 0;

  // `message` is valid as long as the slice is kept.
  virtual void on_message(const grpc::Slice& message) = 0;
  virtual void on_wrote() {}
  virtual void on_done(const CallStatus& status) = 0;

 private:
  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnDone(const grpc::Status& status) override;
  void write_next();

  grpc::ClientContext context_;
  std::shared_ptr<Inbox> inbox_;
  CallStatus status_;
  bool cancelled_ = false;
  bool has_left_ = false;
  grpc::ByteBuffer incoming_;
  grpc::ByteBuffer outgoing_;

  std::mutex mutex_;  // guards what follows
  std::deque<grpc::ByteBuffer> messages_;
  bool stays_open_ = false;
  bool writing_ = false;
  bool ended_ = false;
};

grpc::ByteBuffer to_byte_buffer(std::string_view bytes);

inline std::string_view view_of(const grpc::Slice& slice) {
  return {reinterpret_cast<const char*>(slice.begin()), slice.size()};
}

// Without a copy if the message lies in one piece.
grpc::Slice to_slice(const grpc::ByteBuffer& message);

}  // namespace interconnect::next
