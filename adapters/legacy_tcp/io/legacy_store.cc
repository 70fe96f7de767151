#include "adapters/legacy_tcp/legacy_store.h"

#include <glog/logging.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <random>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "adapters/legacy_tcp/io/connection.h"
#include "adapters/legacy_tcp/io/group_upsert.h"
#include "adapters/legacy_tcp/io/http_client.h"
#include "adapters/legacy_tcp/io/tls.h"
#include "adapters/legacy_tcp/session/group_settings.h"
#include "adapters/legacy_tcp/session/outcomes.h"
#include "domain/excerpt.h"

namespace interconnect {
namespace legacy {
namespace {

namespace asio = boost::asio;

SessionSettings session_settings(const LegacyStoreSettings& settings, std::vector<Subscription> subscriptions) {
  SessionSettings session;
  session.endpoint = settings.tcp;
  session.http = settings.http;
  session.hosts = settings.hosts;
  session.tls = settings.tls.enabled;
  session.credentials = settings.credentials;
  session.connection_name = settings.connection_name;
  session.heartbeat = settings.heartbeat;
  session.reconnection = settings.reconnection;
  session.operation_timeout = settings.operation_timeout;
  session.subscriptions = std::move(subscriptions);
  std::random_device random;
  session.seed = std::uint64_t{random()} << 32 | random();
  return session;
}

// Says in the log which server we are about to work with. Nothing depends on it, and anyone may ask.
void log_server_info(asio::io_context& io, const LegacyStoreSettings& settings) {
  const HttpExchange ask =
      make_http_client(io, settings.http, std::nullopt, http_tls(settings), settings.operation_timeout);
  ask({"GET", "/info", ""}, [where = to_text(settings.http)](const HttpResult& result) {
    if (const auto* failure = std::get_if<HttpFailure>(&result)) {
      LOG(WARNING) << "no HTTP answer from " << where << ": " << failure->message
                   << "; groups and projections are asked for there: interconnect check tells more";
      return;
    }
    const auto& response = std::get<HttpResponse>(result);
    if (const auto info = response.status == 200 ? parse_server_info(response.body) : std::nullopt) {
      LOG(INFO) << where << " is EventStore " << excerpt(info->version) << ", state " << excerpt(info->state);
    } else {
      LOG(WARNING) << where << " answers HTTP " << response.status
                   << " instead of saying what it is; is this the HTTP port of an EventStoreDB?";
    }
  });
}

// What source and sink have in common.
class ConnectedStore : public ActionHandler {
 public:
  ConnectedStore(asio::io_context& io, const LegacyStoreSettings& settings, std::vector<Subscription> subscriptions)
      : io_(io),
        settings_(settings),
        http_([this](const HttpRequest& request, std::function<void(HttpResult)> done) {
          client_of(connection_->session().http_endpoint())(request, std::move(done));
        }),
        connection_(std::make_shared<Connection>(io, session_settings(settings, std::move(subscriptions)), settings.tls,
                                                 *this)) {}

  ~ConnectedStore() override { connection_->abandon(); }

  ConnectedStore(const ConnectedStore&) = delete;
  ConnectedStore& operator=(const ConnectedStore&) = delete;

 protected:
  void start() {
    connection_->input([](Session& session, Time now, Actions& actions) { session.start(now, actions); });
    log_server_info(io_, settings_);
  }

  void probe(LinkProbe::Answer answer) {
    const std::uint64_t id = next_probe_++;
    probes_.emplace(id, std::move(answer));
    connection_->input([id](Session& session, Time now, Actions& actions) { session.probe(now, id, actions); });
  }

  void ask_gossip(const AskGossip& ask) {
    const auto answered = [this, alive = std::weak_ptr<int>(alive_), question = ask.question](HttpResult result) {
      if (alive.expired()) return;
      connection_->input([&](Session& session, Time now, Actions& actions) {
        if (const auto* failure = std::get_if<HttpFailure>(&result)) {
          const bool is_refused = failure->message.starts_with(kCertificateRefused);
          return session.gossip_failed(
              now, question, {is_refused ? ErrorKind::kNotAuthenticated : ErrorKind::kUnavailable, failure->message},
              actions);
        }
        const auto& response = std::get<HttpResponse>(result);
        auto nodes = response.status == 200 ? parse_gossip(response.body, settings_.tls.enabled) : std::nullopt;
        if (nodes) return session.gossip_answered(now, question, *std::move(nodes), actions);
        const std::string status = "HTTP status " + std::to_string(response.status);
        if (response.status != 401 || !settings_.credentials) {
          return session.gossip_failed(now, question, {ErrorKind::kUnavailable, status}, actions);
        }
        session.gossip_failed(now, question,
                              {ErrorKind::kNotAuthenticated, status + ": it refuses the credentials (user '" +
                                                                 excerpt(settings_.credentials->username) + "')"},
                              actions);
      });
    };
    client_of(ask.host)({"GET", "/gossip", ""}, answered);
  }

