#include "app/projection_feeders.h"

#include <cstddef>
#include <memory>
#include <utility>
#include <variant>

#include "domain/link_streams.h"
#include "domain/store_error.h"

namespace interconnect {
namespace {

// Of the users' projections, so that a store with thousands of them is not asked for all.
constexpr std::size_t kMostDefinitions = 200;

bool is_for_now(ErrorKind kind) { return is_transient(kind) && !is_refusal(kind); }

class Search final : public std::enable_shared_from_this<Search> {
 public:
  Search(StoreInspector& inspector, std::vector<std::string> streams,
         std::function<void(const std::optional<ProjectionFeeders>&)> done)
      : inspector_(inspector), streams_(std::move(streams)), done_(std::move(done)) {}

  void start() {
    inspector_.projections(
        [self = shared_from_this()](const std::variant<std::vector<std::string>, StoreError>& answer) {
          if (const auto* error = std::get_if<StoreError>(&answer)) return self->fail(*error);
          for (const std::string& name : std::get<std::vector<std::string>>(answer)) {
            if (!name.starts_with('$') && self->names_.size() < kMostDefinitions) self->names_.push_back(name);
          }
          self->go_on();
        });
  }

 private:
  void go_on() {
    if (asked_ == names_.size()) return done_(found_);
    const std::string& name = names_[asked_++];
    inspector_.projection_definition(
        name, [self = shared_from_this(), &name](const std::variant<ProjectionDefinition, StoreError>& answer) {
          if (const auto* definition = std::get_if<ProjectionDefinition>(&answer)) {
            for (const std::string& stream : self->streams_) {
              if (writes_to(*definition, stream)) self->found_[stream].push_back(name);
            }
          } else if (const StoreError& error = std::get<StoreError>(answer); is_for_now(error.kind)) {
            return self->fail(error);
          }
          self->go_on();
        });
  }
  void fail(const StoreError& error) {
    done_(is_for_now(error.kind) ? std::nullopt : std::optional(ProjectionFeeders{}));
  }

  StoreInspector& inspector_;
  std::vector<std::string> streams_;
  std::vector<std::string> names_;
  std::size_t asked_ = 0;
  ProjectionFeeders found_;
  std::function<void(const std::optional<ProjectionFeeders>&)> done_;
};

}  // namespace

ProjectionFeeders named_feeders(const std::vector<Subscription>& subscriptions) {
  ProjectionFeeders feeders;
  for (const Subscription& subscription : subscriptions) {
    if (const auto name = projection_of(subscription.stream)) feeders[subscription.stream] = {*name};
  }
  return feeders;
}

void find_user_feeders(StoreInspector& inspector, const std::vector<Subscription>& subscriptions,
                       std::function<void(const std::optional<ProjectionFeeders>&)> done) {
  std::vector<std::string> streams;
  for (const Subscription& subscription : subscriptions) {
    if (!projection_of(subscription.stream)) streams.push_back(subscription.stream);
  }
  if (streams.empty()) return done(ProjectionFeeders{});
  std::make_shared<Search>(inspector, std::move(streams), std::move(done))->start();
}

}  // namespace interconnect
