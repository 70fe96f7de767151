#include "testing/faults/scene.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <thread>
#include <unordered_map>
#include <utility>

#include "testing/end_to_end/http_request.h"
#include "testing/faults/certificates.h"
#include "testing/process/slowdown.h"

namespace interconnect::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr char kProgram[] = "app/interconnect";
constexpr milliseconds kBetweenLooks{5};
constexpr milliseconds kRandomRest{20};
constexpr char kPrefix[] = "hero-";
constexpr char kTombstone[] = "$streamDeleted";

constexpr char kShortTimes[] =
    "source: {predecessorWait: 3000, reconnection: {delay: 100}HEARTBEAT_SRC}\n"
    "destination: {maxAppendEvents: 5, reconnection: {delay: 100}HEARTBEAT_DST}\n";
// Of heartbeats and keepalive pings, in ms: both how often and how long to wait.
const std::string kPulse = std::to_string(500 * kSlowdown);
const std::string kHeartbeat = ", heartbeat: {interval: " + kPulse + ", timeout: " + kPulse + "}";

void replace(std::string& text, const std::string& part, const std::string& by) {
  const std::size_t at = text.find(part);
  if (at != std::string::npos) text.replace(at, part.size(), by);
}

std::string administrator() {
  return "Authorization: Basic " + base64(std::string("admin:") + Store::kPassword) + "\r\n";
}

}  // namespace

Outcome& Outcome::operator+=(const Outcome& other) {
  events += other.events;
  lost += other.lost;
  doubled += other.doubled;
  disordered += other.disordered;
  altered += other.altered;
  restarts += other.restarts;
  return *this;
}

