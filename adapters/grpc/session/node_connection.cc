#include "adapters/grpc/session/node_connection.h"

#include <algorithm>
#include <utility>

#include "adapters/grpc/wire/status.h"

namespace interconnect::next {
namespace {

// How much later than its own time limit an answer is given up.
constexpr Duration kGrace = std::chrono::seconds(1);

}  // namespace

NodeConnection::NodeConnection(Settings settings) : settings_(std::move(settings)), schedule_(settings_.reconnection) {}

void NodeConnection::start(Time now, Actions& actions) {
  if (state_ != State::kIdle) return;
  since_ = now;
  search(now, actions);
}

// --- Finding a node ---

void NodeConnection::search(Time now, Actions& actions) {
  if (!is_cluster() && !seeks_leader_ && !knows_others()) return try_node(settings_.hosts.front(), now, actions);
  // A host that was given alone is tried itself behind each round, as it may be starting.
  begin_discovery(is_cluster() || seeks_leader_ ? settings_.max_discover_attempts : 1);
  carry_on(discovery_->start(), now, actions);
}

bool NodeConnection::knows_others() const {
  return std::any_of(members_.begin(), members_.end(),
                     [this](const Endpoint& member) { return member != settings_.hosts.front(); });
}

void NodeConnection::begin_discovery(std::int32_t rounds) {
  Discovery::Search search;
  search.hosts = settings_.hosts;
  for (const Endpoint& member : members_) {
    if (std::find(search.hosts.begin(), search.hosts.end(), member) == search.hosts.end()) {
      search.hosts.push_back(member);
    }
  }
  if (is_cluster()) search.not_before = since_ + settings_.reconnection.patience;
  search.preference = settings_.preference;
  search.avoid = avoid_;
  search.rounds = std::max(rounds, 1);
  search.interval = settings_.discovery_interval;
  search.draw = settings_.seed + searches_++;
  seeks_leader_ = false;
  discovery_.emplace(std::move(search));
}

// Where there are others to ask, one that is silent, as a leader that shuts down is, is not waited for for long; each
// round for longer, as all may be slow.
Duration NodeConnection::patience_with_host() const {
  if (discovery_->hosts() < 2) return settings_.gossip_timeout + kGrace;
  return kSilence * (1 << std::min(discovery_->rounds(), 10));
}

void NodeConnection::carry_on(Discovery::Action action, Time now, Actions& actions) {
  if (const auto* ask = std::get_if<Discovery::AskGossip>(&action)) {
    leave(actions);
    state_ = State::kAsking;
    answer_by_ = now + settings_.gossip_timeout + kGrace;
    deadline_ = std::min(answer_by_, now + patience_with_host());
    asked_ = ask->host;
    question_ = ++questions_;
    actions.push_back(AskGossip{question_, ask->host});
  } else if (const auto* candidate = std::get_if<Discovery::Try>(&action)) {
    try_node(candidate->node, now, actions);
  } else if (const auto* rest = std::get_if<Discovery::Wait>(&action)) {
    leave(actions);
    state_ = State::kResting;
    deadline_ = now + rest->duration;
    last_error_ = discovery_->reason();
    actions.push_back(RoundFailed{});
  } else {
    // Without discovery the host that was given is still worth a call.
    discovery_.reset();
    if (!is_cluster()) return try_node(settings_.hosts.front(), now, actions);
    search_failed(std::get<Discovery::GiveUp>(std::move(action)).error, now, actions);
  }
}

// Where another node would do as well, one that is dead does not hold it up for long; each round for longer, as all may
// be far away. A leader that does not answer is suspected meanwhile.
Duration NodeConnection::time_to_connect() const {
  if (!discovery_ || settings_.preference == NodePreference::kLeader) return settings_.operation_timeout;
  return std::min<Duration>(settings_.operation_timeout, std::chrono::seconds(1 << std::min(discovery_->rounds(), 10)));
}

void NodeConnection::try_node(const Endpoint& node, Time now, Actions& actions) {
  node_ = node;
  actions.push_back(Use{node, time_to_connect()});
  if (!settings_.asks_nodes) return connected(now, actions);
  state_ = State::kTrying;
  // It is asked two things: whether it serves, and whether it takes our credentials.
  deadline_ = now + 2 * settings_.operation_timeout + kGrace;
  suspect_at_ = now + kSilence;
  put_aside_suspicion();
  question_ = ++questions_;
  actions.push_back(AskNode{question_});
}

void NodeConnection::connected(Time now, Actions& actions) {
  state_ = State::kConnected;
  put_aside_suspicion();
  question_ = ++questions_;
  schedule_.succeeded(now);
  avoid_.reset();
  discovery_.reset();
  refusal_told_ = false;
  Connected connected;
  if (served_ && served_ != node_) connected = {served_, why_left_};
  served_ = node_;
  actions.push_back(std::move(connected));
}

void NodeConnection::gossip_answered(std::uint64_t question, std::span<const ClusterMember> members, Time now,
                                     Actions& actions) {
  if (question == suspicion_ && suspicion_ends_ != Time{}) {
    put_aside_suspicion();
    if (!is_superseded(members)) return;
    StoreError silent{ErrorKind::kUnavailable, "it does not answer, and " + to_text(witness_) + " no longer counts it"};
    if (state_ == State::kConnected) lose(silent, now, actions);
    if (state_ == State::kTrying) node_refused(std::move(silent), std::nullopt, now, actions);
    return;
  }
  if (state_ != State::kAsking || question != question_) return;
  if (!members.empty()) members_.clear();
  for (const ClusterMember& member : members) members_.push_back(member.endpoint);
  carry_on(discovery_->answered(members, now), now, actions);
}

void NodeConnection::gossip_failed(std::uint64_t question, StoreError error, Time now, Actions& actions) {
  if (question == suspicion_) put_aside_suspicion();
  if (state_ != State::kAsking || question != question_) return;
  note({error.kind, to_text(asked_) + ": " + error.message}, actions);
  carry_on(discovery_->failed(std::move(error), now), now, actions);
}

void NodeConnection::node_answered(std::uint64_t question, const std::optional<StoreError>& error, Time now,
                                   Actions& actions) {
  if (state_ != State::kTrying || question != question_) return;
  // A lone node that is starting is there: what it is asked, it answers by itself. One that does not take the
  // credentials is not: it might take what is asked of it for nobody's.
  const bool is_there = !error || (!may_find_another() && error->kind == ErrorKind::kNotReady);
  if (is_there) return connected(now, actions);
  node_refused(*error, std::nullopt, now, actions);
}

void NodeConnection::node_refused(StoreError error, const std::optional<Endpoint>& hint, Time now, Actions& actions) {
  StoreError told{error.kind, to_text(*node_) + ": " + error.message};
  note(told, actions);
  if (discovery_) return carry_on(discovery_->refused(*node_, std::move(error), hint, now), now, actions);
  search_failed(std::move(told), now, actions);
}

void NodeConnection::search_failed(StoreError error, Time now, Actions& actions) {
  last_error_ = error;
  wait(error, now, actions);
}

void NodeConnection::wait(const StoreError& error, Time now, Actions& actions) {
  leave(actions);
  discovery_.reset();
  question_ = ++questions_;
  const auto pause = schedule_.next(now);
  if (!pause) {
    state_ = State::kLost;
    actions.push_back(Lost{{error.kind, error.message + std::string(kNoMoreAttempts)}});
    return;
  }
  state_ = State::kWaiting;
  deadline_ = now + *pause;
  actions.push_back(Failed{error});
}

// --- Losing it ---

void NodeConnection::connection_lost(const StoreError& error, Time now, Actions& actions) {
  if (state_ == State::kTrying) {
    node_refused(error, std::nullopt, now, actions);
  } else if (state_ == State::kConnected) {
    lose(error, now, actions);
  }
}

void NodeConnection::lose(const StoreError& error, Time now, Actions& actions) {
  note_loss(error, now);
  wait(StoreError(last_error_), now, actions);
}

void NodeConnection::note_loss(const StoreError& error, Time now) {
  since_ = now;
  avoid_ = node_;
  why_left_ = error.message;
  last_error_ = {error.kind, to_text(*node_) + ": " + error.message};
}

void NodeConnection::not_leader(const std::optional<Endpoint>& hint, const StoreError& error, Time now,
                                Actions& actions) {
  const bool is_useful = hint && hint != node_ && hint != avoid_;
  if (state_ == State::kTrying) {
    // A host that was given alone may be followed away from, too.
    if (!discovery_ && is_useful) begin_discovery(settings_.max_discover_attempts);
    if (discovery_) node_refused(error, is_useful ? hint : std::nullopt, now, actions);
    return;
  }
  if (state_ != State::kConnected) return;
  if (!is_useful) {
    if (may_find_another()) lose(error, now, actions);
    return;
  }
  note_loss(error, now);
  begin_discovery(settings_.max_discover_attempts);
  node_refused(error, hint, now, actions);
}

void NodeConnection::suspect(Time now, Actions& actions) {
  if ((state_ != State::kConnected && state_ != State::kTrying) || now < suspicion_ends_) return;
  std::vector<Endpoint> witnesses;
  for (const Endpoint& member : members_) {
    if (member != node_) witnesses.push_back(member);
  }
  if (witnesses.empty()) return;
  witness_ = witnesses[next_witness_++ % witnesses.size()];
  suspicion_ends_ = now + settings_.gossip_timeout + kGrace;
  suspicion_ = ++questions_;
  actions.push_back(AskGossip{suspicion_, witness_});
}

// Whether the cluster goes on without the node in use: it is dead or gone, or another leads where a leader is wanted.
bool NodeConnection::is_superseded(std::span<const ClusterMember> members) const {
  const auto is_mine = [this](const ClusterMember& member) { return member.endpoint == node_; };
  const auto mine = std::find_if(members.begin(), members.end(), is_mine);
  const bool is_led_by_another = std::any_of(members.begin(), members.end(), [&](const ClusterMember& member) {
    return member.alive && member.state == NodeState::kLeader && !is_mine(member);
  });
  if (settings_.preference == NodePreference::kLeader) return is_led_by_another;
  return !members.empty() && (mine == members.end() || !mine->alive);
}

void NodeConnection::seek_leader(const StoreError& error, Time now, Actions& actions) {
  if (settings_.preference != NodePreference::kLeader || state_ != State::kConnected) return;
  seeks_leader_ = true;
  lose(error, now, actions);
}

void NodeConnection::call_refused(Time now, Actions& actions) {
  if (!is_connected()) return;
  actions.push_back(Repaired{"a connection that was thought to be up is not there"});
  lose({ErrorKind::kUnavailable, "the connection is not there"}, now, actions);
}

void NodeConnection::leave(Actions& actions) {
  if (!node_) return;
  node_.reset();
  put_aside_suspicion();
  actions.push_back(Leave{});
}

// Failures of single steps are told only where they say something new that somebody may have to act on.
void NodeConnection::note(const StoreError& error, Actions& actions) {
  if (weight_of(last_error_) > weight_of(error)) return;
  last_error_ = error;
  if (!is_refusal(error.kind) || std::exchange(refusal_told_, true)) return;
  actions.push_back(Failed{error});
}

// --- Time ---

void NodeConnection::tick(Time now, Actions& actions) {
  const auto deadline = next_deadline();
  if (!deadline || now < *deadline) return;
  StoreError silent{ErrorKind::kTimeout, "no answer"};
  switch (state_) {
    case State::kAsking:
      if (now < answer_by_) {
        silent.message += " yet";
      } else {
        actions.push_back(Repaired{"a question about the cluster was never answered"});
      }
      return gossip_failed(question_, std::move(silent), now, actions);
    case State::kTrying:
      if (now < deadline_) {
        suspect_at_ = now + kSilence;
        return suspect(now, actions);
      }
      actions.push_back(Repaired{"the question to " + to_text(*node_) + " was never answered"});
      return node_refused(std::move(silent), std::nullopt, now, actions);
    case State::kResting:
      return carry_on(discovery_->waited(now), now, actions);
    case State::kWaiting:
      return search(now, actions);
    default:
      return;
  }
}

std::optional<Time> NodeConnection::next_deadline() const {
  if (state_ == State::kIdle || state_ == State::kConnected || state_ == State::kLost) return std::nullopt;
  return state_ == State::kTrying && may_find_another() ? std::min(deadline_, suspect_at_) : deadline_;
}

}  // namespace interconnect::next
