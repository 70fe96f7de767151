#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/projection_feeders.h"
#include "domain/progress/projection_health.h"
#include "domain/status/copy_status.h"
#include "ports/clock.h"
#include "ports/copy_meter.h"
#include "ports/store_inspector.h"

namespace interconnect {

// Asks the source, whenever it is told to, how the projections are that fill the subscribed streams, and logs what
// changes. While one does not run, or is behind, its stream does not show what there is to copy.
class ProjectionWatch {
 public:
  // All outlive the watch.
  ProjectionWatch(StoreInspector& inspector, const Clock& clock, const std::vector<Subscription>& subscriptions);

  // For each projection whose last answer is there.
  void ask();

  // Why the subscription's stream may not be all there is; nothing where it is, or nothing is known. A stream that
  // several projections write to is in doubt once all of them are in trouble.
  std::optional<std::string> doubt(SubscriptionIndex subscription) const;
  // Those doubts that have lasted for `patience`, in one line; nothing if there are none.
  std::optional<std::string> lasting_doubts(Duration patience) const;

  // Of those that fill the subscription's stream, with what troubles them.
  std::vector<ProjectionStatus> status(SubscriptionIndex subscription) const;

  // Of each projection that is watched.
  std::map<std::string, ProjectionProgress> progress() const;

 private:
  struct Watched {
    explicit Watched(std::string name) : health(std::move(name)) {}
    ProjectionHealth health;
    bool is_awaited = false;
    int refusals = 0;  // one after the other
  };

  void find_feeders();
  void warn_of_what_is_left_out();
  void watch(const ProjectionFeeders& feeders);
  void ask(Watched& watched);
  void on_answer(Watched& watched, const std::variant<ProjectionInfo, StoreError>& answer);
  std::string streams_of(const std::string& projection) const;
  // Of the projections that write to the stream: the first's, if all have one.
  template <typename Trouble>
  std::optional<std::string> common_trouble(const std::string& stream, Trouble trouble) const;

  StoreInspector& inspector_;
  const Clock& clock_;
  std::vector<Subscription> subscriptions_;
  ProjectionFeeders feeders_;
  std::map<std::string, std::unique_ptr<Watched>> watched_;  // by the projection's name
  bool has_said_what_is_left_out_ = false;
  bool is_finding_ = false;
  std::optional<Time> find_again_at_;
  bool has_said_that_it_may_not_ask_ = false;
};

}  // namespace interconnect
