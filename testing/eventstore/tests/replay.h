#pragma once

#include <cstdint>
#include <functional>
#include <future>
#include <limits>
#include <map>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "google/protobuf/message.h"
#include "rapidjson/document.h"
#include "testing/eventstore/tests/running_server.h"
#include "testing/eventstore/tests/seeding.h"
#include "testing/wire/conversation.h"

namespace interconnect::eventstore {

// A recorded conversation, and what was done beside it that cannot be seen in it.
struct Recording {
  std::string name;
  SeedingHints hints = {};
  std::vector<SideRequest> beside = {};
  bool projections = false;
  // Steps that our server is asked and not compared with.
  std::set<int> not_compared = {};
  // What comes from this step on is not replayed.
  int until = std::numeric_limits<int>::max();
  // How the payloads end that were cut in the recording; see wire::Regrown.
  std::map<int, std::string> cut_tails = {};
};

void PrintTo(const Recording& recording, std::ostream* out);

// A hard or soft deletion over HTTP.
SideRequest deletion(int before_seq, const std::string& stream, bool hard = true);
// So many events that nobody looks at.
SideRequest fill(int before_seq, const std::string& stream, int count);

// A message's text without times, and without positions and ids in what servers write themselves.
std::string without_volatile(const std::string& debug_string);

// What a recorded server called its positions in the log, and what ours calls them.
class Positions {
 public:
  // Two answers to the same request.
  void learn(const google::protobuf::Message& recorded, const google::protobuf::Message& ours);
  // Makes a recorded request one for our server.
  void translate(google::protobuf::Message* request) const;

 private:
  std::map<std::int64_t, std::int64_t> ours_;
};

// Fails for each conversation of `names` that no recording replays.
void expect_all_replayed(const std::vector<std::string>& names, const std::vector<Recording>& recordings);

// For gtest: the name without what gtest does not allow.
std::string test_name(const Recording& recording);

// What replays of all protocols have in common: the server on manual time, what happened beside the conversation, the
// passing of time, and the HTTP requests in it.
class ReplayStage {
 public:
  ReplayStage(const Recording& recording, Options options);

  const wire::Conversation& conversation() const { return conversation_; }
  RunningServer& server() { return server_; }

  // To be called for each step in order: seeds and lets the time pass that had passed. `settle` is called before the
  // time passes, to wait until the server has seen all that was sent.
  void reach(const wire::Step& step, const std::function<void()>& settle);
  // Time goes on a little: for answers that come by time alone.
  void nudge();
  // The payload of a recorded request, made whole where it was cut.
  std::string payload(const wire::Step& step) const;
  // Sends a recorded request, or compares the answer to one.
  void http(const wire::Step& step);
  // Waits until the group has seen so many acknowledged or refused ids.
  void await_confirmations(const std::string& group, int count);
  // Waits until the group has no more consumers than that.
  void await_consumers(const std::string& group, int count);

 private:
  void advance(std::int64_t ms);
  // Waits until what the group tells about itself satisfies, or there is no such group.
  void await_group(const std::string& group, const std::function<bool(const rapidjson::Value&)>& satisfies);

  const Recording recording_;
  const wire::Conversation conversation_;
  RunningServer server_;
  std::vector<SideRequest> plan_;
  std::size_t planned_ = 0;
  std::int64_t time_ms_ = 0;
  std::map<int, std::future<std::string>> answers_;
};

}  // namespace interconnect::eventstore
