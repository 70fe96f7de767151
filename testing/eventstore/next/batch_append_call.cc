#include <chrono>
#include <map>
#include <memory>
#include <vector>

#include "testing/eventstore/next/append_call.h"
#include "testing/eventstore/next/call.h"
#include "testing/eventstore/next/convert.h"

namespace interconnect::eventstore {
namespace {

namespace proto = esdb::streams;
using Base = grpc::ServerBidiReactor<proto::BatchAppendReq, proto::BatchAppendResp>;

// One append, from its options to its answer.
struct Batch {
  esdb::UUID correlation_id;
  EventId key{};
  std::string stream;
  std::int64_t expected = kAny;
  std::vector<NewEvent> events;
  std::int64_t size = 0;
  // Answered with an error before its end; it still times out once more.
  bool bad = false;
};

template <class Detail>
esdb::RpcStatus status_of(grpc::StatusCode code, const char* name, const Detail& detail) {
  esdb::RpcStatus status;
  status.set_code(code);
  status.set_message(name);
  status.mutable_details()->PackFrom(detail);
  return status;
}

class BatchAppendCall : public StreamingCall<Base, proto::BatchAppendResp> {
 public:
  BatchAppendCall(Node& node, grpc::CallbackServerContext* context)
      : StreamingCall(node, context), caller_(caller_of(node, *context)) {
    StartRead(&request_);
  }

  void OnReadDone(bool ok) override {
    if (!ok) return;
    post_to_node(node_, [self = self(), request = std::make_shared<proto::BatchAppendReq>(std::move(request_))] {
      self->take(*request);
    });
    request_.Clear();
    StartRead(&request_);
  }

 protected:
  void cancelled() override { batches_.clear(); }

 private:
  std::shared_ptr<BatchAppendCall> self() { return std::static_pointer_cast<BatchAppendCall>(shared_from_this()); }

  void take(proto::BatchAppendReq& request) {
    if (node_.misbehaviour().silent) return;
    if (!node_.options().has_batch_append()) return end(unimplemented());
    if (!caller_.error.ok()) return end(caller_.error);
    if (const RpcError error = cannot_serve(node_, true); !error.ok()) return end(error);
    EventId key;
    if (!from_uuid(request.correlation_id(), &key)) return end(thrown_by_handler());
    auto it = batches_.find(key);
    if (it == batches_.end()) {
      // A batch whose options are missing is never answered.
      if (!request.has_options()) return;
      it = begin(request, key);
      if (it == batches_.end()) return;
    }
    std::shared_ptr<Batch> batch = it->second;
    if (batch->bad) return;
    for (auto& proposed : *request.mutable_proposed_messages()) {
      NewEvent event;
      const std::string missing = take_proposed(proposed, &event);
      if (!missing.empty()) {
        esdb::BadRequest bad;
        bad.set_message("The given key was not present in the dictionary.");
        batch->bad = true;
        return fail(*batch, status_of(grpc::StatusCode::INVALID_ARGUMENT, "BadRequest", bad), false);
      }
      const std::int64_t size = counted_size(node_.options(), event);
      const std::int64_t event_limit = node_.options().max_append_event_size;
      if (node_.options().is_of_today() && size > event_limit) {
        esdb::MaximumAppendEventSizeExceeded exceeded;
        exceeded.set_event_id(to_text(event.id));
        exceeded.set_proposed_event_size(static_cast<std::uint32_t>(size));
        exceeded.set_max_append_event_size(static_cast<std::uint32_t>(event_limit));
        batches_.erase(key);
        return fail(*batch, status_of(grpc::StatusCode::INVALID_ARGUMENT, "MaximumAppendEventSizeExceeded", exceeded),
                    false);
      }
      batch->size += size;
      batch->events.push_back(std::move(event));
    }
    if (batch->size > node_.options().max_append_size) {
      esdb::MaximumAppendSizeExceeded exceeded;
      exceeded.set_max_append_size(static_cast<std::uint32_t>(node_.options().max_append_size));
      batches_.erase(key);
      return fail(*batch, status_of(grpc::StatusCode::INVALID_ARGUMENT, "MaximumAppendSizeExceeded", exceeded), false);
    }
    if (!request.is_final()) return;
    node_.append(batch->stream, batch->expected, std::move(batch->events), caller_.user,
                 [self = self(), batch](const Node::AppendReply& reply) { self->answer(*batch, reply); });
  }

  using Batches = std::map<EventId, std::shared_ptr<Batch>>;

