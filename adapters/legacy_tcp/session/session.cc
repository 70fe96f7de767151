#include "adapters/legacy_tcp/session/session.h"

#include <algorithm>
#include <utility>

#include "adapters/legacy_tcp/session/outcomes.h"
#include "adapters/legacy_tcp/wire/requests.h"
#include "domain/excerpt.h"

namespace interconnect::legacy {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// What a server allows one event to have in data, metadata and type (two bytes a character) together: 16 MiB for a
// record of its log, less what it keeps for itself.
constexpr std::size_t kMaxEventSize = 16 * 1024 * 1024 - 10'000;
constexpr SizeLimit kEventLimit{kMaxEventSize, SizeLimit::Of::kRecord};

// How soon a cluster without a master is asked again; no two attempts to follow one are closer together either.
constexpr Duration kAskAgainAfter = milliseconds(100);

std::string in_milliseconds(Duration duration) {
  return std::to_string(std::chrono::duration_cast<milliseconds>(duration).count()) + " ms";
}

std::uint64_t scramble(std::uint64_t value) {  // splitmix64's finalizer
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9u;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebu;
  return value ^ (value >> 31);
}

void put_u64(std::span<std::uint8_t> out, std::uint64_t value) {
  for (std::size_t i = 0; i < 8; ++i) out[i] = static_cast<std::uint8_t>(value >> (8 * i));
}

}  // namespace

Session::Session(SessionSettings settings)
    : settings_(std::move(settings)),
      endpoint_(settings_.endpoint),
      schedule_(settings_.reconnection),
      is_cluster_(settings_.hosts.size() > 1),
      hosts_(is_cluster_ ? settings_.hosts : std::vector{settings_.http}),
      last_error_{ErrorKind::kUnavailable, "not connected to " + to_text(settings_.endpoint) + " yet"},
      subscriptions_(settings_.subscriptions.size()) {
  put_u64(correlation_prefix_, scramble(settings_.seed) | 1);
}

// --- the connection

void Session::start(Time now, Actions& actions) {
  if (phase_ != Phase::kIdle) return;
  lost_at_ = now;
  try_to_connect(now, actions);
}

void Session::try_to_connect(Time now, Actions& actions) {
  if (!is_cluster_) return connect(now, actions);
  next_host_ = 0;
  was_named_ = was_answered_ = false;
  reasons_.clear();
  ask_next_host(now, actions);
}

void Session::connect(Time now, Actions& actions) {
  phase_ = Phase::kConnecting;
  ++question_;
  phase_deadline_ = now + settings_.operation_timeout;
  actions.push_back(Connect{endpoint_});
}

void Session::ask_next_host(Time now, Actions& actions) {
  if (next_host_ < hosts_.size()) {
    phase_ = Phase::kAsking;
    // A node that knows no other answers after ten seconds only (GossipController.cs), another may do so at once.
    phase_deadline_ = now + settings_.operation_timeout / 5;
    actions.push_back(AskGossip{++question_, hosts_[next_host_++]});
    return;
  }
  // Perhaps only our connection to it is lost.
  if (was_named_) {
    endpoint_ = *avoided_;
    return connect(now, actions);
  }
  // One node was given, and gossip is not to be had: it may name the master by TCP.
  if (!was_answered_ && settings_.hosts.size() < 2) {
    endpoint_ = settings_.endpoint;
    return connect(now, actions);
  }
  phase_ = Phase::kWaiting;
  last_error_ = no_master();
  fail_probes(actions);
  if (is_refusal(last_error_.kind)) subscriptions_not_authenticated(actions);
  schedule_reconnection(now, actions);
}

bool Session::is_avoided(const Endpoint& endpoint, Time now) const {
  return endpoint == avoided_ && now - lost_at_ < settings_.operation_timeout;
}

void Session::note_member(const ClusterNode& node) {
  if (std::find(hosts_.begin(), hosts_.end(), node.http) == hosts_.end()) hosts_.push_back(node.http);
}

