#include "adapters/grpc/io/store_client.h"

#include <glog/logging.h>

#include <thread>
#include <utility>

#include "adapters/grpc/io/channel.h"
#include "adapters/grpc/io/read_call.h"
#include "adapters/grpc/wire/encode.h"
#include "adapters/grpc/wire/group_info.h"
#include "domain/excerpt.h"

namespace interconnect::next {
namespace {

constexpr char kGossipRead[] = "/event_store.client.gossip.Gossip/Read";
constexpr char kStreamsRead[] = "/event_store.client.streams.Streams/Read";

// A stream that nobody needs a right to read, and that need not be there: that it is not is an answer as well.
constexpr char kProbeStream[] = "interconnect-link-check";

class UnaryCall : public Call {
 public:
  explicit UnaryCall(std::function<void(const CallStatus&, std::string_view)> answer) : answer_(std::move(answer)) {}

  void on_message(const grpc::Slice& message) override { message_ = message; }
  void on_done(const CallStatus& status) override { answer_(status, view_of(message_)); }

 private:
  std::function<void(const CallStatus&, std::string_view)> answer_;
  grpc::Slice message_;
};

}  // namespace

StoreClient::StoreClient(boost::asio::io_context& io, GrpcStoreSettings settings, Events events)
    : io_(io),
      settings_(std::move(settings)),
      events_(std::move(events)),
      credentials_(make_credentials(settings_.tls)),
      inbox_(std::make_shared<Inbox>(io, [this] { drain(); })),
      work_(boost::asio::make_work_guard(io)),
      discovery_timer_(io),
      random_(std::random_device()()) {
  // As the official clients do, credentials are never sent over plaintext. A server without TLS runs with --insecure,
  // and that makes everyone its system user (PassthroughAuthenticationProvider.cs of 21.2.0), consumer groups included.
  if (settings_.credentials && settings_.tls.enabled) authorization_ = basic_authorization(*settings_.credentials);
}

StoreClient::~StoreClient() {
  inbox_->close();
  for (const auto& get : gets_) get->cancel();
  for (auto& [key, call] : calls_) call->cancel();
  // The reactors must not outlive this; that gRPC lets go of cancelled calls does not depend on the io_context.
  while (!calls_.empty()) {
    inbox_->take(inputs_);
    for (const Input& input : inputs_) {
      if (input.kind == Input::Kind::kDone) calls_.erase(input.call);
    }
    if (!calls_.empty()) std::this_thread::yield();
  }
}

void StoreClient::later(std::function<void()> work) {
  later_.push_back(std::move(work));
  inbox_->request_drain();
}

void StoreClient::drain() {
  inbox_->take(inputs_);
  for (Input& input : inputs_) dispatch(input);
  inputs_.clear();
  const auto work = std::exchange(later_, {});
  for (const auto& item : work) {
    if (!stopping_) item();
  }
  if (!stopping_) events_.drained();
  finish_stop_if_idle();
}

void StoreClient::dispatch(Input& input) {
  Call& call = *input.call;
  switch (input.kind) {
    case Input::Kind::kMessage:
      if (stopping_) return;
      if (call.connection == connection_) log_version();
      call.on_message(to_slice(input.message));
      return;
    case Input::Kind::kWrote:
      if (!stopping_) call.on_wrote();
      return;
    case Input::Kind::kDone:
      break;
  }
  if (!stopping_) {
    const CallStatus& status = call.status();
    if (call.connection == connection_ && !status.ok() && !call.cancelled()) {
      if (const auto leader = named_leader(status)) {
        LOG(INFO) << "follows the leader to " << to_authority(*leader);
        use(*leader);
      } else if (is_not_leader(status)) {
        events_.no_leader(status);
      } else if (is_connection_loss(status)) {
        events_.connection_lost(status);
      }
    }
    call.on_done(status);
  }
  calls_.erase(input.call);
}

void StoreClient::use(const Endpoint& node) {
  node_ = node;
  channel_ = make_channel(node, settings_, credentials_);
  stub_ = std::make_unique<grpc::GenericStub>(channel_);
  ++connection_;
}

void StoreClient::seek_leader() {
  if (settings_.node_preference != NodePreference::kLeader) return;
  forget_connection();
  seek_leader_ = true;
}

void StoreClient::forget_connection() {
  ++connection_;
  // A single host that was configured is the only one to go to. The channel would connect again by itself, but may not
  // know yet that its connection is lost, and then give the next call to that one.
  if (!may_find_another() && !seek_leader_) return use(settings_.hosts.front());
  stub_.reset();
  channel_.reset();
}

void StoreClient::connect(Done done) {
  if (connected() && !seek_leader_) {
    later([done = std::move(done)] { done(CallStatus{}); });
    return;
  }
  waiting_for_connection_.push_back(std::move(done));
  if (discovery_) return;
  const bool seek_leader = std::exchange(seek_leader_, false);
  const bool ask = settings_.discover || settings_.hosts.size() > 1 || seek_leader;
  if (!ask) {
    use(settings_.hosts.front());
    later([this] { discovered(CallStatus{}); });
    return;
  }
  discovery_.emplace(settings_, random_());
  discover(discovery_->start());
}

void StoreClient::discover(Discovery::Action action) {
  if (auto* ask = std::get_if<Discovery::AskGossip>(&action)) {
    ask_gossip(ask->host);
  } else if (auto* wait = std::get_if<Discovery::Wait>(&action)) {
    discovery_timer_.expires_after(wait->duration);
    discovery_timer_.async_wait([this, alive = std::weak_ptr(alive_)](boost::system::error_code error) {
      if (!error && alive.lock() && discovery_) discover(discovery_->waited());
    });
  } else if (auto* found = std::get_if<Discovery::Use>(&action)) {
    use(found->node);
    discovered(CallStatus{});
  } else {
    CallStatus status;
    status.code = kStatusUnavailable;
    status.message = std::get<Discovery::GiveUp>(action).message;
    // Without discovery the host that was given is still worth a call.
    if (!settings_.discover && settings_.hosts.size() == 1) use(settings_.hosts.front());
    discovered(status);
  }
}

void StoreClient::ask_gossip(const Endpoint& host) {
  auto channel = make_channel(host, settings_, credentials_);
  grpc::GenericStub stub(channel);
  auto call = std::make_unique<UnaryCall>([this](const CallStatus& status, std::string_view message) {
    if (!discovery_) return;
    if (!status.ok()) return discover(discovery_->failed(to_store_error(status, "gossip").message));
    auto cluster = decode_cluster(message);
    if (auto* malformed = std::get_if<Malformed>(&cluster)) return discover(discovery_->failed(malformed->reason));
    discover(discovery_->answered(std::get<std::vector<ClusterMember>>(cluster)));
  });
  Call& started = *call;
  calls_.emplace(&started, std::move(call));
  // No connection's number: that a host does not answer is the discovery's business.
  started.connection = 0;
  if (!authorization_.empty()) started.context().AddMetadata("authorization", authorization_);
  started.start(stub, kGossipRead, {to_byte_buffer({})}, {.timeout = settings_.gossip_timeout}, inbox_);
}

void StoreClient::discovered(const CallStatus& status) {
  discovery_.reset();
  for (const Done& done : std::exchange(waiting_for_connection_, {})) done(status);
}

// Once the node has answered, and not while the channel connects: 21.2.0 without TLS may take the one connection for
// what the other speaks (ClearTextHttpMultiplexingMiddleware.cs).
void StoreClient::log_version() {
  if (std::exchange(version_logged_, true)) return;
  get("/info", [this](const HttpAnswer& answer) {
    const std::string version = answer.status == 200 ? decode_server_version(answer.body) : std::string();
    if (!version.empty()) LOG(INFO) << "EventStoreDB " << excerpt(version) << " at " << to_authority(node_);
  });
}

void StoreClient::start(std::unique_ptr<Call> call, const std::string& method, std::vector<grpc::ByteBuffer> messages,
                        const Call::Options& options) {
  Call& started = *call;
  calls_.emplace(&started, std::move(call));
  if (!stub_) {
    CallStatus status;
    status.code = kStatusUnavailable;
    status.message = "not connected";
    started.refuse(std::move(status), inbox_);
    return;
  }
  started.connection = connection_;
  grpc::ClientContext& context = started.context();
  if (!authorization_.empty()) context.AddMetadata("authorization", authorization_);
  if (!settings_.connection_name.empty()) context.AddMetadata("connection-name", settings_.connection_name);
  if (settings_.node_preference == NodePreference::kLeader) context.AddMetadata("requires-leader", "true");
  started.start(*stub_, method, std::move(messages), options, inbox_);
}

void StoreClient::ask(const std::string& method, const std::string& message, std::chrono::milliseconds timeout,
                      std::function<void(const CallStatus&, std::string_view)> answer) {
  std::vector<grpc::ByteBuffer> messages;
  messages.push_back(to_byte_buffer(message));
  start(std::make_unique<UnaryCall>(std::move(answer)), method, std::move(messages), {.timeout = timeout});
}

void StoreClient::get(const std::string& target, std::function<void(const HttpAnswer&)> answer) {
  const HttpRequest request{node_, settings_.tls, target, authorization_, settings_.operation_timeout};
  auto place = std::make_shared<std::shared_ptr<HttpGet>>();
  auto answered = [this, place, alive = std::weak_ptr(alive_), answer = std::move(answer)](const HttpAnswer& got) {
    const auto get = std::exchange(*place, nullptr);
    if (!alive.lock()) return;
    gets_.erase(get);
    if (stopping_) return finish_stop_if_idle();
    answer(got);
  };
  *place = http_get(io_, request, std::move(answered));
  gets_.insert(*place);
}

void StoreClient::read(const StreamRead& read, StreamReadListener& listener) {
  if (read.count <= 0) {
    later([id = read.id, &listener] {
      listener.on_read_completed(id, StoreError{ErrorKind::kInvalid, "a read of no events"});
    });
    return;
  }
  std::vector<grpc::ByteBuffer> messages;
  messages.push_back(to_byte_buffer(encode_read(read)));
  start(std::make_unique<ReadCall>(
            read, [id = read.id, &listener](const ReadOutcome& outcome) { listener.on_read_completed(id, outcome); }),
        kStreamsRead, std::move(messages), {.timeout = settings_.operation_timeout});
}

void StoreClient::probe(LinkProbe::Answer answer) {
  StreamRead read;
  read.stream = kProbeStream;
  read.direction = ReadDirection::kBackward;
  read.from = kStreamEnd;
  read.count = 1;
  auto done = [answer = std::move(answer)](const ReadOutcome& outcome) {
    const auto* error = std::get_if<StoreError>(&outcome);
    if (error == nullptr) return answer(std::nullopt);
    switch (error->kind) {
      case ErrorKind::kTimeout:
      case ErrorKind::kUnavailable:
      case ErrorKind::kNotReady:
      case ErrorKind::kNotAuthenticated:
        return answer(*error);
      default:
        return answer(std::nullopt);
    }
  };
  std::vector<grpc::ByteBuffer> messages;
  messages.push_back(to_byte_buffer(encode_read(read)));
  start(std::make_unique<ReadCall>(read, std::move(done)), kStreamsRead, std::move(messages),
        {.timeout = settings_.operation_timeout});
}

void StoreClient::stop(std::function<void()> stopped) {
  stopping_ = true;
  stopped_ = std::move(stopped);
  discovery_.reset();
  discovery_timer_.cancel();
  waiting_for_connection_.clear();
  later_.clear();
  for (auto& [key, call] : calls_) call->cancel();
  for (const auto& get : gets_) get->cancel();
  inbox_->request_drain();
}

void StoreClient::finish_stop_if_idle() {
  if (!stopping_ || !stopped_ || !calls_.empty() || !gets_.empty()) return;
  channel_.reset();
  stub_.reset();
  work_.reset();
  std::exchange(stopped_, nullptr)();
}

}  // namespace interconnect::next
