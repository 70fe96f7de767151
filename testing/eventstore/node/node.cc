#include "testing/eventstore/node/node.h"

#include <algorithm>
#include <array>

#include "boost/asio/post.hpp"

namespace interconnect::eventstore {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

SubscriptionService::Options group_options(const Options& options) {
  SubscriptionService::Options groups;
  groups.lost_consumers_count = options.generation == Generation::kNext;
  if (options.version_numbers() < std::array{21, 10, 1}) groups.live_link_cut = EventStore::LinkCut::kAtEvery;
  return groups;
}

EventStore::Options store_options(const Options& options) {
  EventStore::Options store;
  store.projections = options.projections;
  const bool next = options.generation == Generation::kNext;
  if (next) store.projections_version = 4;
  store.delete_needs_stream = next && options.version != "21.2.0";
  if (next) {
    const std::array<int, 3> version = options.version_numbers();
    store.links_only_what_parses = version >= std::array{24, 10, 4}   ? JsonParser::kSystemTextJson
                                   : version >= std::array{21, 10, 8} ? JsonParser::kNewtonsoft13
                                                                      : JsonParser::kNewtonsoft11;
  }
  store.max_age_reads_skip = next && options.version != "21.2.0";
  store.links_check_access = !next;
  store.bad_links_are_events = next;
  return store;
}

Ticks wall_clock() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch())
             .count() /
         100;
}

// How long an append of so many events keeps the next one waiting.
std::chrono::microseconds throttled_time(const Misbehaviour& m, std::size_t events) {
  double microseconds = 1000.0 * m.delay_per_append_ms;
  if (m.appends_per_second > 0) microseconds += 1e6 / m.appends_per_second;
  if (m.events_per_second > 0) microseconds += 1e6 * static_cast<double>(events) / m.events_per_second;
  return std::chrono::microseconds(static_cast<std::int64_t>(microseconds));
}

}  // namespace

Node::Node(Options options, boost::asio::io_context& io)
    : options_(std::move(options)),
      io_(io),
      manual_now_(steady_clock::now()),
      start_(manual_now_),
      store_(store_options(options_),
             // On manual time $maxAge is told by it, too.
             [this, wall_start = wall_clock()] {
               return options_.manual_time ? wall_start + (now() - start_) / std::chrono::nanoseconds(100)
                                           : wall_clock();
             }),
      groups_(store_, group_options(options_),
              [this] { return std::chrono::duration_cast<milliseconds>(now().time_since_epoch()).count(); }),
      timer_(io),
      next_append_(start_) {
  for (const auto& [name, password] : options_.users) {
    add_user(name, password);
  }
  if (!options_.data.empty()) {
    journal_ = std::make_unique<Journal>(options_.data, store_);
    store_.set_written([this](const Record& record) { journal_->append(record); });
    groups_.load();
    // Projections make up for what was written and not linked.
    boost::asio::post(io_, [this] { store_.flush(); });
  }
  store_.add_observer([this](const Record& record) { committed(record); });
  // What is committed in one turn of the loop is handed on in the next one, together.
  store_.set_flush_needed([this] { boost::asio::post(io_, [this] { store_.flush(); }); });
  arm_tick();
}

Node::~Node() = default;

void Node::committed(const Record& record) {
  auto notify = [this, &record](const std::string& stream) {
    auto it = listeners_.find(stream);
    if (it == listeners_.end()) return;
    // A listener may leave while it is told.
    const std::vector<CommitListener*> listeners = it->second;
    for (CommitListener* listener : listeners) listener->committed(record);
  };
  if (listeners_.empty()) return;
  notify(record.stream_name());
  notify("");
}

void Node::add_listener(const std::string& stream, CommitListener* listener) { listeners_[stream].push_back(listener); }

void Node::remove_listener(const std::string& stream, CommitListener* listener) {
  auto it = listeners_.find(stream);
  if (it == listeners_.end()) return;
  std::erase(it->second, listener);
  if (it->second.empty()) listeners_.erase(it);
}

