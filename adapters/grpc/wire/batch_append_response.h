#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "adapters/grpc/wire/decode.h"
#include "domain/append.h"

namespace interconnect::next {

struct BatchAnswer {
  std::uint64_t append_id = 0;
  AppendOutcome outcome;
  std::optional<std::uint64_t> commit_position;  // of a success
};

// streams.BatchAppendResp. An error is a google.rpc.Status whose detail names it (Status.cs of 21.10); one without a
// detail of its own, and with the code OK, is a node's that cannot serve for now (Streams.BatchAppend.cs).
std::variant<BatchAnswer, Malformed> decode_batch_append_response(std::string_view message);

}  // namespace interconnect::next
