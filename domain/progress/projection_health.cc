#include "domain/progress/projection_health.h"

#include <charconv>
#include <chrono>
#include <cmath>
#include <string_view>

#include "domain/excerpt.h"

namespace interconnect {
namespace {

// The commit position of "C:123/P:123".
std::optional<double> log_position(std::string_view position) {
  if (!position.starts_with("C:")) return std::nullopt;
  position.remove_prefix(2);
  std::int64_t commit = 0;
  const auto [end, error] = std::from_chars(position.data(), position.data() + position.size(), commit);
  if (error != std::errc() || end == position.data() + position.size() || *end != '/') return std::nullopt;
  return static_cast<double>(commit);
}

// "45.3 %"
std::string percent(double progress) {
  const auto tenths = static_cast<std::int64_t>(std::floor(progress * 10));
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " %";
}

}  // namespace

void ProjectionHealth::look(Look look, Time now) {
  const bool is_first = state_ == State::kUnknown;
  const bool moves =
      !is_first && last_.is_running && (look.position != last_.position || look.progress != last_.progress);
  const bool ran = state_ == State::kWell || state_ == State::kBehind;
  last_ = std::move(look);
  if (!last_.is_there || !last_.is_running) {
    if (is_first || ran) since_ = now;
    state_ = State::kNotRunning;
    return;
  }
  const bool is_behind = this->is_behind(moves);
  if (moves || !ran || !is_behind) since_ = now;
  state_ = is_behind ? State::kBehind : State::kWell;
}

bool ProjectionHealth::is_behind(bool moves) const {
  if (!moves && last_.buffered_events == 0) return false;
  if (!last_.progress || *last_.progress >= 100) return false;
  const auto position = log_position(last_.position);
  if (!position) return 100 - *last_.progress > kMuchPercent;
  if (*last_.progress <= 0) return true;
  return *position * (100 / *last_.progress - 1) > kMuch;
}

void ProjectionHealth::forget() {
  state_ = State::kUnknown;
  last_ = {};
}

std::optional<std::string> ProjectionHealth::trouble() const {
  const std::string named = "projection " + excerpt(name_);
  switch (state_) {
    case State::kUnknown:
    case State::kWell:
      return std::nullopt;
    case State::kBehind:
      return named + " is behind, at " + percent(*last_.progress);
    case State::kNotRunning:
      if (!last_.is_there) return named + " is not there";
      return named + " is not running (" + last_.status + ")";
  }
  return std::nullopt;
}

std::optional<std::string> ProjectionHealth::lasting_trouble(Duration patience, Time now) const {
  auto trouble = this->trouble();
  if (!trouble || now - since_ < patience) return std::nullopt;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now - since_).count();
  return *trouble + (state_ == State::kBehind ? " and has not moved" : "") + ", for " + std::to_string(seconds) + " s";
}

std::optional<bool> ProjectionHealth::is_running() const {
  if (state_ == State::kUnknown) return std::nullopt;
  return state_ != State::kNotRunning;
}

std::optional<double> ProjectionHealth::progress() const {
  if (!is_running().value_or(false)) return std::nullopt;
  return last_.progress;
}

}  // namespace interconnect
