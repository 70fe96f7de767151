#include "testing/eventstore/tests/grpc_call.h"

#include <chrono>

namespace interconnect::eventstore {

Call::Call(grpc::GenericStub& stub, const std::string& method, const Metadata& metadata, Deadline deadline) {
  if (deadline == Deadline::kMinute) context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  start(stub, method, metadata);
}

Call::Call(grpc::GenericStub& stub, const std::string& method, const Metadata& metadata,
           std::chrono::milliseconds timeout) {
  context_.set_deadline(std::chrono::system_clock::now() + timeout);
  start(stub, method, metadata);
}

void Call::start(grpc::GenericStub& stub, const std::string& method, const Metadata& metadata) {
  for (const auto& [name, value] : metadata) context_.AddMetadata(name, value);
  stream_ = stub.PrepareCall(&context_, method, &queue_);
  Step step;
  stream_->StartCall(&step);
  wait(step);
}

Call::~Call() {
  if (!finished_) {
    context_.TryCancel();
    finish();
  }
  queue_.Shutdown();
  void* tag;
  bool ok;
  while (queue_.Next(&tag, &ok)) {
  }
}

bool Call::write(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  Step step;
  stream_->Write(grpc::ByteBuffer(&slice, 1), &step);
  return wait(step);
}

void Call::half_close() {
  Step step;
  stream_->WritesDone(&step);
  wait(step);
}

Call::Progress Call::read(std::string* bytes, int timeout_ms) {
  if (!reading_) {
    read_ = {};
    reading_ = true;
    stream_->Read(&incoming_, &read_);
  }
  if (!wait(read_, timeout_ms)) return Progress::kNothingYet;
  reading_ = false;
  if (!read_.ok) return Progress::kEnd;
  // A copy that gRPC makes: ThreadSanitizer does not see how its threads hand over the original.
  grpc::Slice slice;
  if (!incoming_.DumpToSingleSlice(&slice).ok()) return Progress::kEnd;
  bytes->assign(reinterpret_cast<const char*>(slice.begin()), slice.size());
  return Progress::kMessage;
}

grpc::Status Call::finish() {
  grpc::Status status;
  Step step;
  stream_->Finish(&status, &step);
  wait(step);
  finished_ = true;
  return status;
}

std::string Call::trailer(const std::string& name) const {
  const auto& trailers = context_.GetServerTrailingMetadata();
  auto it = trailers.find(name);
  return it == trailers.end() ? "" : std::string(it->second.data(), it->second.size());
}

bool Call::wait(const Step& step, int timeout_ms) {
  const auto deadline = std::chrono::system_clock::now() + std::chrono::milliseconds(timeout_ms);
  while (!step.done) {
    void* tag;
    bool ok = false;
    if (queue_.AsyncNext(&tag, &ok, deadline) != grpc::CompletionQueue::GOT_EVENT) return false;
    *static_cast<Step*>(tag) = {true, ok};
  }
  return true;
}

bool Call::wait(Step& step) {
  while (!wait(step, 60'000)) {
  }
  return step.ok;
}

}  // namespace interconnect::eventstore
