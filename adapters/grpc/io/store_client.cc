#include "adapters/grpc/io/store_client.h"

#include <glog/logging.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <sstream>
#include <thread>
#include <utility>

#include "adapters/grpc/io/channel.h"
#include "adapters/grpc/wire/encode.h"
#include "adapters/grpc/wire/group_info.h"
#include "domain/excerpt.h"

namespace interconnect::next {
namespace {

constexpr char kGossipRead[] = "/event_store.client.gossip.Gossip/Read";
constexpr char kStreamsRead[] = "/event_store.client.streams.Streams/Read";

// A stream that nobody needs a right to read, and that need not be there: that it is not is an answer as well.
constexpr char kProbeStream[] = "interconnect-link-check";
constexpr std::string_view kProbeError = "read of interconnect-link-check: ";

constexpr std::size_t kRememberedDeletions = 4'096;  // streams

Time now() { return std::chrono::steady_clock::now().time_since_epoch(); }

NodeConnection::Settings connection_settings(const GrpcStoreSettings& settings, bool asks_nodes) {
  std::random_device random;
  return {.hosts = settings.hosts,
          .discover = settings.discover,
          .preference = settings.node_preference,
          .max_discover_attempts = settings.max_discover_attempts,
          .discovery_interval = settings.discovery_interval,
          .gossip_timeout = settings.gossip_timeout,
          .operation_timeout = settings.operation_timeout,
          .reconnection = settings.reconnection,
          .asks_nodes = asks_nodes,
          .seed = random()};
}

// A header takes printable ASCII only; gRPC ends the process for anything else.
std::string as_header(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c > 0x7e; }, '?');
  return text;
}

constexpr char kNotConnected[] = "not connected: ";

// What a call is answered with that finds no connection: as the last attempt to make one was.
CallStatus not_connected(const StoreError& why) {
  CallStatus status;
  status.code = why.kind == ErrorKind::kNotAuthenticated ? kUnauthenticated
                : why.kind == ErrorKind::kAccessDenied   ? kPermissionDenied
                : why.kind == ErrorKind::kUnsupported    ? kUnimplemented
                                                         : kStatusUnavailable;
  status.message = kNotConnected + why.message;
  return status;
}

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

StoreClient::StoreClient(boost::asio::io_context& io, GrpcStoreSettings settings, Events events, bool asks_nodes)
    : io_(io),
      settings_(std::move(settings)),
      events_(std::move(events)),
      credentials_(make_credentials(settings_.tls)),
      inbox_(std::make_shared<Inbox>(io, [this] { drain(); })),
      work_(boost::asio::make_work_guard(io)),
      connection_(connection_settings(settings_, asks_nodes)),
      logs_changes_(asks_nodes),
      timer_(io),
      silence_timer_(io) {
  settings_.connection_name = as_header(std::move(settings_.connection_name));
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
      if (call.connection == generation_) log_version();
      call.on_message(to_slice(input.message));
      return;
    case Input::Kind::kWrote:
      if (!stopping_) call.on_wrote();
      return;
    case Input::Kind::kDone:
      break;
  }
  if (!stopping_) {
    if (call.connection == generation_ && now() >= connecting_until_) {
      CallStatus status = call.status();
      status.message = with_handshake_timeout(std::move(status.message));
      call.set_status(std::move(status));
    }
    const CallStatus& status = call.status();
    if (call.connection == generation_ && !status.ok() && !call.cancelled()) {
      if (is_not_leader(status)) {
        const StoreError error = to_store_error(status, "answer");
        tell([&](auto& actions) { connection_.not_leader(named_leader(status), error, now(), actions); });
      } else if (is_connection_loss(status)) {
        const StoreError error = to_store_error(status, "connection");
        tell([&](auto& actions) { connection_.connection_lost(error, now(), actions); });
      }
    }
    // It may have been done. What had ended before is told as it was.
    if (call.has_left() && status.code == kCancelled) {
      CallStatus left = not_connected(last_error());
      left.code = kStatusUnavailable;
      call.set_status(std::move(left));
    }
    // Where there is no connection, its reason has been told with them.
    const bool names_user = status.message.starts_with(kNotConnected);
    if (status.code == kUnauthenticated && !names_user) call.add_to_status(who() + hint_of_credentials());
    if (status.code == kPermissionDenied && !names_user) call.add_to_status(who());
    call.on_done(status);
  }
  calls_.erase(input.call);
}

// --- The connection ---

