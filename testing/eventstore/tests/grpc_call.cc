#include "testing/eventstore/tests/grpc_call.h"

#include <chrono>

namespace interconnect::eventstore {

Call::Call(grpc::GenericStub& stub, const std::string& method, const Metadata& metadata, Deadline deadline) {
  if (deadline == Deadline::kMinute) context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  Start(stub, method, metadata);
}

Call::Call(grpc::GenericStub& stub, const std::string& method, const Metadata& metadata,
           std::chrono::milliseconds timeout) {
  context_.set_deadline(std::chrono::system_clock::now() + timeout);
  Start(stub, method, metadata);
}

void Call::Start(grpc::GenericStub& stub, const std::string& method, const Metadata& metadata) {
  for (const auto& [name, value] : metadata) context_.AddMetadata(name, value);
  stream_ = stub.PrepareCall(&context_, method, &queue_);
  Step step;
  stream_->StartCall(&step);
  Wait(step);
}

Call::~Call() {
  if (!finished_) {
    context_.TryCancel();
    Finish();
  }
  queue_.Shutdown();
  void* tag;
  bool ok;
  while (queue_.Next(&tag, &ok)) {
  }
}

bool Call::Write(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  Step step;
  stream_->Write(grpc::ByteBuffer(&slice, 1), &step);
  return Wait(step);
}

void Call::HalfClose() {
  Step step;
  stream_->WritesDone(&step);
  Wait(step);
}

Call::Progress Call::Read(std::string* bytes, int timeout_ms) {
  if (!reading_) {
    read_ = {};
    reading_ = true;
    stream_->Read(&incoming_, &read_);
  }
  if (!Wait(read_, timeout_ms)) return Progress::kNothingYet;
  reading_ = false;
  if (!read_.ok) return Progress::kEnd;
  // A copy that gRPC makes: ThreadSanitizer does not see how its threads hand over the original.
  grpc::Slice slice;
  if (!incoming_.DumpToSingleSlice(&slice).ok()) return Progress::kEnd;
  bytes->assign(reinterpret_cast<const char*>(slice.begin()), slice.size());
  return Progress::kMessage;
}

grpc::Status Call::Finish() {
  grpc::Status status;
  Step step;
  stream_->Finish(&status, &step);
  Wait(step);
  finished_ = true;
  return status;
}

std::string Call::Trailer(const std::string& name) const {
  const auto& trailers = context_.GetServerTrailingMetadata();
  auto it = trailers.find(name);
  return it == trailers.end() ? "" : std::string(it->second.data(), it->second.size());
}

bool Call::Wait(const Step& step, int timeout_ms) {
  const auto deadline = std::chrono::system_clock::now() + std::chrono::milliseconds(timeout_ms);
  while (!step.done) {
    void* tag;
    bool ok = false;
    if (queue_.AsyncNext(&tag, &ok, deadline) != grpc::CompletionQueue::GOT_EVENT) return false;
    *static_cast<Step*>(tag) = {true, ok};
  }
  return true;
}

bool Call::Wait(Step& step) {
  while (!Wait(step, 60'000)) {
  }
  return step.ok;
}

}  // namespace interconnect::eventstore
