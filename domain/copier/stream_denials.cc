#include "domain/copier/stream_denials.h"

#include <algorithm>
#include <utility>

#include "domain/excerpt.h"

namespace interconnect {
namespace {

constexpr std::size_t kMaxRemembered = 10'000;

}  // namespace

void StreamDenials::on_written(std::uint64_t stream, Time sent_at) {
  if (!denied_.empty()) denied_.erase(stream);
  const Written written{stream, sent_at};
  if (!newest_ || newest_->stream == stream) {
    newest_ = newest_ && newest_->sent_at > sent_at ? newest_ : written;
  } else if (sent_at >= newest_->sent_at) {
    second_ = newest_;
    newest_ = written;
  } else if (!second_ || sent_at >= second_->sent_at) {
    second_ = written;
  }
}

void StreamDenials::on_denied(std::uint64_t stream, Time now) {
  if (denied_.size() >= kMaxRemembered) {
    absl::erase_if(denied_, [](const auto& one) { return one.second.is_known; });
  }
  const auto [denied, is_new] = denied_.try_emplace(stream, Denied{now, now, false});
  denied->second.last = now;
}

bool StreamDenials::is_own(std::uint64_t stream, Duration patience) {
  const auto denied = denied_.find(stream);
  if (denied == denied_.end()) return false;
  if (is_known(stream)) return true;
  const std::optional<Time> written = last_written_beside(stream);
  if (!written) return false;
  const Time since = denied->second.since;
  const bool was_written_since = *written >= since;
  const bool was_written_before = *written >= since - patience && !is_another_denied_since(stream, *written);
  if (was_written_since || was_written_before) denied->second.is_known = true;
  return denied->second.is_known;
}

bool StreamDenials::is_known(std::uint64_t stream) const {
  const auto denied = denied_.find(stream);
  if (denied == denied_.end() || !denied->second.is_known) return false;
  return !is_another_denied_since(stream, last_written_beside(stream).value_or(denied->second.since));
}

std::optional<Time> StreamDenials::last_written_beside(std::uint64_t stream) const {
  const auto& written = newest_ && newest_->stream == stream ? second_ : newest_;
  return written ? std::optional(written->sent_at) : std::nullopt;
}

bool StreamDenials::is_another_denied_since(std::uint64_t stream, Time since) const {
  return std::any_of(denied_.begin(), denied_.end(), [stream, since](const auto& one) {
    return one.first != stream && !one.second.is_known && one.second.last >= since;
  });
}

WriteFailure StreamDenials::failure(std::string_view stream, std::uint64_t hash, const StoreError& error,
                                    std::string message, Duration patience) {
  if (error.kind != ErrorKind::kAccessDenied || !is_own(hash, patience)) {
    return {WriteFailureReason::kRefused, std::move(message)};
  }
  return {WriteFailureReason::kStreamDenied, "the destination lets us write to other streams, but not to '" +
                                                 excerpt(stream) + "', be it for its $acl: " + message};
}

}  // namespace interconnect