void Session::gossip_answered(Time now, std::uint64_t question, std::vector<ClusterNode> nodes, Actions& actions) {
  if (phase_ != Phase::kAsking || question != question_) return;
  was_answered_ = true;
  for (const ClusterNode& node : nodes) note_member(node);
  members_ = std::move(nodes);
  for (const ClusterNode& node : members_) {
    if (!node.is_master) continue;
    if (is_avoided(node.tcp, now)) {
      was_named_ = true;
      continue;
    }
    endpoint_ = node.tcp;
    return connect(now, actions);
  }
  gossip_failed(now, question, {ErrorKind::kNotReady, "its gossip names no master that answers"}, actions);
}

void Session::gossip_failed(Time now, std::uint64_t question, StoreError error, Actions& actions) {
  if (phase_ != Phase::kAsking || question != question_) return;
  reasons_.emplace_back(hosts_[next_host_ - 1], std::move(error));
  // What was told of the round before, or of the connection to a master, is told until this one has failed as a whole.
  ask_next_host(now, actions);
}

StoreError Session::no_master() const {
  auto reasons = reasons_;
  std::stable_partition(reasons.begin(), reasons.end(),
                        [](const auto& reason) { return is_refusal(reason.second.kind); });
  StoreError all{ErrorKind::kUnavailable, "no master of the cluster is found"};
  if (!reasons.empty() && is_refusal(reasons.front().second.kind)) all.kind = reasons.front().second.kind;
  for (std::size_t i = 0; i < reasons.size(); ++i) {
    all.message += (i == 0 ? ": " : "; ") + to_text(reasons[i].first) + ": " + excerpt(reasons[i].second.message);
  }
  return all;
}

const Endpoint& Session::http_endpoint() const {
  for (const ClusterNode& node : members_) {
    if (node.tcp == endpoint_) return node.http;
  }
  return settings_.http;
}

void Session::connected(Time now) {
  if (phase_ != Phase::kConnecting) return;
  phase_ = Phase::kIdentifying;
  last_received_ = now;
  heartbeat_deadline_.reset();
  put_identify_client(output_, correlation(begin(now, IdentifyOperation{})), settings_.connection_name);
}

bool Session::on_connection() const { return phase_ >= Phase::kIdentifying && phase_ <= Phase::kReady; }

void Session::authenticate(Time now) {
  phase_ = Phase::kAuthenticating;
  put_authenticate(output_, correlation(begin(now, AuthenticateOperation{})),
                   Login{settings_.credentials->username, settings_.credentials->password});
}

// The refused login stays as the connection's default, so that nothing else is answered either; another attempt on the
// same connection takes its place. A server that has just started refuses right passwords for a moment.
void Session::authentication_refused(Time now, ErrorKind kind, std::string_view reason, Actions& actions) {
  phase_ = Phase::kRefused;
  phase_deadline_ = now + retry_delay(auth_refusals_++);
  last_error_ = {kind, to_text(endpoint_) + " refused the credentials of '" + excerpt(settings_.credentials->username) +
                           "': " + excerpt(reason)};
  fail_probes(actions);
  subscriptions_not_authenticated(actions);
}

void Session::become_ready(Time now, Actions& actions) {
  phase_ = Phase::kReady;
  schedule_.succeeded(now);
  auth_refusals_ = 0;
  actions.push_back(Ready{endpoint_});
  for (SubscriptionIndex i = 0; i < subscriptions_.size(); ++i) advance_subscription(now, i, actions);
  for (const std::uint64_t probe : std::exchange(probes_, {})) ask(now, probe);
}

void Session::disconnected(Time now, std::string_view reason, Actions& actions, ErrorKind kind) {
  if (phase_ != Phase::kConnecting && !on_connection()) return;
  connection_lost(now, reason, actions, kind);
}

void Session::drop_connection(Time now, std::string reason, Actions& actions) {
  actions.push_back(Disconnect{reason});
  connection_lost(now, reason, actions);
}

