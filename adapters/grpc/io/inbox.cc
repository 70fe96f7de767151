#include "adapters/grpc/io/inbox.h"

#include <boost/asio/post.hpp>
#include <utility>

namespace interconnect::next {

Inbox::Inbox(boost::asio::io_context& io, std::function<void()> drain) : io_(io), drain_(std::move(drain)) {}

void Inbox::push(Input input) {
  // Posts while it holds the lock: as long as an input has not been taken, whoever waits for it keeps the io_context.
  const std::lock_guard lock(mutex_);
  inputs_.push_back(std::move(input));
  post_drain();
}

void Inbox::request_drain() {
  const std::lock_guard lock(mutex_);
  post_drain();
}

void Inbox::post_drain() {
  if (std::exchange(posted_, true)) return;
  boost::asio::post(io_, [self = shared_from_this()] {
    // A copy: whoever drains may close the inbox.
    if (const auto drain = self->drain_) drain();
  });
}

void Inbox::take(std::vector<Input>& inputs) {
  inputs.clear();
  const std::lock_guard lock(mutex_);
  inputs.swap(inputs_);
  posted_ = false;
}

}  // namespace interconnect::next
