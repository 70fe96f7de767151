#include "domain/event_policy.h"

#include <algorithm>
#include <utility>

#include "absl/strings/string_view.h"
#include "domain/excerpt.h"

namespace interconnect {
namespace {

constexpr std::string_view kStreamDeleted = "$streamDeleted";

bool is_glob(std::string_view pattern) { return pattern.find_first_of("*?") != std::string_view::npos; }

bool is_system(std::string_view type) { return type.starts_with('$'); }

// Behind the character at this place: a UTF-8 sequence, or one byte of what is no UTF-8.
std::size_t next_character(std::string_view text, std::size_t at) {
  ++at;
  while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80) ++at;
  return at;
}

// Going back only ever to the last `*` keeps the time within pattern times text.
bool glob_matches(std::string_view pattern, std::string_view text) {
  std::size_t in_pattern = 0;
  std::size_t in_text = 0;
  std::size_t after_star = std::string_view::npos;
  std::size_t star_took_to = 0;
  while (in_text < text.size()) {
    if (in_pattern < pattern.size() && pattern[in_pattern] == '*') {
      after_star = ++in_pattern;
      if (after_star == pattern.size()) return true;
      star_took_to = in_text;
    } else if (in_pattern < pattern.size() && pattern[in_pattern] == '?') {
      ++in_pattern;
      in_text = next_character(text, in_text);
    } else if (in_pattern < pattern.size() && pattern[in_pattern] == text[in_text]) {
      ++in_pattern;
      ++in_text;
    } else if (after_star != std::string_view::npos) {
      in_pattern = after_star;
      star_took_to = next_character(text, star_took_to);
      in_text = star_took_to;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', in_pattern) == std::string_view::npos;
}

}  // namespace

EventPolicy::EventPolicy(std::vector<AllowedType> types) {
  for (AllowedType& type : types) {
    if (is_glob(type.pattern)) {
      globs_.push_back(std::move(type));
    } else {
      std::string name = type.pattern;
      exact_.try_emplace(std::move(name), std::move(type));
    }
  }
  std::stable_sort(globs_.begin(), globs_.end(),
                   [](const AllowedType& a, const AllowedType& b) { return a.pattern.size() > b.pattern.size(); });
}

const AllowedType* EventPolicy::find(std::string_view type) const {
  if (type == kStreamDeleted) return nullptr;
  // Abseil's own string_view is a type apart where the library was built for C++14, as Debian's was.
  const auto exact = exact_.find(absl::string_view(type.data(), type.size()));
  if (exact != exact_.end()) return &exact->second;
  for (const AllowedType& glob : globs_) {
    if (is_system(type) && !is_system(glob.pattern)) continue;
    if (glob_matches(glob.pattern, type)) return &glob;
  }
  return nullptr;
}

Verdict EventPolicy::judge(const EventView& event) const {
  const AllowedType* const type = find(event.type);
  if (type == nullptr) return NotAllowed{};
  if (type->validator == nullptr) return Allowed{};
  const std::optional<std::string> reason = type->validator->validate(event);
  if (reason) return Invalid{excerpt(*reason)};  // it may name what the event holds
  return Allowed{};
}

}  // namespace interconnect
