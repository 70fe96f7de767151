#include <memory>
#include <mutex>
#include <vector>

#include "adapters/grpc/proto/persistent.grpc.pb.h"
#include "grpcpp/impl/codegen/proto_buffer_reader.h"
#include "grpcpp/impl/codegen/proto_buffer_writer.h"
#include "grpcpp/impl/codegen/proto_utils.h"
#include "testing/eventstore/next/call.h"
#include "testing/eventstore/next/convert.h"
#include "testing/eventstore/next/pushed_event.h"
#include "testing/eventstore/next/services.h"

namespace interconnect::eventstore {
namespace {

namespace proto = esdb::persistent_subscriptions;
using Base = grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>;

// A consumer of a group: options first, then acks and nacks. Half-closing it changes nothing.
class PersistentRead : public StreamingCall<Base, grpc::ByteBuffer>, public Subscriber {
 public:
  PersistentRead(Node& node, grpc::CallbackServerContext* context)
      : StreamingCall(node, context), caller_(caller_of(node, *context)) {
    StartRead(&request_);
  }

  void OnReadDone(bool ok) override {
    if (!ok) {
      post_to_node(node_, [self = self()] {
        if (self->subscription_id_.empty()) self->end(thrown_by_handler());
        self->has_read_all_ = true;
        if (self->is_cancelled_) self->leave();
      });
      return;
    }
    bool first;
    {
      std::lock_guard lock(inbox_mutex_);
      first = inbox_.empty();
      inbox_.push_back(std::move(request_));
    }
    // What comes in while the node is busy is handed over together.
    if (first) post_to_node(node_, [self = self()] { self->take_all(); });
    request_.Clear();
    StartRead(&request_);
  }

  void push(const ResolvedEvent& event, int retry_count) override {
    if (!node_.misbehaviour().silent) send(encode_pushed_event(event, retry_count, structured_));
  }

  void dropped(DropReason reason) override { end(group_error(reason, stream_, group_)); }

 protected:
  // What came in before still counts, though another of gRPC's threads may bring it later.
  void cancelled() override {
    is_cancelled_ = true;
    if (has_read_all_) leave();
  }

 private:
  std::shared_ptr<PersistentRead> self() { return std::static_pointer_cast<PersistentRead>(shared_from_this()); }

  void leave() { node_.groups().remove_client(this); }

  void take_all() {
    std::vector<grpc::ByteBuffer> requests;
    {
      std::lock_guard lock(inbox_mutex_);
      requests.swap(inbox_);
    }
    if (node_.misbehaviour().silent) return;
    proto::ReadReq request;
    for (grpc::ByteBuffer& bytes : requests) {
      const grpc::Status parsed = grpc::GenericDeserialize<grpc::ProtoBufferReader, proto::ReadReq>(&bytes, &request);
      if (!parsed.ok()) return end({parsed});
      take(request);
    }
  }

  void take(const proto::ReadReq& request) {
    if (subscription_id_.empty()) return connect(request);
    PersistentSubscription* subscription = node_.groups().find(subscription_id_);
    if (subscription == nullptr) return;
    std::vector<EventId> ids;
    for (const auto& uuid : request.has_nack() ? request.nack().ids() : request.ack().ids()) {
      EventId id;
      if (from_uuid(uuid, &id)) ids.push_back(id);
    }
    if (request.has_nack()) {
      subscription->nak(this, ids, static_cast<NakAction>(request.nack().action()), request.nack().reason(),
                        node_.groups().now());
    } else if (request.has_ack()) {
      subscription->ack(this, ids, node_.groups().now());
    }
  }

