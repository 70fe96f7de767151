#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "grpcpp/server_context.h"
#include "grpcpp/support/server_callback.h"
#include "testing/eventstore/next/rpc_error.h"
#include "testing/eventstore/node/node.h"

namespace interconnect::eventstore {

// Runs on the node's thread.
void post_to_node(Node& node, std::function<void()> run);

// The caller by its authorization header: error UNAUTHENTICATED for a wrong password, null for anonymous.
struct GrpcCaller {
  RpcError error{grpc::Status::OK};
  const User* user = nullptr;
};
// 24.10.4 and later refuse who is anonymous, but for what is open to all.
GrpcCaller caller_of(Node& node, const grpc::CallbackServerContext& context, bool is_open_to_all = false);
bool requires_leader(const grpc::CallbackServerContext& context);
std::string header_of(const grpc::CallbackServerContext& context, const std::string& name);

// A streaming call that is answered from the node's thread while gRPC's threads run its reactions. It lives until gRPC
// is done with it and nobody on the node's side holds it any more.
//
// Base is grpc::ServerWriteReactor<Response> or grpc::ServerBidiReactor<Request, Response>.
template <class Base, class Response>
class StreamingCall : public Base, public std::enable_shared_from_this<StreamingCall<Base, Response>> {
 public:
  StreamingCall(Node& node, grpc::CallbackServerContext* context) : node_(node), context_(context) {}

  // From the node's thread only. Messages leave in order; nothing happens after Finish or a cancellation.
  void send(Response response) {
    std::unique_lock lock(mutex_);
    if (over_ || finish_) return;
    queue_.push_back(std::move(response));
    pump(lock);
  }
  void end(const RpcError& error) {
    std::unique_lock lock(mutex_);
    if (over_ || finish_) return;
    for (const auto& [name, value] : error.trailers) context_->AddTrailingMetadata(name, value);
    finish_ = error.status;
    pump(lock);
  }
  std::size_t queued() {
    std::lock_guard lock(mutex_);
    return queue_.size();
  }

  void OnWriteDone(bool) final {
    std::unique_lock lock(mutex_);
    writing_ = false;
    const bool drained = queue_.empty() && wants_drained_;
    pump(lock);
    if (!drained) return;
    post_to_node(node_, [self = this->shared_from_this()] { self->drained(); });
  }

  void OnCancel() final {
    post_to_node(node_, [self = this->shared_from_this()] {
      self->cancelled();
      self->end({grpc::Status(grpc::StatusCode::CANCELLED, "")});
    });
  }

  void OnDone() final {
    {
      std::lock_guard lock(mutex_);
      over_ = true;
      queue_.clear();
    }
    post_to_node(node_, [self = std::move(self_)] { self->cancelled(); });
  }

  // To be called once, by whoever makes it.
  void keep_alive() { self_ = this->shared_from_this(); }

 protected:
  // On the node's thread: the caller is gone; may be called twice.
  virtual void cancelled() = 0;
  // On the node's thread: all that was sent has left.
  virtual void drained() {}
  void want_drained() {
    std::lock_guard lock(mutex_);
    wants_drained_ = true;
  }

  Node& node_;
  grpc::CallbackServerContext* const context_;

 private:
  void pump(std::unique_lock<std::mutex>& lock) {
    if (writing_ || over_ || finished_) return;
    if (!queue_.empty()) {
      writing_ = true;
      current_ = std::move(queue_.front());
      queue_.pop_front();
      grpc::WriteOptions options;
      if (!queue_.empty()) options.set_buffer_hint();
      lock.unlock();
      this->StartWrite(&current_, options);
    } else if (finish_) {
      finished_ = true;
      lock.unlock();
      this->Finish(*finish_);
    }
  }

  std::mutex mutex_;
  std::deque<Response> queue_;
  Response current_;
  bool writing_ = false;
  bool wants_drained_ = false;
  bool finished_ = false;
  bool over_ = false;
  std::optional<grpc::Status> finish_;
  std::shared_ptr<StreamingCall> self_;
};

// A call with one answer, which is given from the node's thread at most once; a cancellation ends it unanswered.
template <class Base>
class SingleCall : public Base, public std::enable_shared_from_this<SingleCall<Base>> {
 public:
  SingleCall(Node& node, grpc::CallbackServerContext* context) : node_(node), context_(context) {}

  // `fill` sets the response, unless the call is over.
  void end(const RpcError& error, const std::function<void()>& fill = nullptr) {
    {
      std::lock_guard lock(mutex_);
      if (finished_) return;
      finished_ = true;
      for (const auto& [name, value] : error.trailers) context_->AddTrailingMetadata(name, value);
      if (fill) fill();
    }
    this->Finish(error.status);
  }

  bool is_open() {
    std::lock_guard lock(mutex_);
    return !finished_;
  }

  void OnCancel() override { end({grpc::Status(grpc::StatusCode::CANCELLED, "")}); }
  void OnDone() override { self_.reset(); }
  void keep_alive() { self_ = this->shared_from_this(); }

 protected:
  Node& node_;
  grpc::CallbackServerContext* const context_;

 private:
  std::mutex mutex_;
  bool finished_ = false;
  std::shared_ptr<SingleCall> self_;
};

using UnaryCall = SingleCall<grpc::ServerUnaryReactor>;

// Answers a unary call on the node's thread with what `run` makes of the request; nothing is no answer. A silent node
// never answers.
template <class Request, class Response>
grpc::ServerUnaryReactor* answer_unary(
    Node& node, grpc::CallbackServerContext* context, const Request* request, Response* response,
    std::function<std::optional<RpcError>(const GrpcCaller&, const Request&, Response*)> run,
    bool is_open_to_all = false) {
  auto call = std::make_shared<UnaryCall>(node, context);
  call->keep_alive();
  const GrpcCaller caller = caller_of(node, *context, is_open_to_all);
  post_to_node(node, [&node, call, caller, asked = *request, response, run = std::move(run)] {
    if (node.misbehaviour().silent) return;
    if (!caller.error.ok()) return call->end(caller.error);
    Response answer;
    const std::optional<RpcError> error = run(caller, asked, &answer);
    if (error) call->end(*error, [&] { *response = std::move(answer); });
  });
  return call.get();
}

}  // namespace interconnect::eventstore
