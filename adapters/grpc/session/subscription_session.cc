#include "adapters/grpc/session/subscription_session.h"

#include <algorithm>
#include <utility>

namespace interconnect::next {

SubscriptionSession::Dropped SubscriptionSession::describe(const CallStatus& status, std::string_view what) {
  Dropped dropped;
  dropped.reason = to_drop_reason(status);
  dropped.message =
      status.ok() ? std::string(what) + ": the server ended the subscription" : to_store_error(status, what).message;
  return dropped;
}

SubscriptionSession::Dropped SubscriptionSession::failed(const CallStatus& status, std::string_view what, Time now) {
  Dropped dropped = describe(status, what);
  // That is also how a group's absence is told where its name or its stream's has letters beyond ASCII
  // (RpcExceptions.cs puts both into trailers): the upsert finds out.
  if (status.is_http_500()) group_.reset();
  if (dropped.reason == DropReason::kNotFound && group_) {
    const auto not_created = std::exchange(group_, std::nullopt)->not_created;
    if (not_created) {
      dropped = describe(*not_created, what);
    } else if (!std::exchange(recreating_, true)) {
      dropped.retry_in = Duration::zero();
      return dropped;
    }
  }
  dropped.retry_in = schedule_.next(now);
  if (!is_refusal(dropped.reason)) {
    refusal_delay_ = kFirstRefusalDelay;
  } else if (dropped.retry_in) {
    dropped.retry_in = std::min(*dropped.retry_in, refusal_delay_);
    refusal_delay_ = std::min(2 * refusal_delay_, kMaxRefusalDelay);
  }
  return dropped;
}

}  // namespace interconnect::next
