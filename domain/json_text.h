#pragma once

#include <cstddef>
#include <string_view>

#include "absl/functional/function_ref.h"

namespace interconnect {

// JSON as text: nothing here turns a value into anything else, so every byte of it can be kept.

// How deep objects and arrays may lie in each other. Deeper text counts as no JSON; real metadata is nowhere near.
inline constexpr std::size_t kMaxJsonDepth = 512;

// A member of the outermost object. Views and offsets are into the scanned text.
struct JsonMember {
  std::string_view name;        // between the quotes, escapes as written
  std::size_t value_begin = 0;  // the value's first byte
  std::size_t value_end = 0;    // behind its last
};

struct JsonObjectText {
  std::size_t members = 0;  // of the outermost object, each counted if a name is there twice
  std::size_t end = 0;      // behind its last member; behind its `{` if there is none
};

// Calls `on_member` for each member of the one object that the text must be, in order, and fills in `object`. False if
// the text is anything else by RFC 8259 (a byte order mark and bytes that are not UTF-8 within strings included); some
// members may have been handed over by then. Takes time proportional to the text's length, and no memory.
bool scan_json_object(std::string_view text, JsonObjectText& object,
                      absl::FunctionRef<void(const JsonMember&)> on_member);

// Whether the text is one JSON value by RFC 8259, nested at most `max_depth` deep (0: a scalar), with no number of more
// than `max_number` characters. Takes time proportional to the text's length, and no memory.
bool is_json(std::string_view text, std::size_t max_depth, std::size_t max_number);
// The same, with no string (but for names), number or literal that `takes` does not take. It gets them as written, a
// string with its quotes.
bool is_json(std::string_view text, std::size_t max_depth, absl::FunctionRef<bool(std::string_view)> takes);

// Whether a string, given as written between its quotes in scanned text, means the (ASCII) name.
bool json_string_is(std::string_view written, std::string_view name);

// The text as the inside of a JSON string. Bytes that are not UTF-8 become U+FFFD, one each.
std::size_t json_escaped_size(std::string_view text);
// Writes that many bytes and returns where it stopped.
char* write_json_escaped(std::string_view text, char* out);

}  // namespace interconnect