  void answer(const ProbeCompleted& completed) {
    const auto found = probes_.find(completed.id);
    if (found == probes_.end()) return;
    const LinkProbe::Answer answer = std::move(found->second);
    probes_.erase(found);
    answer(completed.error);
  }

  void read(const StreamRead& read) {
    connection_->input([&read](Session& session, Time now, Actions& actions) { session.read(now, read, actions); });
  }

  void stop(std::function<void()> stopped) {
    alive_.reset();
    probes_.clear();
    connection_->stop(std::move(stopped));
  }

  HttpExchange client_of(const Endpoint& host) {
    return make_http_client(io_, host, settings_.credentials, http_tls(settings_), settings_.operation_timeout);
  }

  asio::io_context& io_;
  LegacyStoreSettings settings_;
  HttpExchange http_;  // to the node that we are connected to
  std::shared_ptr<Connection> connection_;
  std::shared_ptr<int> alive_ = std::make_shared<int>();  // gone once nobody may be called any more

 private:
  absl::flat_hash_map<std::uint64_t, LinkProbe::Answer> probes_;
  std::uint64_t next_probe_ = 1;
};

class LegacyEventSource final : public EventSource, private ConnectedStore {
 public:
  LegacyEventSource(asio::io_context& io, const LegacyStoreSettings& settings, std::vector<Subscription> subscriptions)
      : ConnectedStore(io, settings, subscriptions), subscriptions_(std::move(subscriptions)) {}

  void start(EventSourceListener& listener) override {
    listener_ = &listener;
    ConnectedStore::start();
  }

  void subscribe(SubscriptionIndex subscription, std::int32_t buffer_size) override {
    connection_->input([&](Session& session, Time now, Actions& actions) {
      session.subscribe(now, subscription, buffer_size, actions);
    });
  }

  void renew_group(SubscriptionIndex index) override {
    if (group_commands_.contains(index)) return;
    asio::co_spawn(io_, legacy::renew_group(group_command(index), http_, subscriptions_[index]), asio::detached);
  }

  void acknowledge(SubscriptionIndex subscription, std::span<const EventId> ack_ids) override {
    connection_->input([&](Session& session, Time, Actions&) { session.acknowledge(subscription, ack_ids); });
  }

  void park(SubscriptionIndex subscription, std::span<const EventId> ack_ids, std::string_view reason) override {
    connection_->input([&](Session& session, Time, Actions&) { session.park(subscription, ack_ids, reason); });
  }

  void read(const StreamRead& read) override { ConnectedStore::read(read); }
  void probe(Answer answer) override { ConnectedStore::probe(std::move(answer)); }
  void stop(std::function<void()> stopped) override {
    ConnectedStore::stop(std::move(stopped));
    group_commands_.clear();
  }

 private:
  void on_action(const Action& action) override {
    if (const auto* push = std::get_if<Push>(&action)) {
      Delivery delivery = push->delivery;
      delivery.event = push->event ? &*push->event : nullptr;
      delivery.link = push->link ? &*push->link : nullptr;
      listener_->on_delivery(delivery);
    } else if (const auto* read = std::get_if<ReadCompleted>(&action)) {
      listener_->on_read_completed(read->id, read->outcome);
    } else if (const auto* started = std::get_if<SubscriptionStarted>(&action)) {
      listener_->on_subscription_started(*started);
    } else if (const auto* drop = std::get_if<SubscriptionDrop>(&action)) {
      listener_->on_subscription_dropped(drop->subscription, drop->reason, drop->message);
    } else if (const auto* prepare = std::get_if<PrepareGroup>(&action)) {
      prepare_group(*prepare);
    } else if (const auto* end = std::get_if<GroupCommandEnd>(&action)) {
      end_group_command(*end);
    } else if (const auto* probe = std::get_if<ProbeCompleted>(&action)) {
      answer(*probe);
    } else if (const auto* ask = std::get_if<AskGossip>(&action)) {
      ask_gossip(*ask);
    } else if (const auto* lost = std::get_if<Lost>(&action)) {
      listener_->on_source_lost(lost->message);
    }
  }