  Batches::iterator begin(const proto::BatchAppendReq& request, const EventId& key) {
    auto batch = std::make_shared<Batch>();
    batch->correlation_id = request.correlation_id();
    batch->key = key;
    const auto& options = request.options();
    batch->stream = options.stream_identifier().stream_name();
    if (options.has_stream_position()) {
      batch->expected = static_cast<std::int64_t>(options.stream_position());
    } else if (options.has_no_stream()) {
      batch->expected = kNoStream;
    } else if (options.has_stream_exists()) {
      batch->expected = kStreamExists;
    }
    using std::chrono::milliseconds;
    milliseconds wait(10'000);
    if (options.has_deadline()) {
      wait = milliseconds(options.deadline().seconds() * 1000 + options.deadline().nanos() / 1'000'000);
    } else if (options.has_deadline_21_10_0()) {
      const auto& d = options.deadline_21_10_0();
      const auto now = std::chrono::system_clock::now().time_since_epoch();
      wait = milliseconds(d.seconds() * 1000 + d.nanos() / 1'000'000) - std::chrono::duration_cast<milliseconds>(now);
    }
    if (wait.count() <= 0) {
      fail(*batch, status_of(grpc::StatusCode::DEADLINE_EXCEEDED, "Timeout", esdb::Timeout()), false);
      return batches_.end();
    }
    const auto it = batches_.emplace(key, batch).first;
    node_.after(static_cast<int>(wait.count()), [weak = std::weak_ptr<BatchAppendCall>(self()), batch] {
      auto self = weak.lock();
      if (self == nullptr || self->batches_.erase(batch->key) == 0) return;
      self->fail(*batch, status_of(grpc::StatusCode::DEADLINE_EXCEEDED, "Timeout", esdb::Timeout()), true);
    });
    return it;
  }

  proto::BatchAppendResp response_to(const Batch& batch) {
    proto::BatchAppendResp response;
    *response.mutable_correlation_id() = batch.correlation_id;
    response.mutable_stream_identifier()->set_stream_name(batch.stream);
    return response;
  }

  // A late timeout names the correlation id in halves, whatever form it was sent in.
  void fail(const Batch& batch, esdb::RpcStatus status, bool structured_id) {
    proto::BatchAppendResp response = response_to(batch);
    if (structured_id) to_uuid(batch.key, true, response.mutable_correlation_id());
    *response.mutable_error() = std::move(status);
    send(std::move(response));
  }

  void answer(const Batch& batch, Node::AppendReply reply) {
    if (batches_.erase(batch.key) == 0) return;
    if (reply.refused_with == "WrongExpectedVersion") {
      reply.outcome.result = WriteResult::kWrongExpectedVersion;
      reply.outcome.current_version = node_.store().last_event_number(batch.stream);
    } else if (!reply.refused_with.empty()) {
      const RpcError error = by_name(reply.refused_with, reply.refuse_message, batch.stream);
      return fail(batch, status_of(error.status.error_code(), "Unknown", esdb::Unknown()), false);
    }
    const AppendOutcome& outcome = reply.outcome;
    switch (outcome.result) {
      case WriteResult::kSuccess: {
        proto::BatchAppendResp response = response_to(batch);
        auto* success = response.mutable_success();
        if (outcome.last == kNoStream) {
          success->mutable_no_stream();
        } else {
          success->set_current_revision(static_cast<std::uint64_t>(outcome.last));
        }
        if (outcome.position < 0) {
          success->mutable_no_position();
        } else {
          success->mutable_position()->set_commit_position(static_cast<std::uint64_t>(outcome.position));
          success->mutable_position()->set_prepare_position(static_cast<std::uint64_t>(outcome.position));
        }
        return send(std::move(response));
      }
      case WriteResult::kWrongExpectedVersion: {
        esdb::WrongExpectedVersion wrong;
        if (outcome.current_version == kNoStream) {
          wrong.mutable_current_no_stream();
        } else {
          wrong.set_current_stream_revision(static_cast<std::uint64_t>(outcome.current_version));
        }
        if (batch.expected == kAny) {
          wrong.mutable_expected_any();
        } else if (batch.expected == kStreamExists) {
          wrong.mutable_expected_stream_exists();
        } else if (batch.expected == kNoStream) {
          wrong.mutable_expected_no_stream();
        } else {
          wrong.set_expected_stream_position(static_cast<std::uint64_t>(batch.expected));
        }
        return fail(batch, status_of(grpc::StatusCode::ALREADY_EXISTS, "WrongExpectedVersion", wrong), false);
      }
      case WriteResult::kStreamDeleted: {
        esdb::StreamDeleted deleted;
        deleted.mutable_stream_identifier()->set_stream_name(batch.stream);
        return fail(batch, status_of(grpc::StatusCode::NOT_FOUND, "StreamDeleted", deleted), false);
      }
      case WriteResult::kAccessDenied:
        return fail(batch, status_of(grpc::StatusCode::PERMISSION_DENIED, "AccessDenied", esdb::AccessDenied()), false);
    }
  }

  const GrpcCaller caller_;
  proto::BatchAppendReq request_;
  Batches batches_;
};

}  // namespace

grpc::ServerBidiReactor<proto::BatchAppendReq, proto::BatchAppendResp>* serve_batch_append(
    Node& node, grpc::CallbackServerContext* context) {
  auto call = std::make_shared<BatchAppendCall>(node, context);
  call->keep_alive();
  return call.get();
}

}  // namespace interconnect::eventstore