void Session::connection_lost(Time now, std::string_view reason, Actions& actions, ErrorKind kind) {
  last_error_ = {kind, "no connection to " + to_text(endpoint_) + ": " + excerpt(reason)};
  // A server hangs up at what it does not understand; what says itself what it is needs no guess.
  const bool is_clear = reason.find("HTTP is spoken") != reason.npos || reason.find("certificateFile") != reason.npos;
  if (phase_ == Phase::kIdentifying && !is_clear) {
    last_error_.message += settings_.tls
                               ? ", before it had said who it is: this may not be its TCP port"
                               : ", before it had said who it is: this may not be its TCP port, or it may want "
                                 "TLS (https:// in the endpoint, or tls.enabled: true)";
  }
  if (phase_ == Phase::kReady) {
    lost_at_ = now;
    avoided_ = endpoint_;
  }
  // A leader that cannot be reached may be one no more: ask the configured node.
  if (phase_ != Phase::kReady) endpoint_ = settings_.endpoint;
  phase_ = Phase::kWaiting;
  output_.clear();
  subscriptions_lost(reason, actions);
  if (is_refusal(kind)) subscriptions_not_authenticated(actions);
  const auto pending = std::exchange(deadlines_, {});
  auto operations = std::exchange(operations_, {});
  for (const auto& [deadline, serial] : pending) {
    const auto found = operations.find(serial);
    if (found == operations.end()) continue;
    if (!std::holds_alternative<ConnectOperation>(found->second)) fail(now, found->second, last_error_, actions);
    operations.erase(found);
  }
  fail_probes(actions);
  schedule_reconnection(now, actions);
}

Duration Session::retry_delay(int refusals) const {
  const Duration longest = std::max<Duration>(settings_.reconnection.delay, milliseconds(10));
  return std::min<Duration>(longest, seconds(1) * (1 << std::min(refusals, 10)));
}

void Session::schedule_reconnection(Time now, Actions& actions) {
  if (is_electing(now) && now > lost_at_) {
    phase_deadline_ = now + std::min<Duration>(settings_.reconnection.delay, kAskAgainAfter);
    return;
  }
  const auto wait = schedule_.next(now);
  if (!wait) {
    phase_ = Phase::kLost;
    actions.push_back(Lost{last_error_.message + std::string(kNoMoreAttempts)});
    return;
  }
  phase_deadline_ = now + *wait;
}

void Session::follow_leader(Time now, const NotHandled& reply, Actions& actions) {
  const auto& node = settings_.tls ? reply.secure_tcp : reply.tcp;
  const std::optional<Endpoint> named_leader =
      node ? std::optional(Endpoint{std::string(node->host), node->port}) : std::nullopt;
  if (!named_leader || *named_leader == endpoint_) {
    // In a cluster, another one may know better.
    if (is_cluster_) drop_connection(now, to_text(endpoint_) + " is not the leader, and names none", actions);
    return;
  }
  const Endpoint& leader = *named_leader;
  is_cluster_ = true;
  if (is_avoided(leader, now)) {
    return drop_connection(now, to_text(endpoint_) + " still names " + to_text(leader) + " as the leader", actions);
  }
  const bool at_once = !last_leader_at_ || now - *last_leader_at_ >= kAskAgainAfter;
  last_leader_at_ = now;
  drop_connection(now, to_text(endpoint_) + " names " + to_text(leader) + " as the leader", actions);
  if (!at_once || phase_ != Phase::kWaiting) return;
  endpoint_ = leader;
  connect(now, actions);
}

std::size_t Session::receive(Time now, std::string_view bytes, Actions& actions) {
  needed_ = 0;
  if (!on_connection()) return bytes.size();
  last_received_ = now;
  heartbeat_deadline_.reset();
  const auto decoded = decode_package(bytes);
  if (const auto* incomplete = std::get_if<Incomplete>(&decoded)) {
    needed_ = incomplete->total;
    return 0;
  }
  const auto* framed = std::get_if<Framed>(&decoded);
  if (framed == nullptr) {
    drop_connection(now, "malformed bytes: " + std::get<DecodeError>(decoded).reason, actions);
    return bytes.size();
  }
  const Decoded<Reply> reply = decode_reply(framed->package);
  if (const auto* error = std::get_if<DecodeError>(&reply)) {
    drop_connection(now, "malformed message: " + error->reason, actions);
    return bytes.size();
  }
  handle(now, framed->package, std::get<Reply>(reply), actions);
  return framed->size;
}

// --- operations

