#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "domain/copy_observer.h"
#include "domain/exit_code.h"
#include "domain/store.h"
#include "domain/store_error.h"
#include "domain/time.h"

namespace interconnect {

enum class OnLinkFailure { kExit, kWait };

// The rule of the link check: every interval, each store is asked something that only a working server can answer. One
// that does not answer well within the timeout, however often it is asked, has failed.
class LinkWatch {
 public:
  struct Settings {
    Duration interval = std::chrono::seconds(10);
    Duration timeout = std::chrono::seconds(5);             // the event writer timeout
    Duration retry_delay = std::chrono::milliseconds(500);  // after a bad answer, within the timeout
    OnLinkFailure on_failure = OnLinkFailure::kExit;
  };

  // The observer outlives the watch.
  LinkWatch(Settings settings, CopyObserver& observer);

  // The stores to ask now. Each question must be answered to on_answer() once, or never.
  std::vector<Store> advance(Time now);

  void on_answer(Store store, const std::optional<StoreError>& error, Time now);

  // Set once a link has failed and the rule is to exit.
  struct Failure {
    ExitCode code = ExitCode::kKilledBySafetyRules;
    std::string last_words;
  };
  const std::optional<Failure>& failure() const { return failure_; }

  Time next_deadline() const;

 private:
  struct Link {
    Time ask_at{0};
    bool is_asked = false;
    Time unanswered_since = Time::max();  // the first question since the last good answer
    bool is_lost = false;
    StoreError last_error{ErrorKind::kTimeout, "no answer"};
  };
  Link& link(Store store) { return links_[static_cast<std::size_t>(store)]; }
  void check(Store store, Time now);

  Settings settings_;
  CopyObserver& observer_;
  std::array<Link, 2> links_;
  std::optional<Failure> failure_;
};

}  // namespace interconnect
