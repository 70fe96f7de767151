#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace interconnect {

// Why a store did not do what it was asked, in terms of what the asker may do next.
enum class ErrorKind {
  kTimeout,           // no answer in time: it may have been done, or may yet be
  kUnavailable,       // no connection, or it broke before the answer: it may have been done
  kNotReady,          // refused for now, surely not done: starting, too busy, no leader
  kNotAuthenticated,  // the credentials were not taken
  kAccessDenied,      // the user lacks the right
  kNotFound,          // no such stream or consumer group
  kStreamDeleted,     // tombstoned: the stream's name cannot be used again
  kTooLarge,          // beyond a limit for one append, or one page that is read: less at a time may do
  kUnsupported,       // the server does not know this call
  kInvalid,           // the server calls the request wrong: asking again will not help
};

// A server's limit that was passed.
struct SizeLimit {
  enum class Of : std::uint8_t {
    kAppend,  // MaxAppendSize: of all events of one append
    kEvent,   // MaxAppendEventSize: of each
    kRecord,  // of each as well, and of no setting
  };
  std::size_t bytes = 0;
  Of of = Of::kAppend;

  friend bool operator==(const SizeLimit&, const SizeLimit&) = default;
};

struct StoreError {
  ErrorKind kind = ErrorKind::kUnavailable;
  std::string message;               // for people: names what was asked and what the server said, never a secret
  std::optional<SizeLimit> limit{};  // of kTooLarge, where it is known

  friend bool operator==(const StoreError&, const StoreError&) = default;
};

std::string_view to_string(ErrorKind kind);

// Whether the same request may succeed later without anyone changing the request.
bool is_transient(ErrorKind kind);

// Whether the server does not let us, whatever the request.
bool is_refusal(ErrorKind kind);

}  // namespace interconnect