  void connect(const proto::ReadReq& request) {
    if (!caller_.error.ok()) return end(caller_.error);
    if (!request.has_options()) return end(thrown_by_handler());
    const auto& options = request.options();
    if (!options.uuid_option().has_structured() && !options.uuid_option().has_string()) return end(thrown_by_handler());
    if (!node_.ready()) {
      return end(
          unexpected("Envelope callback expected either PersistentSubscriptionConfirmation or NotHandled, "
                     "received NotHandled instead"));
    }
    if (const RpcError error = cannot_serve(node_, true); !error.ok()) return end(error);
    structured_ = options.uuid_option().has_structured();
    stream_ = options.has_all() ? std::string(kAllStream) : options.stream_identifier().stream_name();
    group_ = options.group_name();
    // No user may read a group anonymously.
    if (caller_.user == nullptr) return end(access_denied_error());
    const auto found = node_.groups().find_to_connect(stream_, group_, caller_.user);
    if (found.subscription == nullptr) return end(group_error(found.refused, stream_, group_));
    subscription_id_ = found.subscription->id();
    proto::ReadResp response;
    response.mutable_subscription_confirmation()->set_subscription_id(subscription_id_);
    grpc::ByteBuffer bytes;
    bool is_own = false;
    grpc::GenericSerialize<grpc::ProtoBufferWriter, proto::ReadResp>(response, &bytes, &is_own);
    send(std::move(bytes));
    found.subscription->add_client(this, options.buffer_size(), caller_.user->name, context_->peer(),
                                   header_of(*context_, "connection-name"), node_.groups().now());
  }

  const GrpcCaller caller_;
  grpc::ByteBuffer request_;
  std::mutex inbox_mutex_;
  std::vector<grpc::ByteBuffer> inbox_;
  bool has_read_all_ = false;
  bool is_cancelled_ = false;
  bool structured_ = false;
  std::string stream_;
  std::string group_;
  std::string subscription_id_;
};

template <class Settings>
GroupSettings settings_of(const Settings& s) {
  GroupSettings settings;
  settings.resolve_link_tos = s.resolve_links();
  settings.start_from = static_cast<std::int64_t>(s.revision());
  settings.extra_statistics = s.extra_statistics();
  settings.message_timeout_ms = s.has_message_timeout_ticks()
                                    ? static_cast<int>(s.message_timeout_ticks() / kTicksPerMillisecond)
                                    : s.message_timeout_ms();
  settings.check_point_after_ms = s.has_checkpoint_after_ticks()
                                      ? static_cast<int>(s.checkpoint_after_ticks() / kTicksPerMillisecond)
                                      : s.checkpoint_after_ms();
  settings.max_retry_count = s.max_retry_count();
  settings.live_buffer_size = s.live_buffer_size();
  settings.buffer_size = s.history_buffer_size();
  settings.read_batch_size = s.read_batch_size();
  settings.min_check_point_count = s.min_checkpoint_count();
  settings.max_check_point_count = s.max_checkpoint_count();
  settings.max_subscriber_count = s.max_subscriber_count();
  static constexpr const char* kStrategies[] = {"DispatchToSingle", "RoundRobin", "Pinned"};
  const int strategy = static_cast<int>(s.named_consumer_strategy());
  settings.named_consumer_strategy = strategy >= 0 && strategy <= 2 ? kStrategies[strategy] : "";
  return settings;
}

void fill_info(PersistentSubscription& group, proto::SubscriptionInfo* out) {
  const auto info = group.get_info();
  const GroupSettings& s = group.settings();
  auto number = [](std::int64_t n) { return n < 0 ? std::string() : std::to_string(n); };
  out->set_event_source(group.stream());
  out->set_group_name(group.group());
  out->set_status(info.status);
  out->set_total_items(info.total_items);
  out->set_count_since_last_measurement(info.count_since_last_measurement);
  out->set_last_checkpointed_event_position(number(info.last_processed));
  out->set_last_known_event_position(number(info.last_known));
  out->set_resolve_link_tos(s.resolve_link_tos);
  out->set_start_from(std::to_string(s.start_from));
  out->set_message_timeout_milliseconds(s.message_timeout_ms);
  out->set_extra_statistics(s.extra_statistics);
  out->set_max_retry_count(s.max_retry_count);
  out->set_live_buffer_size(s.live_buffer_size);
  out->set_buffer_size(s.buffer_size);
  out->set_read_batch_size(s.read_batch_size);
  out->set_check_point_after_milliseconds(s.check_point_after_ms);
  out->set_min_check_point_count(s.min_check_point_count);
  out->set_max_check_point_count(s.max_check_point_count);
  out->set_read_buffer_count(static_cast<std::int32_t>(info.read_buffer_count));
  out->set_live_buffer_count(static_cast<std::int64_t>(info.live_buffer_count));
  out->set_retry_buffer_count(static_cast<std::int32_t>(info.retry_buffer_count));
  out->set_total_in_flight_messages(info.total_in_flight);
  out->set_outstanding_messages_count(static_cast<std::int32_t>(info.outstanding));
  out->set_named_consumer_strategy(s.named_consumer_strategy);
  out->set_max_subscriber_count(s.max_subscriber_count);
  out->set_parked_message_count(info.parked);
  for (const Consumer* consumer : info.consumers) {
    auto* connection = out->add_connections();
    connection->set_from(consumer->from);
    connection->set_username(consumer->user);
    connection->set_total_items(consumer->total());
    connection->set_available_slots(consumer->slots());
    connection->set_in_flight_messages(static_cast<std::int32_t>(consumer->unconfirmed().size()));
    connection->set_connection_name(consumer->connection_name);
  }
}

// Read takes and gives bytes, everything else messages.
using Methods = proto::PersistentSubscriptions;
using Messages = Methods::WithCallbackMethod_Create<Methods::WithCallbackMethod_Update<
    Methods::WithCallbackMethod_Delete<Methods::WithCallbackMethod_GetInfo<Methods::WithCallbackMethod_ReplayParked<
        Methods::WithCallbackMethod_List<Methods::WithCallbackMethod_RestartSubsystem<Methods::Service>>>>>>>;

class PersistentSubscriptionsService : public Methods::WithRawCallbackMethod_Read<Messages> {
 public:
  explicit PersistentSubscriptionsService(Node& node) : node_(node) {}

