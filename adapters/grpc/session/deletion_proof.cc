#include "adapters/grpc/session/deletion_proof.h"

#include <algorithm>
#include <variant>

namespace interconnect::next {
namespace {

bool has_no_header_form(std::string_view stream) {
  return std::any_of(stream.begin(), stream.end(), [](unsigned char c) { return c < 0x20 || c > 0x7e; });
}

}  // namespace

std::string_view DeletionProof::order() {
  // No part of it repeats with any period of up to eight.
  return "sosooosossooosssosoosos";
}

bool DeletionProof::is_wanted(const CallStatus& status, std::string_view stream) {
  return status.is_http_500() && has_no_header_form(stream);
}

std::optional<StreamRead> DeletionProof::next() const {
  if (is_refuted_ || asked_ == order().size()) return std::nullopt;
  StreamRead read;
  read.stream = order()[asked_] == 's' ? stream_ : other_;
  read.direction = ReadDirection::kBackward;
  read.from = kStreamEnd;
  read.count = 1;
  return read;
}

void DeletionProof::on_answer(const CallStatus& status, const ReadOutcome& outcome) {
  const auto* page = std::get_if<StreamPage>(&outcome);
  const bool is_as_expected =
      order()[asked_] == 's' ? status.is_http_500() : status.ok() && page != nullptr && !page->stream_exists;
  ++asked_;
  is_refuted_ = !is_as_expected;
}

}  // namespace interconnect::next