  void on_actions_end() override { listener_->on_deliveries_end(); }

  void end_group_command(const GroupCommandEnd& end) {
    const auto found = group_commands_.find(end.subscription);
    if (found == group_commands_.end()) return;
    const auto done = std::move(found->second);
    group_commands_.erase(found);
    done(end.outcome);
  }

  GroupCommandExchange group_command(SubscriptionIndex index) {
    return [this, alive = std::weak_ptr<int>(alive_), index](GroupCommand which, const GroupSettings& settings,
                                                             const std::function<void(GroupOutcome)>& done) {
      if (alive.expired()) return done(StoreError{ErrorKind::kUnavailable, "stopped"});
      group_commands_[index] = done;
      connection_->input([&](Session& session, Time now, Actions& actions) {
        session.command_group(now, index, which, settings, actions);
      });
    };
  }

  void prepare_group(const PrepareGroup& prepare) {
    const SubscriptionIndex index = prepare.subscription;
    asio::co_spawn(
        io_,
        upsert_group(group_command(index), http_, subscriptions_[index], prepare.may_update,
                     settings_.operation_timeout),
        [this, alive = std::weak_ptr<int>(alive_), index](const std::exception_ptr& error, const GroupResult& result) {
          if (alive.expired()) return;
          connection_->input([&](Session& session, Time now, Actions& actions) {
            if (error) {
              session.group_failed(now, index, DropReason::kServer, "preparing the group failed", actions);
            } else if (const auto* prepared = std::get_if<GroupPrepared>(&result)) {
              session.group_prepared(now, index, prepared->state, prepared->effective, prepared->not_created);
            } else {
              const auto& failed = std::get<GroupFailed>(result);
              session.group_failed(now, index, failed.reason, failed.message, actions);
            }
          });
        });
  }

  std::vector<Subscription> subscriptions_;
  absl::flat_hash_map<SubscriptionIndex, std::function<void(GroupOutcome)>> group_commands_;  // under way
  EventSourceListener* listener_ = nullptr;
};

class LegacyEventSink final : public EventSink, private ConnectedStore {
 public:
  LegacyEventSink(asio::io_context& io, const LegacyStoreSettings& settings) : ConnectedStore(io, settings, {}) {}

  void start(EventSinkListener& listener) override {
    listener_ = &listener;
    ConnectedStore::start();
  }

  void append(const Append& append) override {
    connection_->input([&](Session& session, Time now, Actions& actions) { session.append(now, append, actions); });
  }

  void read(const StreamRead& read) override { ConnectedStore::read(read); }
  void probe(Answer answer) override { ConnectedStore::probe(std::move(answer)); }
  // 5.0.1 asks for the rights to a stream on one of several threads, chosen by the stream's name, before it writes:
  // only appends to one stream keep their order (TwoPhaseRequestManagerBase.cs, StorageReaderService.cs).
  std::size_t ordered_append_bytes() const override { return 0; }
  // There is no limit over TCP but those of an event and of a package.
  AppendSizeRule append_size_rule() const override { return AppendSizeRule::kDataMetadataAndType; }
  void stop(std::function<void()> stopped) override { ConnectedStore::stop(std::move(stopped)); }

 private:
  void on_action(const Action& action) override {
    if (const auto* append = std::get_if<AppendCompleted>(&action)) {
      listener_->on_append_completed(append->id, append->outcome);
    } else if (const auto* read = std::get_if<ReadCompleted>(&action)) {
      listener_->on_read_completed(read->id, read->outcome);
    } else if (const auto* probe = std::get_if<ProbeCompleted>(&action)) {
      answer(*probe);
    } else if (const auto* ask = std::get_if<AskGossip>(&action)) {
      ask_gossip(*ask);
    } else if (const auto* lost = std::get_if<Lost>(&action)) {
      listener_->on_sink_lost(lost->message);
    }
  }

  void on_actions_end() override { listener_->on_outcomes_end(); }

  EventSinkListener* listener_ = nullptr;
};

}  // namespace
}  // namespace legacy

std::unique_ptr<EventSource> make_legacy_source(boost::asio::io_context& io, LegacyStoreSettings settings,
                                                std::vector<Subscription> subscriptions) {
  return std::make_unique<legacy::LegacyEventSource>(io, settings, std::move(subscriptions));
}

std::unique_ptr<EventSink> make_legacy_sink(boost::asio::io_context& io, LegacyStoreSettings settings) {
  return std::make_unique<legacy::LegacyEventSink>(io, settings);
}

}  // namespace interconnect
