#include "app/next_step.h"

#include <string_view>

#include "app/configuration/environment_reader.h"

namespace interconnect {
namespace {

// What an adapter knew better.
bool says_so_itself(std::string_view message) {
  for (const std::string_view advice : {"certificate", "TLS", "this may not be its TCP port", "set EVENTSTORE_",
                                        "CONNECTION_STRING variable", "HTTP_ENDPOINT variable"}) {
    if (message.find(advice) != std::string_view::npos) return true;
  }
  return false;
}

}  // namespace

std::string next_step(Store store, const StoreError& error) {
  if (says_so_itself(error.message)) return "";
  const std::string name(to_string(store));
  const std::string user = variable("CREDENTIALS_USERNAME", store);
  switch (error.kind) {
    case ErrorKind::kTimeout:
      return "; see whether the " + name +
             " is overloaded or hangs; EVENTSTORE_INTERCO_EVENT_WRITER_TIMEOUT_IN_MS gives it more time";
    case ErrorKind::kUnavailable:
      return "; see whether the " + name + " runs and can be reached from here, and whether " +
             variable("HTTP_ENDPOINT", store) + " (with its ports) or " + variable("CONNECTION_STRING", store) +
             " has its address";
    case ErrorKind::kNotReady:
      return "; wait until the " + name + " has started and has a leader";
    case ErrorKind::kNotAuthenticated:
      return "; set " + user + " and its password to those of a user of the " + name;
    case ErrorKind::kAccessDenied:
      return "; give the user that right at the " + name + ", or set " + user + " to one that has it";
    case ErrorKind::kUnsupported:
      return "; see whether the " + name + " is a version that is supported, and no proxy stands before it";
    case ErrorKind::kTooLarge:
      return store == Store::kSource ? "" : "; set destination.maxAppendBytes below the server's limit";
    case ErrorKind::kNotFound:
    case ErrorKind::kStreamDeleted:
    case ErrorKind::kInvalid:
      return "";
  }
  return "";
}

}  // namespace interconnect