Scene::Scene(Generation from, Generation to, const Setup& setup, std::uint64_t seed, std::string folder)
    : setup_(setup), folder_(std::move(folder)), random_(seed) {
  if (setup_.has_tls) {
    make_certificates(folder_);
    use_certificate("right");
  }
  source_ = std::make_unique<Store>(from, store_arguments(from, "source"));
  destination_ = std::make_unique<Store>(to, store_arguments(to, "destination"));
  if (setup_.has_clusters) {
    source_follower_ = std::make_unique<Store>(from, store_arguments(from, "source-2"));
    destination_follower_ = std::make_unique<Store>(to, store_arguments(to, "destination-2"));
    journals_ = {{source_.get(), "source"},
                 {source_follower_.get(), "source-2"},
                 {destination_.get(), "destination"},
                 {destination_follower_.get(), "destination-2"}};
    lead(*source_, *source_follower_);
    lead(*destination_, *destination_follower_);
  }
  tell_its_gossip(*source_);
  tell_its_gossip(*destination_);
  environment_ = environment(*source_, "SRC", source_line_);
  environment_.merge(environment(*destination_, "DST", destination_line_));
  if (!setup_.has_defaults) {
    environment_["EVENTSTORE_INTERCO_EVENT_WRITER_TIMEOUT_IN_MS"] = std::to_string(1'000 * kSlowdown);
    environment_["CONNECTION_LINK_CHECK_INTERVAL_IN_MS"] = "300";
  }
  for (const auto& [name, value] : setup_.variables) environment_[name] = value;
  write_configuration();
  slow_down();
  if (!setup_.group.empty()) source_->make_group(kStream, kGroup, setup_.group);
  for (int i = 0; i < setup_.streams && !setup_.destination_metadata.empty(); ++i) {
    destination_->set_metadata(setup_.prefix + std::to_string(i), setup_.destination_metadata);
  }
  if (!setup_.starts_empty) feed();
  add_copier();
}

std::vector<std::string> Scene::store_arguments(Generation generation, const std::string& name) const {
  std::vector<std::string> arguments{"--projections", "--data=" + folder_ + "/" + name + ".journal"};
  if (setup_.is_later && generation == Generation::kNext) arguments.push_back("--version=21.10");
  if (setup_.has_tls) {
    arguments.push_back("--tls-cert=" + folder_ + "/server.pem");
    arguments.push_back("--tls-key=" + folder_ + "/server.key");
    if (setup_.asks_certificates) arguments.push_back("--tls-client-ca=" + folder_ + "/ca.pem");
    arguments.push_back(generation == Generation::kLegacy ? "--https"
                                                          : std::string("--user=admin:") + Store::kPassword);
  }
  return arguments;
}

void Scene::use_certificate(const std::string& name) {
  for (const char* end : {".pem", ".key"}) {
    std::filesystem::copy_file(folder_ + "/" + name + end, folder_ + "/server" + end,
                               std::filesystem::copy_options::overwrite_existing);
  }
}

std::map<std::string, std::string> Scene::environment(const Store& store, const std::string& side, Lines& lines) const {
  const std::string prefix = "EVENTSTORE_INTERCO_";
  std::map<std::string, std::string> variables = store.environment(side);
  const bool is_legacy = store.generation() == Generation::kLegacy;
  int http_port = store.http_port();
  int tcp_port = store.tcp_port();
  if (setup_.has_clusters) {
    const Store& other = &store == source_.get() ? *source_follower_ : *destination_follower_;
    const std::string hosts =
        "127.0.0.1:" + std::to_string(http_port) + ",127.0.0.1:" + std::to_string(other.http_port());
    if (is_legacy) {
      variables[prefix + "HTTP_ENDPOINT_" + side] = hosts;
      variables.erase(prefix + "HTTP_PORT_" + side);
    } else {
      variables[prefix + "CONNECTION_STRING_" + side] = "esdb+discover://" + hosts + "?tls=false";
    }
    return variables;
  }
  if (setup_.has_proxies) {
    lines.add(http_port);
    http_port = lines.port(0);
    if (is_legacy) {
      lines.add(tcp_port);
      tcp_port = lines.port(1);
    }
  }
  if (is_legacy) {
    variables[prefix + "TCP_PORT_" + side] = std::to_string(tcp_port);
    variables[prefix + "HTTP_PORT_" + side] = std::to_string(http_port);
    if (setup_.has_tls) variables[prefix + "HTTP_ENDPOINT_" + side] = "https://127.0.0.1";
    if (setup_.has_hosts) {
      variables[prefix + "HTTP_ENDPOINT_" + side] =
          "https://127.0.0.1:" + std::to_string(closed_port_.port()) + ",127.0.0.1:" + std::to_string(http_port);
      variables.erase(prefix + "HTTP_PORT_" + side);
    }
  } else {
    std::string options = setup_.has_tls ? "tlsCaFile=" + folder_ + "/ca.pem" : "tls=false";
    if (setup_.asks_certificates) {
      options += "&userCertFile=" + folder_ + "/client.pem&userKeyFile=" + folder_ + "/client.key";
    }
    if (!setup_.has_defaults) options += "&keepAliveInterval=" + kPulse + "&keepAliveTimeout=" + kPulse;
    const std::string closed = "127.0.0.1:" + std::to_string(closed_port_.port()) + ",";
    variables[prefix + "CONNECTION_STRING_" + side] = (setup_.has_hosts ? "esdb+discover://" + closed : "esdb://") +
                                                      "127.0.0.1:" + std::to_string(http_port) + "?" + options;
  }
  return variables;
}

void Scene::write_configuration() {
  std::string text = std::string("subscriptions:\n  - {stream: ") + kStream + ", group: " + kGroup;
  text +=
      setup_.has_defaults ? "}\n" : ", bufferSize: 200, settings: {checkPointAfter: 100, maxCheckPointCount: 100}}\n";
  text += "events: [{type: '*'}]\n";
  if (!setup_.has_defaults) {
    std::string times = kShortTimes;
    for (const auto& [store, part] :
         {std::pair(source_.get(), "HEARTBEAT_SRC"), {destination_.get(), "HEARTBEAT_DST"}}) {
      const bool is_legacy = store->generation() == Generation::kLegacy;
      std::string tls = setup_.has_tls ? ", tls: {caFile: " + folder_ + "/ca.pemCERTIFICATE}" : "";
      replace(tls, "CERTIFICATE",
              setup_.asks_certificates
                  ? ", certificateFile: " + folder_ + "/client.pem, keyFile: " + folder_ + "/client.key"
                  : "");
      replace(times, part, is_legacy ? kHeartbeat + tls : "");
    }
    text += times;
  }
  std::ofstream(folder_ + "/configuration.yaml") << text << setup_.configuration;
}

Command Scene::command() const { return {kProgram, {"--config", folder_ + "/configuration.yaml"}, environment_}; }

void Scene::add_copier() {
  copiers_.push_back(std::make_unique<SupervisedCopier>("copier " + std::to_string(copiers_.size() + 1), command()));
}

void Scene::slow_down() {
  // So slow that there is time for faults in the middle, and so fast that a run takes a second or two.
  destination_->misbehave(setup_.has_defaults ? R"({"delayPerAppendMs":10})" : R"({"delayPerAppendMs":5})");
}

void Scene::feed() {
  const int step = std::max(setup_.events / 10, 1);
  const int size = std::min(step, setup_.events - written_);
  if (size > 0) source_->load(setup_.prefix, setup_.streams, size);
  written_ += size;
}

void Scene::write(int stream, const std::vector<StoredEvent>& events) {
  source_->append(setup_.prefix + std::to_string(stream), events);
}

void Scene::look_after() {
  for (const auto& copier : copiers_) copier->look_after(setup_.restarted_after);
}

void Scene::until(const std::string& what, const std::function<bool()>& holds) {
  const auto deadline = steady_clock::now() + setup_.patience * kSlowdown;
  while (!holds()) {
    look_after();
    if (steady_clock::now() > deadline) {
      throw Failure("not in time: " + what + "; " + std::to_string(destination_->count(kPrefix)) + " of " +
                    std::to_string(written_) + " events have arrived");
    }
    std::this_thread::sleep_for(kBetweenLooks);
  }
}

void Scene::pass(milliseconds time) {
  const auto end = steady_clock::now() + time;
  while (steady_clock::now() < end) {
    look_after();
    std::this_thread::sleep_for(std::min(kBetweenLooks, time));
  }
}

void Scene::until_copied(double share) {
  until("the copy goes on", [&] {
    const int copied = destination_->count(kPrefix);
    if (copied + setup_.events / 5 >= written_) feed();
    return copied >= static_cast<int>(share * setup_.events);
  });
  std::this_thread::sleep_for(std::chrono::microseconds(random(0, 1000 * static_cast<int>(kRandomRest.count()))));
}

int Scene::random(int low, int high) {
  return low + static_cast<int>(random_() % static_cast<std::uint64_t>(high - low + 1));
}

std::vector<double> Scene::random_shares(int count) {
  std::vector<double> shares;
  shares.reserve(count);
  for (int i = 0; i < count; ++i) shares.push_back(random(20, 900) / 1000.0);
  std::sort(shares.begin(), shares.end());
  return shares;
}

void Scene::kill_copier(int times) {
  for (const double share : random_shares(times)) {
    until_copied(share);
    copier().kill();
    copier().start();
  }
}

void Scene::start_source_again() {
  source_->start_again();
  tell_its_gossip(*source_);
}

void Scene::start_destination_again() {
  destination_->start_again();
  tell_its_gossip(*destination_);
  slow_down();
}

namespace {

std::string member(const Store& store, const std::string& state, bool is_alive = true) {
  return R"({"state":")" + state + R"(","isAlive":)" + (is_alive ? "true" : "false") + R"(,"tcpPort":)" +
         std::to_string(store.tcp_port()) + R"(,"httpPort":)" + std::to_string(store.http_port()) + "}";
}

std::string gossip(const std::string& one, const std::string& other) {
  return R"("gossip":[)" + one + "," + other + "]";
}

std::string not_leader(const Store& leader) {
  return R"("notLeader":{"host":"127.0.0.1","tcpPort":)" + std::to_string(leader.tcp_port()) + R"(,"httpPort":)" +
         std::to_string(leader.http_port()) + "}";
}

}  // namespace

void Scene::tell_its_gossip(Store& store) {
  if (setup_.has_hosts) store.misbehave(R"({"gossip":[)" + member(store, "Leader") + "]}");
}

void Scene::lead(Store& leader, Store& follower) {
  const std::string members = gossip(member(leader, "Leader"), member(follower, "Follower"));
  leader.misbehave("{" + members + "}");
  follower.misbehave("{" + members + "," + not_leader(leader) + "}");
}

void Scene::follow(Store& leader, Store& follower) {
  follower.start_again();
  lead(leader, follower);
}

void Scene::kill_leader(std::unique_ptr<Store>& leader, std::unique_ptr<Store>& follower, bool loses_events) {
  const auto replicate = [&] {
    std::filesystem::copy_file(journal_of(*leader), journal_of(*follower),
                               std::filesystem::copy_options::overwrite_existing);
  };
  if (loses_events) {
    // What is written from now on is not confirmed, and has not got to the other node.
    leader->misbehave(R"({"dropAppendAnswers":1000000})");
    replicate();
    pass(random_time(0, 50));
    leader->kill();
  } else {
    leader->kill();
    replicate();
  }
  // It is believed to be alive until its silence is noticed; then there is an election.
  pass(milliseconds(500));
  follower->misbehave(R"({"notReady":true,"notLeader":null,)" +
                      gossip(member(*leader, "Leader", false), member(*follower, "Unknown")) + "}");
  pass(random_time(100, 800));
  follower->kill();
  follower->start_again();
  follower->misbehave("{" + gossip(member(*leader, "Leader", false), member(*follower, "Leader")) + "}");
  std::swap(leader, follower);
}

std::unique_ptr<Store> Scene::successor(Store& store, const std::string& name) {
  // Its ports are known before it has the data: it starts empty once.
  const std::string number = std::to_string(++leaders_);
  auto next = std::make_unique<Store>(store.generation(), store_arguments(store.generation(), name + number));
  next->kill();
  store.misbehave(R"({"notLeader":{"host":"127.0.0.1","tcpPort":)" + std::to_string(next->tcp_port()) +
                  R"(,"httpPort":)" + std::to_string(next->http_port()) + "}}");
  // What had been taken before is written by the time that this is.
  const HttpReply last = http_request(store.http_port(), "POST", "/streams/last-of-" + name, "{}",
                                      administrator() + "ES-EventType: Last\r\n");
  if (last.status != 201) throw Failure("the last write to the former leader: " + std::to_string(last.status));
  const std::string former = leaders_ == 1 ? "" : std::to_string(leaders_ - 1);
  std::filesystem::copy_file(folder_ + "/" + name + ".journal", folder_ + "/" + name + number + ".journal",
                             std::filesystem::copy_options::overwrite_existing);
  next->start_again();
  return next;
}

void Scene::change_source() {
  auto next = successor(*source_, "source");
  former_.push_back(std::exchange(source_, std::move(next)));
  // A node that is no longer the leader drops the consumers of its groups.
  former_.back()->misbehave(std::string(R"({"dropSubscribers":")") + kStream + "::" + kGroup + R"("})");
}

void Scene::change_destination() {
  auto next = successor(*destination_, "destination");
  former_.push_back(std::exchange(destination_, std::move(next)));
  slow_down();
}

void Scene::manage_group(const std::string& method, const std::string& settings) {
  const HttpReply reply = http_request(source_->http_port(), method,
                                       "/subscriptions/" + percent_encoded(kStream) + "/" + percent_encoded(kGroup),
                                       settings, administrator());
  // A copier that is dropped makes the group anew itself, and may have been faster.
  const bool is_made_already = method == "PUT" && reply.status == 409;
  if (reply.status / 100 != 2 && !is_made_already)
    throw Failure(method + " of the group: " + std::to_string(reply.status) + reply.body);
}

bool Scene::has_all_arrived() const {
  const auto here = source_->streams(kPrefix);
  const auto there = destination_->streams(kPrefix);
  return std::all_of(here.begin(), here.end(), [&](const auto& stream) {
    if (exempt_.contains(stream.first)) return true;
    const auto arrived = there.find(stream.first);
    return arrived != there.end() && arrived->second >= stream.second;
  });
}

bool Scene::is_settled() const {
  const GroupState group = source_->group(kStream, kGroup);
  return group.consumers > 0 && group.outstanding == 0;
}

Outcome Scene::finish() {
  until("all is written", [&] {
    feed();
    return written_ >= setup_.events;
  });
  until("all has arrived", [&] { return has_all_arrived() && is_settled(); });
  for (const auto& copier : copiers_) {
    if (copier->is_up()) copier->stop();
  }
  // What was not acknowledged comes again, before one more event does.
  source_->load(setup_.prefix, 1, 1);
  written_ += 1;
  copiers_.front()->start();
  until("what was not acknowledged is settled", [&] { return has_all_arrived() && is_settled(); });
  copiers_.front()->stop();
  return compare();
}

Outcome Scene::compare() const {
  Outcome outcome;
  for (const auto& [stream, count] : source_->streams(kPrefix)) {
    const std::vector<StoredEvent> sent = source_->dump(stream);
    std::unordered_map<std::string, std::size_t> positions;
    for (std::size_t i = 0; i < sent.size(); ++i) positions[sent[i].id] = i;
    std::vector<int> arrivals(sent.size());
    std::size_t newest = 0;
    for (const StoredEvent& event : destination_->dump(stream)) {
      if (event.type == kTombstone) continue;
      const auto found = positions.find(event.id);
      if (found == positions.end()) throw Failure(stream + " has an event that was never written: " + event.id);
      const std::size_t position = found->second;
      if (++arrivals[position] > 1) {
        ++outcome.doubled;
        continue;
      }
      if (position < newest) ++outcome.disordered;
      newest = std::max(newest, position);
      if (event.type != sent[position].type || event.data != sent[position].data) ++outcome.altered;
    }
    outcome.events += static_cast<int>(sent.size());
    if (!exempt_.contains(stream)) {
      outcome.lost += static_cast<int>(std::count(arrivals.begin(), arrivals.end(), 0));
    }
  }
  for (const auto& copier : copiers_) outcome.restarts += copier->restarts();
  return outcome;
}

std::string Scene::output() const {
  std::string all;
  for (const auto& copier : copiers_) all += copier->output();
  return all;
}

}  // namespace interconnect::testing
