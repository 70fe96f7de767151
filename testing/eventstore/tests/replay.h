#ifndef TESTING_EVENTSTORE_TESTS_REPLAY_H_
#define TESTING_EVENTSTORE_TESTS_REPLAY_H_

#include <functional>
#include <future>
#include <map>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "testing/eventstore/tests/running_server.h"
#include "testing/eventstore/tests/seeding.h"
#include "testing/wire/conversation.h"

namespace interconnect::eventstore {

// A recorded conversation, and what was done beside it that cannot be seen in it.
struct Recording {
  std::string name;
  // For groups whose settings the conversation does not tell.
  std::string group_settings = "{\"startFrom\":0}";
  std::vector<SideRequest> beside = {};
  bool projections = false;
  // Steps that our server is asked and not compared with.
  std::set<int> not_compared = {};
};

void PrintTo(const Recording& recording, std::ostream* out);

// For gtest: the name without what gtest does not allow.
std::string TestName(const Recording& recording);

// What replays of all protocols have in common: the server on manual time, what happened beside the conversation, the
// passing of time, and the HTTP requests in it.
class ReplayStage {
 public:
  ReplayStage(const Recording& recording, Options options);

  const wire::Conversation& conversation() const { return conversation_; }
  RunningServer& server() { return server_; }

  // To be called for each step in order: seeds and lets the time pass that had passed. `settle` is called before the
  // time passes, to wait until the server has seen all that was sent.
  void Reach(const wire::Step& step, const std::function<void()>& settle);
  // Time goes on a little: for answers that come by time alone.
  void Nudge();
  // Sends a recorded request, or compares the answer to one.
  void Http(const wire::Step& step);
  // Waits until the group has seen so many acknowledged or refused ids.
  void AwaitConfirmations(const std::string& group, int count);

 private:
  void Advance(std::int64_t ms);

  const wire::Conversation conversation_;
  RunningServer server_;
  std::vector<SideRequest> plan_;
  std::size_t planned_ = 0;
  std::int64_t time_ms_ = 0;
  std::map<int, std::future<std::string>> answers_;
};

}  // namespace interconnect::eventstore

#endif  // TESTING_EVENTSTORE_TESTS_REPLAY_H_
