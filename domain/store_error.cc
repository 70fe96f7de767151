#include "domain/store_error.h"

#include "domain/store.h"

namespace interconnect {

std::string_view to_string(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kTimeout:
      return "timeout";
    case ErrorKind::kUnavailable:
      return "unavailable";
    case ErrorKind::kNotReady:
      return "not ready";
    case ErrorKind::kNotAuthenticated:
      return "not authenticated";
    case ErrorKind::kAccessDenied:
      return "access denied";
    case ErrorKind::kNotFound:
      return "not found";
    case ErrorKind::kStreamDeleted:
      return "stream deleted";
    case ErrorKind::kTooLarge:
      return "too large";
    case ErrorKind::kUnsupported:
      return "unsupported";
    case ErrorKind::kInvalid:
      return "invalid";
  }
  return "unknown";
}

bool is_transient(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kTimeout:
    case ErrorKind::kUnavailable:
    case ErrorKind::kNotReady:
    case ErrorKind::kNotAuthenticated:
    case ErrorKind::kAccessDenied:
      return true;
    default:
      return false;
  }
}

bool is_refusal(ErrorKind kind) {
  return kind == ErrorKind::kNotAuthenticated || kind == ErrorKind::kAccessDenied || kind == ErrorKind::kUnsupported;
}

std::string_view to_string(Store store) { return store == Store::kSource ? "source" : "destination"; }

}  // namespace interconnect