Session::Serial Session::begin(Time now, Operation operation) {
  const Serial serial = next_serial_++;
  operations_.emplace(serial, std::move(operation));
  deadlines_.emplace_back(now + settings_.operation_timeout, serial);
  return serial;
}

CorrelationId Session::correlation(Serial serial) const {
  CorrelationId id;
  std::copy(correlation_prefix_.begin(), correlation_prefix_.end(), id.bytes.begin());
  put_u64(std::span(id.bytes).subspan(8), serial);
  return id;
}

std::optional<Session::Serial> Session::serial_of(const CorrelationId& correlation) const {
  if (!std::equal(correlation_prefix_.begin(), correlation_prefix_.end(), correlation.bytes.begin())) {
    return std::nullopt;
  }
  Serial serial = 0;
  for (std::size_t i = 0; i < 8; ++i) serial |= Serial{correlation.bytes[8 + i]} << (8 * i);
  return serial;
}

std::optional<Session::Operation> Session::take(Serial serial) {
  const auto found = operations_.find(serial);
  if (found == operations_.end()) return std::nullopt;
  std::optional<Operation> operation = std::move(found->second);
  operations_.erase(found);
  while (!deadlines_.empty() && !operations_.contains(deadlines_.front().second)) deadlines_.pop_front();
  return operation;
}

void Session::handle(Time now, const Package& package, const Reply& reply, Actions& actions) {
  if (std::holds_alternative<HeartbeatRequest>(reply)) {
    put_empty(output_, Command::kHeartbeatResponse, package.correlation);
    return;
  }
  const std::optional<Serial> serial = serial_of(package.correlation);
  if (!serial) {
    // About bytes that the server could not even read; it hangs up next.
    if (const auto* bad = std::get_if<BadRequest>(&reply)) {
      drop_connection(now, "the server reports a bad request: " + excerpt(bad->reason), actions);
    }
    return;
  }
  if (const auto* push = std::get_if<PersistentEventAppeared>(&reply)) {
    handle_push(*serial, *push, actions);
  } else if (const auto* drop = std::get_if<SubscriptionDropped>(&reply)) {
    handle_drop(now, *serial, drop->reason, actions);
  } else if (!std::holds_alternative<HeartbeatResponse>(reply)) {
    complete(now, *serial, reply, actions);
  }
}

