#include "app/monitoring/health.h"

#include <chrono>
#include <utility>

namespace interconnect {

void Health::on_turn(Time now, std::optional<std::string> stall) {
  const std::lock_guard lock(mutex_);
  last_turn_ = now;
  stall_ = std::move(stall);
}

void Health::on_link(Store store, std::optional<std::string> problem) {
  const std::lock_guard lock(mutex_);
  link_problems_[static_cast<std::size_t>(store)] = std::move(problem);
}

void Health::on_projections(std::optional<std::string> problem) {
  const std::lock_guard lock(mutex_);
  projection_problem_ = std::move(problem);
}

void Health::on_parked(std::optional<std::string> finding) {
  const std::lock_guard lock(mutex_);
  parked_ = std::move(finding);
}

Health::Verdict Health::health(Time now) const {
  const std::lock_guard lock(mutex_);
  Verdict verdict;
  if (now - last_turn_ >= kTurnPatience) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now - last_turn_).count();
    verdict.reasons += "the copying thread has not turned for " + std::to_string(seconds) + " s\n";
  }
  if (stall_) verdict.reasons += *stall_ + "\n";
  verdict.good = verdict.reasons.empty();
  if (verdict.good) verdict.reasons = "well\n";
  return verdict;
}

Health::Verdict Health::readiness() const {
  const std::lock_guard lock(mutex_);
  Verdict verdict;
  for (const Store store : {Store::kSource, Store::kDestination}) {
    const auto& problem = link_problems_[static_cast<std::size_t>(store)];
    if (problem) verdict.reasons += "the " + std::string(to_string(store)) + " " + *problem + "\n";
  }
  if (projection_problem_) verdict.reasons += *projection_problem_ + "\n";
  verdict.good = verdict.reasons.empty();
  if (verdict.good) verdict.reasons = "ready\n";
  if (parked_) verdict.reasons += *parked_ + "\n";
  return verdict;
}

bool Health::links_answer() const {
  const std::lock_guard lock(mutex_);
  return !link_problems_[0] && !link_problems_[1];
}

}  // namespace interconnect
