#include "testing/eventstore/next/append_call.h"

#include <memory>
#include <vector>

#include "testing/eventstore/next/call.h"
#include "testing/eventstore/next/convert.h"

namespace interconnect::eventstore {
namespace {

namespace proto = esdb::streams;

void fill_success(const AppendOutcome& outcome, proto::AppendResp::Success* success) {
  if (outcome.last == kNoStream) {
    success->mutable_no_stream();
  } else {
    success->set_current_revision(static_cast<std::uint64_t>(outcome.last));
  }
  if (outcome.position < 0) {
    success->mutable_no_position();
    return;
  }
  success->mutable_position()->set_commit_position(static_cast<std::uint64_t>(outcome.position));
  success->mutable_position()->set_prepare_position(static_cast<std::uint64_t>(outcome.position));
}

// The fields of 20.6.0 and the later ones, side by side; the old one for an expected no stream is the number -1.
void fill_wrong_version(std::int64_t expected, std::int64_t current, proto::AppendResp::WrongExpectedVersion* wrong) {
  const auto unsigned_current = static_cast<std::uint64_t>(current);
  if (current == kNoStream) {
    wrong->mutable_no_stream_20_6_0();
    wrong->mutable_current_no_stream();
  } else {
    wrong->set_current_revision_20_6_0(unsigned_current);
    wrong->set_current_revision(unsigned_current);
  }
  switch (expected) {
    case kAny:
      wrong->mutable_any_20_6_0();
      wrong->mutable_expected_any();
      break;
    case kStreamExists:
      wrong->mutable_stream_exists_20_6_0();
      wrong->mutable_expected_stream_exists();
      break;
    case kNoStream:
      wrong->set_expected_revision_20_6_0(kNoPosition);
      wrong->mutable_expected_no_stream();
      break;
    default:
      wrong->set_expected_revision_20_6_0(static_cast<std::uint64_t>(expected));
      wrong->set_expected_revision(static_cast<std::uint64_t>(expected));
  }
}

class AppendCall : public SingleCall<grpc::ServerReadReactor<proto::AppendReq>> {
 public:
  AppendCall(Node& node, grpc::CallbackServerContext* context, proto::AppendResp* response)
      : SingleCall(node, context), caller_(caller_of(node, *context)), response_(response) {
    StartRead(&request_);
  }

  void OnReadDone(bool ok) override {
    if (!is_open()) return;
    if (!ok) {
      if (!has_options_) return end(thrown_by_handler());
      post_to_node(node_, [self = std::static_pointer_cast<AppendCall>(shared_from_this())] { self->append(); });
      return;
    }
    if (const RpcError error = take(); !error.ok()) return end(error);
    StartRead(&request_);
  }

 private:
  RpcError take() {
    if (!caller_.error.ok()) return caller_.error;
    if (!has_options_) {
      if (!request_.has_options()) return thrown_by_handler();
      has_options_ = true;
      stream_ = request_.options().stream_identifier().stream_name();
      if (!expected_of(request_.options(), &expected_)) {
        if (node_.options().version == "21.2.0") return thrown_by_handler();
        return {grpc::Status(grpc::StatusCode::INVALID_ARGUMENT,
                             "'None' is not a valid EventStore.Client.Streams.AppendReq+Types+Options+"
                             "ExpectedStreamRevisionOneofCase")};
      }
      return {grpc::Status::OK};
    }
    if (!request_.has_proposed_message()) return thrown_by_handler();
    NewEvent event;
    const std::string missing = take_proposed(*request_.mutable_proposed_message(), &event);
    if (missing == "id") return thrown_by_handler();
    if (!missing.empty()) return missing_metadata_error(missing);
    const std::int64_t size = counted_size(node_.options(), event);
    const std::int64_t event_limit = node_.options().max_append_event_size;
    if (node_.options().is_of_today() && size > event_limit) {
      return max_append_event_size_error(event.id, size, event_limit);
    }
    size_ += size;
    if (size_ > node_.options().max_append_size) return max_append_size_error(node_.options().max_append_size);
    if (event.type.empty()) return thrown_by_handler();
    events_.push_back(std::move(event));
    return {grpc::Status::OK};
  }

  void append() {
    if (const RpcError error = cannot_serve(node_, true); !error.ok()) return end(error);
    if (stream_.empty()) return end(thrown_by_handler());
    auto self = std::static_pointer_cast<AppendCall>(shared_from_this());
    node_.append(stream_, expected_, std::move(events_), caller_.user,
                 [self](const Node::AppendReply& reply) { self->answer(reply); });
  }

  void answer(Node::AppendReply reply) {
    if (reply.refused_with == "WrongExpectedVersion") {
      reply.outcome.result = WriteResult::kWrongExpectedVersion;
      reply.outcome.current_version = node_.store().last_event_number(stream_);
    } else if (!reply.refused_with.empty()) {
      return end(by_name(reply.refused_with, reply.refuse_message, stream_));
    }
    switch (reply.outcome.result) {
      case WriteResult::kSuccess:
        return end({grpc::Status::OK}, [&] { fill_success(reply.outcome, response_->mutable_success()); });
      case WriteResult::kWrongExpectedVersion:
        return end({grpc::Status::OK}, [&] {
          fill_wrong_version(expected_, reply.outcome.current_version, response_->mutable_wrong_expected_version());
        });
      case WriteResult::kStreamDeleted:
        return end(stream_deleted_error(stream_));
      case WriteResult::kAccessDenied:
        return end(access_denied_error());
    }
  }

  const GrpcCaller caller_;
  proto::AppendResp* const response_;
  proto::AppendReq request_;
  bool has_options_ = false;
  std::string stream_;
  std::int64_t expected_ = kAny;
  std::vector<NewEvent> events_;
  std::int64_t size_ = 0;
};

}  // namespace

grpc::ServerReadReactor<proto::AppendReq>* serve_append(Node& node, grpc::CallbackServerContext* context,
                                                        proto::AppendResp* response) {
  auto call = std::make_shared<AppendCall>(node, context, response);
  call->keep_alive();
  return call.get();
}

}  // namespace interconnect::eventstore
