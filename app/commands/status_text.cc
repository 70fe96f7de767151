#include "app/commands/status_text.h"

#include <rapidjson/document.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "app/monitoring/progress_text.h"

namespace interconnect {
namespace {

using rapidjson::Value;

const Value* find(const Value& object, const char* name) {
  if (!object.IsObject()) return nullptr;
  const auto found = object.FindMember(name);
  return found == object.MemberEnd() || found->value.IsNull() ? nullptr : &found->value;
}

std::string text(const Value& object, const char* name, const std::string& otherwise = "") {
  const Value* value = find(object, name);
  return value != nullptr && value->IsString() ? std::string(value->GetString(), value->GetStringLength()) : otherwise;
}

std::optional<std::int64_t> number(const Value& object, const char* name) {
  const Value* value = find(object, name);
  return value != nullptr && value->IsInt64() ? std::optional(value->GetInt64()) : std::nullopt;
}

std::string shown(const std::optional<std::int64_t>& number) {
  if (!number) return "not known";
  return *number < 0 ? "none" : with_separators(static_cast<std::uint64_t>(*number));
}

std::string progress_text(const Value& progress) {
  std::string shown_progress;
  if (const Value* share = find(progress, "share"); share != nullptr && share->IsNumber()) {
    char percent[32];
    std::snprintf(percent, sizeof percent, "%.1f %% done, ", std::floor(share->GetDouble() * 1000) / 10);
    shown_progress += percent;
  }
  const Value* lag = find(progress, "lag");
  shown_progress += lag != nullptr ? shown(number(*lag, "events")) + " behind" : "lag not known";
  if (const std::string why = text(progress, "lagUnknownBecause"); !why.empty()) shown_progress += ": " + why;
  if (const auto left = number(progress, "secondsLeft"); left && *left > 0) {
    shown_progress += ", about " + std::to_string(*left) + " s left";
  }
  return shown_progress;
}

std::string store_text(const char* name, const Value& store) {
  const Value* link = find(store, "link");
  const Value* answers = link == nullptr ? nullptr : find(*link, "answers");
  std::string state = "has not answered yet";
  if (answers != nullptr && answers->IsBool()) {
    state = answers->GetBool() ? "answers" : "does not answer: " + text(*link, "problem");
  }
  return std::string(name) + ": " + text(store, "address") + " (" + text(store, "protocol") + ", " +
         text(store, "version", "version not known") + "), " + state + "\n";
}

}  // namespace

std::optional<ToldStatus> read_status(std::string_view json) {
  rapidjson::Document document;
  document.Parse(json.data(), json.size());
  const Value* state = document.HasParseError() ? nullptr : find(document, "state");
  const Value* progress = state == nullptr ? nullptr : find(document, "progress");
  const Value* stores = progress == nullptr ? nullptr : find(document, "stores");
  const Value* subscriptions = stores == nullptr ? nullptr : find(document, "subscriptions");
  if (subscriptions == nullptr || !subscriptions->IsArray()) return std::nullopt;
  ToldStatus told;
  told.text = text(*state, "name") + " since " + text(*state, "since") + ": " + text(*state, "text") + "\n" +
              progress_text(*progress) + "\n";
  for (const char* store : {"source", "destination"}) {
    if (const Value* one = find(*stores, store)) told.text += store_text(store, *one);
  }
  for (const Value& one : subscriptions->GetArray()) {
    ToldSubscription subscription{"'" + text(one, "stream") + "' (group '" + text(one, "group") + "')",
                                  number(one, "position"), number(one, "end"), text(one, "endAsOf")};
    const Value* projections = find(one, "projections");
    subscription.is_lag_known = find(one, "lag") != nullptr;
    subscription.has_projection = projections != nullptr && projections->IsArray() && !projections->Empty();
    told.text += subscription.name + ": position " + shown(subscription.position) + ", end " + shown(subscription.end) +
                 ", parked " + shown(number(one, "parked")) + "\n";
    told.subscriptions.push_back(std::move(subscription));
  }
  return told;
}

bool AwaitedEnds::are_reached(const ToldStatus& status) {
  ends_.resize(status.subscriptions.size());
  behind_ = 0;
  for (std::size_t i = 0; i < ends_.size(); ++i) {
    const ToldSubscription& one = status.subscriptions[i];
    // Times of one form are ordered as texts are.
    if (!ends_[i] && one.is_lag_known && one.end_as_of >= (one.has_projection ? later_ : at_)) ends_[i] = one.end;
    if (!ends_[i] || !one.is_lag_known || !one.position) {
      behind_.reset();
    } else if (behind_) {
      *behind_ += static_cast<std::uint64_t>(std::max<std::int64_t>(*ends_[i] - *one.position, 0));
    }
  }
  return behind_ == 0;
}

}  // namespace interconnect
