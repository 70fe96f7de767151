#pragma once

#include <string>

#include "adapters/grpc/io/call.h"
#include "adapters/grpc/wire/decode.h"

namespace interconnect::next {

// One Read of a persistent subscription. Its owner may let go of it: then it is told no more.
class SubscriptionCall : public Call {
 public:
  class Owner {
   public:
    virtual ~Owner() = default;
    virtual void on_confirmed(SubscriptionCall& call) = 0;
    virtual void on_event(SubscriptionCall& call, const PushedEvent& event) = 0;
    virtual void on_written(SubscriptionCall& call) = 0;
    virtual void on_ended(SubscriptionCall& call, const CallStatus& status) = 0;
  };

  SubscriptionCall(Owner& owner, std::size_t subscription) : owner_(&owner), subscription_(subscription) {}

  std::size_t subscription() const { return subscription_; }

  void let_go() {
    owner_ = nullptr;
    cancel();
  }

  void on_message(const grpc::Slice& message) override {
    if (owner_ == nullptr) return;
    const SubscriptionMessage decoded = decode_subscription_message(view_of(message));
    if (const auto* event = std::get_if<PushedEvent>(&decoded)) {
      owner_->on_event(*this, *event);
    } else if (std::holds_alternative<SubscriptionConfirmed>(decoded)) {
      owner_->on_confirmed(*this);
    } else if (const auto* malformed = std::get_if<Malformed>(&decoded)) {
      CallStatus status;
      status.code = kUnknown;
      status.message = malformed->reason;
      Owner& owner = *owner_;
      let_go();
      owner.on_ended(*this, status);
    }
  }
  void on_wrote() override {
    if (owner_ != nullptr) owner_->on_written(*this);
  }
  void on_done(const CallStatus& status) override {
    if (owner_ != nullptr) owner_->on_ended(*this, status);
  }

 private:
  Owner* owner_;
  std::size_t subscription_;
};

}  // namespace interconnect::next