void Session::complete(Time now, Serial serial, const Reply& reply, Actions& actions) {
  const std::optional<Operation> taken = take(serial);
  if (!taken) {
    // Answered too late; or an acknowledgement, which is answered only if it was refused.
    if (find_subscription(serial)) drop_connection(now, "the server refused an acknowledgement", actions);
    return;
  }
  const Operation& operation = *taken;

  if (const auto* refusal = std::get_if<NotAuthenticated>(&reply)) {
    if (std::holds_alternative<AuthenticateOperation>(operation)) {
      authentication_refused(now, ErrorKind::kNotAuthenticated, refusal->reason, actions);
    } else {
      fail(now, operation, with_user(not_authenticated_error(refusal->reason)), actions);
    }
    return;
  }
  if (const auto* refusal = std::get_if<NotHandled>(&reply)) {
    if (std::holds_alternative<AuthenticateOperation>(operation)) {
      authentication_refused(now, ErrorKind::kNotReady, "the server is not ready", actions);
      return;
    }
    fail(now, operation, not_handled_error(*refusal), actions);
    if (refusal->reason == NotHandled::Reason::kNotMaster) follow_leader(now, *refusal, actions);
    // One of a cluster that has lost its master, or is none any more: another may be it by now.
    if (refusal->reason == NotHandled::Reason::kNotReady && is_cluster_ && on_connection()) {
      drop_connection(now, to_text(endpoint_) + " is not, or no longer, the master", actions);
    }
    return;
  }
  if (const auto* bad = std::get_if<BadRequest>(&reply)) {
    const auto* append = std::get_if<AppendOperation>(&operation);
    const bool too_large = append != nullptr && append->too_large;
    StoreError error{
        too_large ? ErrorKind::kTooLarge : ErrorKind::kInvalid,
        std::string(too_large ? "an event is larger than the server takes: " : "bad request: ") + excerpt(bad->reason)};
    if (too_large) error.limit = kEventLimit;
    fail(now, operation, error, actions);
    return;
  }

  if (const auto* append = std::get_if<AppendOperation>(&operation)) {
    if (const auto* done = std::get_if<WriteEventsCompleted>(&reply)) {
      actions.push_back(AppendCompleted{append->id, with_user(append_outcome(append->stream, *done))});
      return;
    }
  } else if (const auto* read = std::get_if<ReadOperation>(&operation)) {
    if (const auto* done = std::get_if<ReadStreamEventsCompleted>(&reply)) {
      actions.push_back(ReadCompleted{read->id, with_user(read_outcome(read->stream, *done, page_))});
      return;
    }
  } else if (const auto* probe = std::get_if<ProbeOperation>(&operation)) {
    if (std::holds_alternative<ReadStreamEventsCompleted>(reply)) {
      actions.push_back(ProbeCompleted{probe->id, std::nullopt});
      return;
    }
  } else if (const auto* connect = std::get_if<ConnectOperation>(&operation)) {
    if (const auto* done = std::get_if<PersistentSubscriptionConfirmation>(&reply)) {
      confirm(connect->subscription, *done, actions);
      return;
    }
  } else if (const auto* group = std::get_if<GroupOperation>(&operation)) {
    if (const auto* done = std::get_if<GroupCommandCompleted>(&reply)) {
      actions.push_back(GroupCommandEnd{group->subscription, with_user(group_outcome(group->command, *done))});
      return;
    }
  } else if (std::holds_alternative<IdentifyOperation>(operation)) {
    if (std::holds_alternative<ClientIdentified>(reply)) {
      if (settings_.credentials) {
        authenticate(now);
      } else {
        become_ready(now, actions);
      }
      return;
    }
  } else if (std::holds_alternative<Authenticated>(reply)) {
    become_ready(now, actions);
    return;
  }
  fail(now, operation, {ErrorKind::kUnavailable, "the server answered with another message than asked for"}, actions);
  if (on_connection()) drop_connection(now, "the server answered with another message than asked for", actions);
}

std::string Session::who() const {
  return settings_.credentials ? " (user '" + excerpt(settings_.credentials->username) + "')"
                               : std::string(" (no user: there are no credentials)");
}

StoreError Session::with_user(StoreError error) const {
  if (error.kind == ErrorKind::kAccessDenied || error.kind == ErrorKind::kNotAuthenticated) error.message += who();
  return error;
}

void Session::fail(Time now, const Operation& operation, StoreError error, Actions& actions) {
  if (const auto* append = std::get_if<AppendOperation>(&operation)) {
    error.message = "write to '" + excerpt(append->stream) + "': " + error.message;
    actions.push_back(AppendCompleted{append->id, std::move(error)});
  } else if (const auto* read = std::get_if<ReadOperation>(&operation)) {
    error.message = "read of '" + excerpt(read->stream) + "': " + error.message;
    actions.push_back(ReadCompleted{read->id, std::move(error)});
  } else if (const auto* probe = std::get_if<ProbeOperation>(&operation)) {
    actions.push_back(ProbeCompleted{probe->id, std::move(error)});
  } else if (const auto* connect = std::get_if<ConnectOperation>(&operation)) {
    const DropReason reason =
        error.kind == ErrorKind::kNotAuthenticated ? DropReason::kNotAuthenticated : DropReason::kServer;
    const Subscription& subscription = settings_.subscriptions[connect->subscription];
    refuse_subscription(now, connect->subscription, reason,
                        "connecting to group '" + excerpt(subscription.group) + "' of '" +
                            excerpt(subscription.stream) + "': " + error.message,
                        actions);
  } else if (const auto* group = std::get_if<GroupOperation>(&operation)) {
    actions.push_back(GroupCommandEnd{group->subscription, std::move(error)});
  } else if (error.kind != ErrorKind::kUnavailable) {
    drop_connection(now, "the handshake failed: " + error.message, actions);
  }
}

