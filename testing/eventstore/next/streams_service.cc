#include "adapters/grpc/proto/streams.grpc.pb.h"
#include "testing/eventstore/next/append_call.h"
#include "testing/eventstore/next/call.h"
#include "testing/eventstore/next/convert.h"
#include "testing/eventstore/next/read_call.h"
#include "testing/eventstore/next/services.h"

namespace interconnect::eventstore {
namespace {

namespace proto = esdb::streams;

class StreamsService : public proto::Streams::CallbackService {
 public:
  explicit StreamsService(Node& node) : node_(node) {}

  grpc::ServerWriteReactor<proto::ReadResp>* Read(grpc::CallbackServerContext* context,
                                                  const proto::ReadReq* request) override {
    return serve_read(node_, context, request);
  }
  grpc::ServerReadReactor<proto::AppendReq>* Append(grpc::CallbackServerContext* context,
                                                    proto::AppendResp* response) override {
    return serve_append(node_, context, response);
  }
  grpc::ServerBidiReactor<proto::BatchAppendReq, proto::BatchAppendResp>* BatchAppend(
      grpc::CallbackServerContext* context) override {
    return serve_batch_append(node_, context);
  }
  grpc::ServerUnaryReactor* Delete(grpc::CallbackServerContext* context, const proto::DeleteReq* request,
                                   proto::DeleteResp* response) override {
    return delete_stream(context, request, response, false);
  }
  grpc::ServerUnaryReactor* Tombstone(grpc::CallbackServerContext* context, const proto::TombstoneReq* request,
                                      proto::TombstoneResp* response) override {
    return delete_stream(context, request, response, true);
  }

 private:
  template <class Request, class Response>
  grpc::ServerUnaryReactor* delete_stream(grpc::CallbackServerContext* context, const Request* request,
                                          Response* response, bool hard) {
    return answer_unary<Request, Response>(
        node_, context, request, response,
        [this, hard](const GrpcCaller& caller, const Request& asked, Response* answer) -> std::optional<RpcError> {
          if (const RpcError error = cannot_serve(node_, true); !error.ok()) return error;
          const std::string& stream = asked.options().stream_identifier().stream_name();
          std::int64_t expected;
          if (stream.empty() || !expected_of(asked.options(), &expected)) return thrown_by_handler();
          const DeleteOutcome outcome = node_.store().delete_stream(stream, expected, hard, caller.user);
          switch (outcome.result) {
            case WriteResult::kSuccess:
              answer->mutable_position()->set_commit_position(static_cast<std::uint64_t>(outcome.position));
              answer->mutable_position()->set_prepare_position(static_cast<std::uint64_t>(outcome.position));
              return RpcError{grpc::Status::OK};
            case WriteResult::kWrongExpectedVersion:
              return delete_wrong_version_error(node_, stream, expected, outcome.current_version);
            case WriteResult::kStreamDeleted:
              return stream_deleted_error(stream);
            case WriteResult::kAccessDenied:
              break;
          }
          return access_denied_error();
        });
  }

  Node& node_;
};

}  // namespace

std::unique_ptr<grpc::Service> new_streams_service(Node& node) { return std::make_unique<StreamsService>(node); }

}  // namespace interconnect::eventstore
