#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/copier/script_run.h"

namespace interconnect {

// A copier whose inputs are short and whose actions are text. At its end the script is run again with a failure in
// place of each outcome in turn (failing_rerun.h).
class CopierScript {
 public:
  using Texts = std::vector<std::string>;

  explicit CopierScript(ScriptSetup setup = {}) : setup_(std::move(setup)), run_(setup_) {}
  ~CopierScript();
  CopierScript(const CopierScript&) = delete;
  CopierScript& operator=(const CopierScript&) = delete;

 private:
  const ScriptSetup setup_;
  ScriptRun run_;
  std::vector<ScriptInput> inputs_;

 public:
  ScriptedSafetyNet& safety_net = run_.safety_net;
  const CountingObserver& observer = run_.observer;
  Time now{0};
  Revision next_position = 0;    // of the next delivery
  std::int32_t retry_count = 0;  // of deliveries from now on

  const Copier& copier() { return run_.copier(); }
  std::optional<Time> next_deadline() { return run_.copier().next_deadline(); }

  // Else an event that is the first of its stream, and not at revision 0, would be looked behind.
  bool begins_at_start = false;
  ConsumerStrategy strategy = ConsumerStrategy::kPinned;

  void start(GroupState group = GroupState::kCreated, SubscriptionIndex subscription = 0);
  void drop(SubscriptionIndex subscription = 0);
  void refuse(DropReason reason = DropReason::kNotAuthenticated);
  void suspect_older_consumers();
  void order_of_sink(std::size_t ordered_append_bytes);
  void size_rule_of_sink(AppendSizeRule rule);
  void stop(Duration within);

  // Events whose ids are their revisions.
  void deliver(std::initializer_list<int> numbers);
  struct Arriving {
    int id = 0;
    std::optional<Revision> revision = {};  // else the id
    std::string_view stream = "s";
    std::string_view type = "Good";
    std::string_view data = "{}";
    std::optional<Revision> position = {};  // else the one after that of the last delivery
    SubscriptionIndex subscription = 0;
    std::string_view link = {};  // the text of the link that it came by, whose id is 100 more than the event's
  };
  void deliver_one(const Arriving& arriving);
  // A link that came without its event.
  void deliver_link(int id, std::string_view text);

  // What is done now, or after that time has passed.
  Texts advance(Duration passed = Duration{0});
  // Time passes, and what is asked for is answered so, again and again: until something else is done, which is
  // returned, or for so long.
  struct Refusing {
    std::optional<ErrorKind> appends = {};
    std::optional<ErrorKind> reads = {};
    bool shows_nothing = false;  // the destination
  };
  Texts advance_while(const Refusing& refusing, Duration at_most);

  // The outcome of the oldest append without one.
  void outcome(const AppendOutcome& outcome);
  void appended(Revision last) { outcome(Appended{last}); }
  void wrong(std::optional<Revision> current) { outcome(WrongExpectedVersion{current}); }
  void fail(ErrorKind kind) { outcome(StoreError{kind, "said the server"}); }
  bool has_append() const { return !run_.appends().empty(); }

  // The answer to the oldest read without one: events with these ids in reading order, the first at `first`.
  struct Page {
    Revision first = 0;
    std::vector<int> ids = {};
    bool is_end = false;
  };
  void page(const Page& page);
  // The same, with the events as they are.
  struct Shown {
    int id = 0;
    Revision revision = 0;
    std::string type = "Good";
    std::string data = "{}";
    std::string metadata = "";
  };
  struct Answer {
    std::vector<Shown> events = {};
    bool is_end = false;
    Revision next = 0;
  };
  void show(const Answer& answer);
  void no_stream();
  void fail_read(ErrorKind kind);
  bool has_read() const { return !run_.reads().empty(); }

  std::string last_words;
  std::int32_t last_read_count = 0;

 private:
  bool refuse_next(const Refusing& refusing);
  std::vector<Action> give(decltype(ScriptInput::what) what);
  std::string describe(const Action& action);
};

}  // namespace interconnect
