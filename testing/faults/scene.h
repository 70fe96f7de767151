#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "testing/end_to_end/store.h"
#include "testing/faults/copiers.h"
#include "testing/faults/proxy.h"
#include "testing/process/closed_port.h"

namespace interconnect::testing {

// How a run is set up, beside its direction.
struct Setup {
  int events = 600;
  int streams = 10;
  bool starts_empty = false;       // else there are events before there is a copier
  bool has_proxies = false;        // between the copier and all ports of both stores
  bool has_defaults = false;       // of the copier's settings; else short times and small appends
  bool has_tls = false;            // on both sides, verified against an authority of the suite's own
  bool is_later = false;           // stores of the next generation are 21.10, which offers BatchAppend
  bool has_clusters = false;       // of two nodes each, one of which leads; discovered
  bool asks_certificates = false;  // of clients, beside has_tls; the copier has one
  bool has_hosts = false;          // beside has_tls: each store is one of two hosts to discover; at the other is nobody
  std::string configuration = "";  // more of the file
  std::map<std::string, std::string> variables{};
  std::set<int> restarted_after{};  // exit codes, beside 1
  std::chrono::seconds patience{40};
  std::string prefix = "hero-";           // of the streams that are written to; begins so
  std::string group = "";                 // settings of the group, which somebody has made before
  std::string destination_metadata = "";  // of the destination's streams, before they are written to
};

// What a run has come to.
struct Outcome {
  int events = 0;
  int lost = 0;
  int doubled = 0;
  int disordered = 0;
  int altered = 0;   // arrived with another type or other data
  int restarts = 0;  // of copiers that ended by themselves

  Outcome& operator+=(const Outcome& other);
};

// Lines of one store, which all get the same weather.
class Lines final {
 public:
  void add(int server_port) { proxies_.push_back(std::make_unique<Proxy>(server_port)); }
  int port(std::size_t index) const { return proxies_.at(index)->port(); }
  template <typename Call>
  void each(Call call) {
    for (const auto& proxy : proxies_) call(*proxy);
  }

 private:
  std::vector<std::unique_ptr<Proxy>> proxies_;
};

// Two stores that keep their data on disk, a copier under a supervisor, and a load: events are written to the category
// `hero` of the source as the copy goes on. Whatever waits here looks after the copiers meanwhile. Everything may throw
// Failure, or std::runtime_error of a store that does not answer.
class Scene final {
 public:
  static constexpr char kStream[] = "$ce-hero";
  static constexpr char kGroup[] = "copy";

  // Files go into `folder`, which is there and empty.
  Scene(Generation from, Generation to, const Setup& setup, std::uint64_t seed, std::string folder);

  // Waits until that share of all events is at the destination, and then for some random milliseconds.
  void until_copied(double share);
  void until(const std::string& what, const std::function<bool()>& holds);
  // Writes events of its own making to a stream of the load.
  void write(int stream, const std::vector<StoredEvent>& events);
  // The time that a fault lasts.
  void pass(std::chrono::milliseconds time);
  int random(int low, int high);
  std::chrono::milliseconds random_time(int low, int high) { return std::chrono::milliseconds(random(low, high)); }
  // `count` ascending shares of the copy, somewhere in it.
  std::vector<double> random_shares(int count);

  SupervisedCopier& copier(std::size_t index = 0) { return *copiers_.at(index); }
  void add_copier();
  // Kills it at `times` moments somewhere in the copy, and starts it again each time.
  void kill_copier(int times);

  Store& source() { return *source_; }
  Store& destination() { return *destination_; }
  // On the same ports, with the data that it had.
  void start_source_again();
  void start_destination_again();
  // Another process takes over the store's data as the leader; the old one is there, and names it.
  void change_source();
  void change_destination();
  // Where there are clusters: the leader is killed, as its gossip is believed for a while, and the other node leads
  // after an election. Of a destination, what the leader had written and not confirmed is lost. Then the former leader
  // comes back, as a follower, with what was lost.
  void kill_source_leader() { kill_leader(source_, source_follower_, false); }
  void kill_destination_leader() {
    kill_leader(destination_, destination_follower_, true);
    slow_down();
  }
  void bring_back_source_follower() { follow(*source_, *source_follower_); }
  void bring_back_destination_follower() { follow(*destination_, *destination_follower_); }
  // Its consumers.
  int consumers() const { return source_->group(kStream, kGroup).consumers; }
  // The group of the copier, over HTTP: "DELETE", "PUT" (it is created) or "POST" (updated), with its settings.
  void manage_group(const std::string& method, const std::string& settings = "");
  // The source no longer has all events of that stream, so not all can arrive.
  void exempt(const std::string& stream) { exempt_.insert(stream); }

  Lines& source_line() { return source_line_; }
  Lines& destination_line() { return destination_line_; }
  // Of the stores, where Setup has_tls: NAME.pem and NAME.key of the folder, read when a store starts.
  void use_certificate(const std::string& name);

  // Waits until everything has arrived, stops the copiers, lets a new one find nothing to do, and compares.
  Outcome finish();
  // What the copiers have written.
  std::string output() const;

 private:
  Command command() const;
  void write_configuration();
  std::vector<std::string> store_arguments(Generation generation, const std::string& name) const;
  std::map<std::string, std::string> environment(const Store& store, const std::string& side, Lines& lines) const;
  void lead(Store& leader, Store& follower);
  void follow(Store& leader, Store& follower);
  void kill_leader(std::unique_ptr<Store>& leader, std::unique_ptr<Store>& follower, bool loses_events);
  std::string journal_of(const Store& store) const { return folder_ + "/" + journals_.at(&store) + ".journal"; }
  std::unique_ptr<Store> successor(Store& store, const std::string& name);
  void slow_down();
  // Where it is one of several hosts.
  void tell_its_gossip(Store& store);
  void feed();
  void look_after();
  bool has_all_arrived() const;
  bool is_settled() const;
  Outcome compare() const;

  const Setup setup_;
  const std::string folder_;
  std::mt19937_64 random_;
  std::unique_ptr<Store> source_;
  std::unique_ptr<Store> destination_;
  std::unique_ptr<Store> source_follower_;
  std::unique_ptr<Store> destination_follower_;
  std::map<const Store*, std::string> journals_;
  std::vector<std::unique_ptr<Store>> former_;
  Lines source_line_;
  Lines destination_line_;
  std::map<std::string, std::string> environment_;
  std::vector<std::unique_ptr<SupervisedCopier>> copiers_;
  std::set<std::string> exempt_;
  ClosedPort closed_port_;
  int written_ = 0;
  int leaders_ = 0;
};

}  // namespace interconnect::testing