template <typename Input>
void StoreClient::tell(Input input) {
  if (stopping_) return;
  input(actions_);
  // What is carried out may bring about more.
  if (std::exchange(is_carrying_out_, true)) return;
  while (!actions_.empty() && !stopping_) {
    const NodeConnection::Action action = std::move(actions_.front());
    actions_.pop_front();
    carry_out(action);
  }
  is_carrying_out_ = false;
  arm_timer();
}

void StoreClient::carry_out(const NodeConnection::Action& action) {
  if (const auto* ask = std::get_if<NodeConnection::AskGossip>(&action)) {
    ask_gossip(ask->question, ask->host);
  } else if (const auto* node = std::get_if<NodeConnection::Use>(&action)) {
    use(*node);
  } else if (const auto* ask = std::get_if<NodeConnection::AskNode>(&action)) {
    ask_node(ask->question);
  } else if (std::holds_alternative<NodeConnection::Leave>(action)) {
    leave();
  } else if (const auto* connected = std::get_if<NodeConnection::Connected>(&action)) {
    if (connected->former && logs_changes_) {
      LOG(INFO) << "now at " << to_authority(*connection_.node()) << ", no longer at "
                << to_authority(*connected->former) << ": " << connected->why;
    }
    events_.connected();
    tried();
  } else if (std::holds_alternative<NodeConnection::RoundFailed>(action)) {
    tried();
  } else if (const auto* failed = std::get_if<NodeConnection::Failed>(&action)) {
    events_.failed(failed->error);
    tried();
  } else if (const auto* lost = std::get_if<NodeConnection::Lost>(&action)) {
    events_.lost(lost->error);
    tried();
  } else {
    LOG(ERROR) << "a fault of the program, mended: " << std::get<NodeConnection::Repaired>(action).fault;
  }
}

void StoreClient::arm_timer() {
  const auto next = connection_.next_deadline();
  if (!next || stopping_ || (armed_for_ && *armed_for_ <= *next)) return;
  armed_for_ = next;
  timer_.expires_at(std::chrono::steady_clock::time_point(*next));
  timer_.async_wait([this, alive = std::weak_ptr(alive_)](boost::system::error_code error) {
    if (error || !alive.lock() || stopping_) return;
    armed_for_.reset();
    tell([&](auto& actions) { connection_.tick(now(), actions); });
  });
}

void StoreClient::connect() {
  tell([&](auto& actions) { connection_.start(now(), actions); });
}

void StoreClient::when_tried(std::function<void()> then) {
  if (connected() || connection_.is_lost()) return later(std::move(then));
  waiting_.push_back(std::move(then));
  connect();
}

void StoreClient::tried() {
  for (std::function<void()>& then : std::exchange(waiting_, {})) later(std::move(then));
}

void StoreClient::seek_leader(const StoreError& error) {
  tell([&](auto& actions) { connection_.seek_leader(error, now(), actions); });
}

void StoreClient::suspect_node() {
  tell([&](auto& actions) { connection_.suspect(now(), actions); });
}

void StoreClient::lose_connection(const StoreError& error) {
  tell([&](auto& actions) { connection_.connection_lost(error, now(), actions); });
}

// A channel of its own for each attempt: it would connect again by itself, but not as soon, and it may not know yet
// that its connection is lost, and then give the next call to that one.
void StoreClient::use(const NodeConnection::Use& use) {
  channel_ = make_channel(use.node, settings_, credentials_, use.connect_within);
  connecting_until_ = now() + connect_timeout(use.connect_within);
  stub_ = std::make_unique<grpc::GenericStub>(channel_);
  end_calls();
  ++generation_;
  deleted_streams_.clear();
}

void StoreClient::leave() {
  stub_.reset();
  channel_.reset();
  end_calls();
  ++generation_;
  deleted_streams_.clear();
}

// Where there is one node only, subscriptions end by themselves: 21.2.0 would keep the consumer of one that is
// cancelled before it is confirmed (see StaleConsumers).
void StoreClient::end_calls() {
  const bool is_another = connection_.may_find_another();
  for (auto& [key, call] : calls_) {
    if (call->connection == generation_ && (is_another || !call->stays_open())) call->leave();
  }
}

void StoreClient::ask_node(std::uint64_t question) {
  const auto answered = [this, question](const std::optional<StoreError>& error) {
    tell([&](auto& actions) { connection_.node_answered(question, error, now(), actions); });
  };
  ask([this, answered](const std::optional<StoreError>& error) {
    if (error || authorization_.empty()) return answered(error);
    ask_who_we_are(answered);
  });
}

