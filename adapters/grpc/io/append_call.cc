#include "adapters/grpc/io/append_call.h"

#include <grpc/slice.h>

#include "adapters/grpc/session/deletion_proof.h"
#include "adapters/grpc/wire/decode.h"
#include "adapters/grpc/wire/encode.h"
#include "domain/excerpt.h"

namespace interconnect::next {

std::vector<grpc::ByteBuffer> AppendCall::messages(const Append& append) {
  std::vector<grpc::ByteBuffer> messages;
  messages.reserve(append.events.size() + 1);
  messages.push_back(to_byte_buffer(encode_append_options(append.stream, append.expected_revision)));
  for (const Event& event : append.events) {
    const grpc_slice room = grpc_slice_malloc(proposed_message_size(event));
    write_proposed_message(event, reinterpret_cast<char*>(const_cast<std::uint8_t*>(GRPC_SLICE_START_PTR(room))));
    const grpc::Slice slice(room, grpc::Slice::STEAL_REF);
    messages.emplace_back(&slice, 1);
  }
  return messages;
}

void AppendCall::on_done(const CallStatus& status) {
  if (!status.ok()) {
    const StoreError error = to_append_error(status, "append to " + stream_);
    DeletionProof::is_wanted(status, stream_) ? doubted_(id_, stream_, error) : completed_(id_, error);
    return;
  }
  auto response = decode_append_response(view_of(response_));
  if (auto* success = std::get_if<AppendSuccess>(&response)) {
    const bool is_repeat = positions_.is_repeat(success->commit_position, newest_position_when_sent_);
    success->appended.was_repeated = success->appended.was_repeated || is_repeat;
    completed_(id_, success->appended);
  } else if (const auto* wrong = std::get_if<WrongExpectedVersion>(&response)) {
    completed_(id_, *wrong);
  } else {
    // It may well have been done.
    completed_(id_, StoreError{ErrorKind::kUnavailable,
                               "append to " + excerpt(stream_) + ": " + std::get<Malformed>(response).reason});
  }
}

}  // namespace interconnect::next