int Node::add_connection(std::function<void()> cut) {
  connections_[next_connection_] = std::move(cut);
  return next_connection_++;
}

void Node::cut_connections() {
  const auto connections = connections_;
  for (const auto& [number, cut] : connections) cut();
}

bool Node::ready() const { return !not_ready_ && now() - start_ >= milliseconds(options_.start_not_ready_ms); }

void Node::add_user(const std::string& name, const std::string& password) {
  std::vector<std::string> groups;
  if (name == "admin") groups.emplace_back("$admins");
  if (name == "ops") groups.emplace_back("$ops");
  store_.add_user({name, password, std::move(groups)});
}

const User* Node::authenticate(const std::string& name, const std::string& password) const {
  return ready() ? store_.authenticate(name, password) : nullptr;
}

bool Node::use(int& count, const std::string& stream) {
  if (count <= 0 || (!misbehaviour_.stream.empty() && misbehaviour_.stream != stream)) return false;
  --count;
  return true;
}

void Node::append(std::string stream, std::int64_t expected, std::vector<NewEvent> events, const User* user,
                  AppendDone done) {
  Misbehaviour& m = misbehaviour_;
  if (m.silent || use(m.ignore_appends, stream)) return;
  if (use(m.refuse_appends, stream)) {
    AppendReply reply;
    reply.refused_with = m.refuse_with;
    reply.refuse_message = m.refuse_message;
    done(reply);
    return;
  }
  const bool touched = m.stream.empty() || m.stream == stream;
  int wait = touched ? m.apply_delay_ms : 0;
  if (const auto time = throttled_time(m, events.size()); time.count() > 0) {
    const TimePoint start = now();
    next_append_ = std::max(next_append_, start) + time;
    wait += static_cast<int>(std::chrono::duration_cast<milliseconds>(next_append_ - start).count());
  }
  if (wait == 0) {
    apply(std::move(stream), expected, std::move(events), user, std::move(done));
    return;
  }
  after(wait, [this, stream = std::move(stream), expected, events = std::move(events), user,
               done = std::move(done)]() mutable {
    apply(std::move(stream), expected, std::move(events), user, std::move(done));
  });
}

void Node::apply(std::string stream, std::int64_t expected, std::vector<NewEvent> events, const User* user,
                 AppendDone done) {
  AppendReply reply;
  reply.outcome = insecure() && stream != kAllStream ? store_.append_as_system(stream, expected, std::move(events))
                                                     : store_.append(stream, expected, std::move(events), user);
  if (use(misbehaviour_.drop_append_answers, stream)) return;
  const bool touched = misbehaviour_.stream.empty() || misbehaviour_.stream == stream;
  if (touched && misbehaviour_.answer_delay_ms > 0) {
    after(misbehaviour_.answer_delay_ms, [reply, done = std::move(done)] { done(reply); });
  } else {
    done(reply);
  }
}

void Node::after(int ms, std::function<void()> call) {
  timers_.emplace(now() + milliseconds(ms), std::move(call));
  arm_timer();
}

void Node::advance(int ms) {
  const TimePoint until = now() + milliseconds(ms);
  run_due(until);
  manual_now_ = until;
}

void Node::run_due(TimePoint until) {
  while (!timers_.empty() && timers_.begin()->first <= until) {
    auto due = timers_.extract(timers_.begin());
    if (options_.manual_time) manual_now_ = due.key();
    due.mapped()();
  }
}

void Node::arm_timer() {
  if (timers_.empty() || options_.manual_time) return;
  timer_.expires_at(timers_.begin()->first);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    run_due(steady_clock::now());
    arm_timer();
  });
}

void Node::arm_tick() {
  after(1000, [this] {
    groups_.tick();
    arm_tick();
  });
}

}  // namespace interconnect::eventstore