  Base* Read(grpc::CallbackServerContext* context) override {
    auto call = std::make_shared<PersistentRead>(node_, context);
    call->keep_alive();
    return call.get();
  }

  grpc::ServerUnaryReactor* Create(grpc::CallbackServerContext* context, const proto::CreateReq* request,
                                   proto::CreateResp* response) override {
    return manage(context, request, response, true);
  }
  grpc::ServerUnaryReactor* Update(grpc::CallbackServerContext* context, const proto::UpdateReq* request,
                                   proto::UpdateResp* response) override {
    return manage(context, request, response, false);
  }

  grpc::ServerUnaryReactor* Delete(grpc::CallbackServerContext* context, const proto::DeleteReq* request,
                                   proto::DeleteResp* response) override {
    return answer_unary<proto::DeleteReq, proto::DeleteResp>(
        node_, context, request, response,
        [this](const GrpcCaller& caller, const auto& asked, auto*) -> std::optional<RpcError> {
          if (const RpcError error = cannot_serve(node_, true); !error.ok()) return error;
          const std::string stream = asked.options().stream_identifier().stream_name();
          const std::string& group = asked.options().group_name();
          const GroupOutcome outcome = node_.groups().delete_group(stream, group, caller.user);
          return group_error(outcome.result, outcome.reason, stream, group);
        });
  }

  grpc::ServerUnaryReactor* GetInfo(grpc::CallbackServerContext* context, const proto::GetInfoReq* request,
                                    proto::GetInfoResp* response) override {
    return answer_unary<proto::GetInfoReq, proto::GetInfoResp>(
        node_, context, request, response,
        [this](const GrpcCaller& caller, const auto& asked, auto* answer) -> std::optional<RpcError> {
          if (const auto error = refused(caller)) return error;
          const std::string stream = asked.options().stream_identifier().stream_name();
          PersistentSubscription* group = node_.groups().find(stream, asked.options().group_name());
          if (group == nullptr) return group_error(DropReason::kNotFound, stream, asked.options().group_name());
          fill_info(*group, answer->mutable_subscription_info());
          return RpcError{grpc::Status::OK};
        });
  }

  grpc::ServerUnaryReactor* List(grpc::CallbackServerContext* context, const proto::ListReq* request,
                                 proto::ListResp* response) override {
    return answer_unary<proto::ListReq, proto::ListResp>(
        node_, context, request, response,
        [this](const GrpcCaller& caller, const auto& asked, auto* answer) -> std::optional<RpcError> {
          if (const auto error = refused(caller)) return error;
          const std::string stream = asked.options().list_for_stream().stream().stream_name();
          const auto groups = node_.groups().groups(stream);
          if (groups.empty() && !stream.empty()) return group_error(DropReason::kNotFound, stream, "");
          for (PersistentSubscription* group : groups) fill_info(*group, answer->add_subscriptions());
          return RpcError{grpc::Status::OK};
        });
  }

