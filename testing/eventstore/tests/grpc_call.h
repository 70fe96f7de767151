#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "google/protobuf/message.h"
#include "grpcpp/client_context.h"
#include "grpcpp/completion_queue.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/support/status.h"
#include "gtest/gtest.h"

namespace interconnect::eventstore {

// A call of any method, step by step; every step waits for its end.
class Call {
 public:
  using Metadata = std::vector<std::pair<std::string, std::string>>;
  enum class Progress { kMessage, kEnd, kNothingYet };

  // Whether the client ends the call itself after a minute.
  enum class Deadline { kMinute, kNone };

  Call(grpc::GenericStub& stub, const std::string& method, const Metadata& metadata = {},
       Deadline deadline = Deadline::kMinute);
  Call(grpc::GenericStub& stub, const std::string& method, const Metadata& metadata, std::chrono::milliseconds timeout);
  ~Call();

  bool write(const std::string& bytes);
  bool write(const google::protobuf::Message& message) { return write(message.SerializeAsString()); }
  void half_close();
  // The next message, the end of messages, or nothing within the time.
  Progress read(std::string* bytes, int timeout_ms);
  bool read(std::string* bytes) { return read(bytes, 30'000) == Progress::kMessage; }
  template <class Message>
  Message read() {
    std::string bytes;
    Message message;
    EXPECT_TRUE(read(&bytes)) << "the call has ended";
    EXPECT_TRUE(message.ParseFromString(bytes));
    return message;
  }
  grpc::Status finish();
  std::string trailer(const std::string& name) const;

 private:
  void start(grpc::GenericStub& stub, const std::string& method, const Metadata& metadata);

  struct Step {
    bool done = false;
    bool ok = false;
  };

  // False when the time passes first.
  bool wait(const Step& step, int timeout_ms);
  bool wait(Step& step);

  grpc::ClientContext context_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> stream_;
  grpc::ByteBuffer incoming_;
  Step read_;
  bool reading_ = false;
  bool finished_ = false;
};

}  // namespace interconnect::eventstore