void Session::append(Time now, const Append& append, Actions& actions) {
  if (phase_ != Phase::kReady) {
    actions.push_back(AppendCompleted{append.id, last_error_});
    return;
  }
  AppendOperation operation{append.id, std::string(append.stream), false};
  bool surely_too_large = write_events_size(append.stream, append.expected_revision, append.events) > kMaxPackageSize;
  for (const Event& event : append.events) {
    surely_too_large = surely_too_large || event.payload_bytes() > kMaxEventSize;
    operation.too_large = operation.too_large || event.payload_bytes() + 2 * event.type().size() > kMaxEventSize;
  }
  if (surely_too_large) {
    StoreError error{ErrorKind::kTooLarge, "write to '" + excerpt(append.stream) +
                                               "': larger than a server takes (16 MB an event, 64 MiB a write)"};
    if (operation.too_large) error.limit = kEventLimit;
    actions.push_back(AppendCompleted{append.id, std::move(error)});
    return;
  }
  const Serial serial = begin(now, std::move(operation));
  put_write_events(output_, correlation(serial), append.stream, append.expected_revision, append.events);
}

// From the leader: what is read decides what is written again.
void Session::read(Time now, const StreamRead& read, Actions& actions) {
  if (phase_ != Phase::kReady) {
    actions.push_back(ReadCompleted{read.id, last_error_});
    return;
  }
  const Serial serial = begin(now, ReadOperation{read.id, read.stream});
  put_read_stream_events(output_, correlation(serial), read.direction, read.stream, read.from, read.count, true);
}

// --- time

void Session::expire_operations(Time now, Actions& actions) {
  while (!deadlines_.empty() && deadlines_.front().first <= now) {
    const Serial serial = deadlines_.front().second;
    deadlines_.pop_front();
    const std::optional<Operation> operation = take(serial);
    if (!operation) continue;
    if (std::holds_alternative<ConnectOperation>(*operation)) {
      put_empty(output_, Command::kUnsubscribeFromStream, correlation(serial));
    }
    fail(now, *operation, {ErrorKind::kTimeout, "no answer within " + in_milliseconds(settings_.operation_timeout)},
         actions);
  }
}

void Session::keep_alive(Time now, Actions& actions) {
  if (!on_connection()) return;
  if (heartbeat_deadline_) {
    if (now < *heartbeat_deadline_) return;
    drop_connection(now, "no answer to a heartbeat within " + in_milliseconds(settings_.heartbeat.timeout), actions);
  } else if (now >= last_received_ + settings_.heartbeat.interval) {
    put_empty(output_, Command::kHeartbeatRequest, correlation(next_serial_++));
    heartbeat_deadline_ = now + settings_.heartbeat.timeout;
  }
}

void Session::tick(Time now, Actions& actions) {
  expire_operations(now, actions);
  keep_alive(now, actions);
  if (phase_ == Phase::kConnecting && now >= phase_deadline_) {
    drop_connection(now,
                    "connecting took longer than " + in_milliseconds(settings_.operation_timeout) +
                        (settings_.tls ? ": there may be no TLS at this port (tls.enabled: false)" : ""),
                    actions);
  } else if (phase_ == Phase::kAsking && now >= phase_deadline_) {
    gossip_failed(now, question_, {ErrorKind::kTimeout, "no answer in time"}, actions);
  } else if (phase_ == Phase::kWaiting && now >= phase_deadline_) {
    try_to_connect(now, actions);
  } else if (phase_ == Phase::kRefused && now >= phase_deadline_) {
    authenticate(now);
  }
  retry_subscriptions(now, actions);
}

std::optional<Time> Session::next_deadline() const {
  std::optional<Time> next;
  const auto consider = [&next](Time time) { next = next ? std::min(*next, time) : time; };
  if (phase_ == Phase::kConnecting || phase_ == Phase::kWaiting || phase_ == Phase::kAsking ||
      phase_ == Phase::kRefused) {
    consider(phase_deadline_);
  }
  if (!deadlines_.empty()) consider(deadlines_.front().first);
  if (on_connection()) {
    consider(heartbeat_deadline_ ? *heartbeat_deadline_ : last_received_ + settings_.heartbeat.interval);
  }
  for (const SubscriptionStatus& status : subscriptions_) {
    if (status.state == SubscriptionStatus::State::kWaiting) consider(status.retry_at);
  }
  return next;
}

}  // namespace interconnect::legacy