  grpc::ServerUnaryReactor* ReplayParked(grpc::CallbackServerContext* context, const proto::ReplayParkedReq* request,
                                         proto::ReplayParkedResp* response) override {
    return answer_unary<proto::ReplayParkedReq, proto::ReplayParkedResp>(
        node_, context, request, response,
        [this](const GrpcCaller& caller, const auto& asked, auto*) -> std::optional<RpcError> {
          if (const auto error = refused(caller)) return error;
          const std::string stream = asked.options().stream_identifier().stream_name();
          const std::string& group = asked.options().group_name();
          std::optional<std::int64_t> stop_at;
          if (asked.options().has_stop_at()) stop_at = asked.options().stop_at();
          const GroupOutcome outcome = node_.groups().replay_parked(stream, group, stop_at, caller.user);
          return group_error(outcome.result, outcome.reason, stream, group);
        });
  }

  grpc::ServerUnaryReactor* RestartSubsystem(grpc::CallbackServerContext* context, const esdb::Empty* request,
                                             esdb::Empty* response) override {
    return answer_unary<esdb::Empty, esdb::Empty>(
        node_, context, request, response,
        [this](const GrpcCaller& caller, const auto&, auto*) -> std::optional<RpcError> {
          if (const auto error = refused(caller)) return error;
          for (PersistentSubscription* group : node_.groups().groups()) group->drop_all();
          return RpcError{grpc::Status::OK};
        });
  }

 private:
  // Calls that 21.2.0 has not, and that need rights.
  std::optional<RpcError> refused(const GrpcCaller& caller) {
    if (node_.options().version == "21.2.0") return unimplemented();
    if (const RpcError error = cannot_serve(node_, true); !error.ok()) return error;
    if (!node_.store().can_access("$settings", Access::kWrite, caller.user)) return access_denied_error();
    return std::nullopt;
  }

  template <class Request, class Response>
  grpc::ServerUnaryReactor* manage(grpc::CallbackServerContext* context, const Request* request, Response* response,
                                   bool create) {
    return answer_unary<Request, Response>(
        node_, context, request, response,
        [this, create](const GrpcCaller& caller, const Request& asked, Response*) -> std::optional<RpcError> {
          if (const RpcError error = cannot_serve(node_, true); !error.ok()) return error;
          const auto& options = asked.options();
          const bool old = node_.options().version == "21.2.0";
          GroupSettings settings = settings_of(options.settings());
          std::string stream = options.stream_identifier().stream_name();
          if (!old && options.has_stream()) {
            const auto& s = options.stream();
            stream = s.stream_identifier().stream_name();
            settings.start_from = s.has_revision() ? static_cast<std::int64_t>(s.revision()) : s.has_end() ? -1 : 0;
          }
          if constexpr (std::is_same_v<Request, proto::CreateReq>) {
            if (!old && !options.settings().consumer_strategy().empty()) {
              settings.named_consumer_strategy = options.settings().consumer_strategy();
            }
          }
          const std::string& group = options.group_name();
          if (stream.empty()) return thrown_by_handler();
          if (settings.read_batch_size >= settings.buffer_size &&
              node_.store().can_access("$settings", Access::kWrite, caller.user)) {
            // 21.2.0 fails inside and never answers.
            if (old) return std::nullopt;
            return group_error(GroupResult::kFail,
                               "Specified argument was out of the range of valid values. (Parameter 'ReadBatchSize may "
                               "not be greater than or equal to BufferSize')",
                               stream, group);
          }
          const GroupOutcome outcome = create ? node_.groups().create(stream, group, settings, caller.user)
                                              : node_.groups().update(stream, group, settings, caller.user);
          if (old && !create && outcome.result == GroupResult::kDoesNotExist) {
            return unexpected("Unexpected UpdatePersistentSubscriptionResult: DoesNotExist");
          }
          return group_error(outcome.result, outcome.reason, stream, group);
        });
  }

  Node& node_;
};

}  // namespace

std::unique_ptr<grpc::Service> new_persistent_subscriptions_service(Node& node) {
  return std::make_unique<PersistentSubscriptionsService>(node);
}

}  // namespace interconnect::eventstore