// 21.2.0 takes a password with a `:` for no credentials at all, and lets nobody do much
// (BasicHttpAuthenticationProvider.cs). Where the question itself fails, the calls will tell.
void StoreClient::ask_who_we_are(std::function<void(const std::optional<StoreError>&)> answer) {
  get("/users/%24current", [this, answer = std::move(answer)](const HttpAnswer& got) {
    if (got.status != 401) return answer(std::nullopt);
    answer(StoreError{ErrorKind::kNotAuthenticated,
                      "the server does not take the credentials" + who() + hint_of_credentials()});
  });
}

std::string StoreClient::hint_of_credentials() const {
  if (!settings_.credentials) return "";
  const std::string& password = settings_.credentials->password;
  const auto is_beyond_ascii = [](const std::string& text) {
    return std::any_of(text.begin(), text.end(), [](unsigned char c) { return c > 0x7f; });
  };
  std::string hint;
  if (password.find(':') != std::string::npos) hint += "; a server below 21.10 takes no password with a ':'";
  if (is_beyond_ascii(password) || is_beyond_ascii(settings_.credentials->username)) {
    hint += "; a server up to 21.10 takes no letters beyond ASCII";
  }
  return hint;
}

std::string StoreClient::who() const {
  if (!settings_.credentials) return " (no user: there are no credentials)";
  if (authorization_.empty()) return " (no user: credentials are not sent without TLS)";
  return " (user '" + excerpt(settings_.credentials->username) + "')";
}

void StoreClient::ask_gossip(std::uint64_t question, const Endpoint& host) {
  auto channel = make_channel(host, settings_, credentials_, settings_.gossip_timeout);
  grpc::GenericStub stub(channel);
  const Time connecting_until = now() + connect_timeout(settings_.gossip_timeout);
  auto call = std::make_unique<UnaryCall>([this, question, connecting_until](const CallStatus& answered,
                                                                             std::string_view message) {
    tell([&](auto& actions) {
      if (!answered.ok()) {
        CallStatus status = answered;
        if (now() >= connecting_until) status.message = with_handshake_timeout(std::move(status.message));
        return connection_.gossip_failed(question, to_store_error(status, "gossip"), now(), actions);
      }
      const auto cluster = decode_cluster(message);
      if (const auto* malformed = std::get_if<Malformed>(&cluster)) {
        connection_.gossip_failed(question, {ErrorKind::kUnsupported, "gossip: " + malformed->reason}, now(), actions);
      } else {
        connection_.gossip_answered(question, std::get<std::vector<ClusterMember>>(cluster), now(), actions);
      }
    });
  });
  Call& started = *call;
  calls_.emplace(&started, std::move(call));
  // No connection's number: that a host does not answer is the discovery's business.
  started.connection = 0;
  if (!authorization_.empty()) started.context().AddMetadata("authorization", authorization_);
  started.start(stub, kGossipRead, {to_byte_buffer({})}, {.timeout = settings_.gossip_timeout}, inbox_);
}

// Once the node has answered, and not while the channel connects: 21.2.0 without TLS may take the one connection for
// what the other speaks (ClearTextHttpMultiplexingMiddleware.cs).
void StoreClient::log_version() {
  if (std::exchange(version_logged_, true)) return;
  get("/info", [where = to_authority(*connection_.node())](const HttpAnswer& answer) {
    const std::string version = answer.status == 200 ? decode_server_version(answer.body) : std::string();
    if (!version.empty()) LOG(INFO) << "EventStoreDB " << excerpt(version) << " at " << where;
  });
}

void StoreClient::refuse(std::unique_ptr<Call> call) {
  if (connection_.is_connected()) {
    later([this] { tell([&](auto& actions) { connection_.call_refused(now(), actions); }); });
  }
  Call& refused = *call;
  calls_.emplace(&refused, std::move(call));
  refused.refuse(not_connected(last_error()), inbox_);
}

void StoreClient::start(std::unique_ptr<Call> call, const std::string& method, std::vector<grpc::ByteBuffer> messages,
                        const Call::Options& options) {
  if (!stub_) return refuse(std::move(call));
  Call& started = *call;
  calls_.emplace(&started, std::move(call));
  started.connection = generation_;
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
  if (!has_node()) {
    later([answer = std::move(answer), why = not_connected(last_error()).message] { answer({0, why}); });
    return;
  }
  const HttpRequest request{*connection_.node(), settings_.tls, target, authorization_, settings_.operation_timeout};
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
  read_page(read, [this, id = read.id, stream = read.stream, &listener](const CallStatus& status,
                                                                        const ReadOutcome& outcome) {
    if (!DeletionProof::is_wanted(status, stream)) return listener.on_read_completed(id, outcome);
    prove_deleted(stream, std::get<StoreError>(outcome),
                  [id, &listener](const StoreError& error) { listener.on_read_completed(id, error); });
  });
}

