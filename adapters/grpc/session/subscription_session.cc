#include "adapters/grpc/session/subscription_session.h"

#include <utility>

namespace interconnect::next {

SubscriptionSession::Dropped SubscriptionSession::failed(const CallStatus& status, std::string_view what, Time now) {
  Dropped dropped;
  dropped.reason = to_drop_reason(status);
  dropped.message =
      status.ok() ? std::string(what) + ": the server ended the subscription" : to_store_error(status, what).message;
  if (dropped.reason == DropReason::kNotFound && group_) {
    group_.reset();
    if (!std::exchange(recreating_, true)) {
      dropped.retry_in = Duration::zero();
      return dropped;
    }
  }
  dropped.retry_in = schedule_.next(now);
  return dropped;
}

}  // namespace interconnect::next