void StoreClient::read_page(const StreamRead& read, ReadCall::Completed completed) {
  std::vector<grpc::ByteBuffer> messages;
  messages.push_back(to_byte_buffer(encode_read(read)));
  start(std::make_unique<ReadCall>(read, std::move(completed)), kStreamsRead, std::move(messages),
        {.timeout = settings_.operation_timeout});
}

void StoreClient::prove_deleted(const std::string& stream, const StoreError& error,
                                std::function<void(const StoreError&)> then) {
  std::ostringstream other;
  std::random_device random;
  other << stream << "-none-" << std::hex << random() << random();
  go_on_with_proof(std::make_shared<DeletionQuestion>(
      DeletionQuestion{stream, error, std::move(then), generation_, DeletionProof(stream, other.str())}));
}

void StoreClient::go_on_with_proof(const std::shared_ptr<DeletionQuestion>& question) {
  const bool is_known = deleted_streams_.contains(question->stream);
  const std::optional<StreamRead> read = is_known ? std::nullopt : question->proof.next();
  if (read && question->connection == generation_) {
    return read_page(*read, [this, question](const CallStatus& status, const ReadOutcome& outcome) {
      question->proof.on_answer(status, outcome);
      go_on_with_proof(question);
    });
  }
  StoreError error = question->error;
  if (is_known || question->proof.is_proven()) {
    if (deleted_streams_.size() >= kRememberedDeletions) deleted_streams_.clear();
    deleted_streams_.insert(question->stream);
    error.kind = ErrorKind::kStreamDeleted;
    error.message += ": the stream is deleted for good";
  } else if (!read) {
    error.message +=
        ": so EventStoreDB answers for a stream that is deleted for good and has letters beyond ASCII in its name, but "
        "this server answers so for others, too, or not each time; its log may tell why";
  }
  question->then(error);
}

void StoreClient::probe(LinkProbe::Answer answer) {
  if (!connection_.is_asking()) return ask_by_name(std::move(answer));
  when_tried([this, answer = std::move(answer)]() mutable { ask_by_name(std::move(answer)); });
}

void StoreClient::ask_by_name(LinkProbe::Answer answer) {
  ask([node = connection_.node(), answer = std::move(answer)](const std::optional<StoreError>& error) {
    // Why there is no connection has been told with its node.
    if (!error || !node || error->message.starts_with(kNotConnected)) return answer(error);
    const bool is_silent = error->kind == ErrorKind::kTimeout;
    answer(StoreError{error->kind, to_authority(*node) + (is_silent ? " does not answer: " : ": ") + error->message});
  });
}

void StoreClient::watch_silence() {
  if (std::exchange(watches_silence_, true)) return;
  silence_timer_.expires_after(NodeConnection::kSilence);
  silence_timer_.async_wait([this, alive = std::weak_ptr(alive_)](boost::system::error_code error) {
    if (error || !alive.lock() || stopping_) return;
    watches_silence_ = false;
    if (unanswered_ == 0) return;
    suspect_node();
    watch_silence();
  });
}

void StoreClient::ask(LinkProbe::Answer answer) {
  StreamRead read;
  read.stream = kProbeStream;
  read.direction = ReadDirection::kBackward;
  read.from = kStreamEnd;
  read.count = 1;
  ++unanswered_;
  watch_silence();
  auto done = [this, answer = std::move(answer)](const CallStatus&, const ReadOutcome& outcome) {
    --unanswered_;
    const auto* error = std::get_if<StoreError>(&outcome);
    if (error == nullptr) return answer(std::nullopt);
    switch (error->kind) {
      case ErrorKind::kTimeout:
      case ErrorKind::kUnavailable:
      case ErrorKind::kNotReady:
      case ErrorKind::kNotAuthenticated: {
        StoreError told = *error;
        if (told.message.starts_with(kProbeError)) told.message.erase(0, kProbeError.size());
        return answer(told);
      }
      default:
        return answer(std::nullopt);
    }
  };
  read_page(read, std::move(done));
}

void StoreClient::stop(std::function<void()> stopped) {
  stopping_ = true;
  stopped_ = std::move(stopped);
  timer_.cancel();
  silence_timer_.cancel();
  waiting_.clear();
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
