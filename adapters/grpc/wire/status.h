#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "domain/store_error.h"
#include "ports/event_source.h"
#include "ports/store_settings.h"

namespace interconnect::next {

// The codes of gRPC that mean something of their own here.
enum StatusCode : int {
  kOk = 0,
  kCancelled = 1,
  kUnknown = 2,
  kInvalidArgument = 3,
  kDeadlineExceeded = 4,
  kStatusNotFound = 5,
  kAlreadyExists = 6,
  kPermissionDenied = 7,
  kResourceExhausted = 8,
  kFailedPrecondition = 9,
  kAborted = 10,
  kOutOfRange = 11,
  kUnimplemented = 12,
  kInternal = 13,
  kStatusUnavailable = 14,
  kUnauthenticated = 16,
};

// How a call ended: its status and those trailers that EventStoreDB adds.
struct CallStatus {
  int code = kOk;
  std::string message;
  std::string exception;    // "wrong-expected-version", "stream-deleted", ...; empty if the server named none
  std::string leader_host;  // with exception "not-leader"
  std::string leader_port;
  std::string append_limit;        // with exception "maximum-append-size-exceeded", in bytes
  std::string append_event_limit;  // with exception "maximum-append-event-size-exceeded"

  bool ok() const { return code == kOk; }
  // The server answered with HTTP status 500, and nothing of gRPC.
  bool is_http_500() const;
};

// How the message begins where the certificate of a host names others; those, and the one that was asked for, follow.
inline constexpr std::string_view kCertificateOfAnotherHost = "the certificate is for ";

// gRPC has the same words for a server that hangs up in the TLS handshake and for one that says nothing in it until the
// time to connect is over. For the second: the message with words of its own.
std::string with_handshake_timeout(std::string message);

// `what` is what was asked, for the message: "append to stream-1". Not for an ok status.
// A server whose certificate we refuse is kNotAuthenticated: it is not the one that the settings trust. Where the text
// shows what is wrong with a connection, the message says what to mend.
// A status without a name of its own (UNKNOWN, INTERNAL, CANCELLED) leaves open whether it was done: kUnavailable.
StoreError to_store_error(const CallStatus& status, std::string_view what);

// How much a reason why there is no connection tells somebody who has to act on it: 3 for a refusal, 2 where the
// message says what to mend, 1 for another answer of a server, 0 for none. Of several nodes' reasons, the weightiest
// counts: that nobody is at one host tells nothing about a wrong certificate at the other.
int weight_of(const StoreError& error);

// The same as to_store_error() for an append, where one answer more is definite. UNKNOWN with the text of a handler
// that threw is a malformed request: no or an empty stream name, an event without id or type, an expected revision
// below -4, data beyond a log record (Streams.Append.cs, Event.cs, ClientMessage.WriteEvents of 21.2.0: all of them
// throw before anything is written; tried on it). Any other UNKNOWN leaves it open: 21.2.0 gives it without a leader
// and for an envelope's unexpected message, gRPC for a HTTP status that it does not know. A server that is told to stop
// leaves an open append without an answer.
StoreError to_append_error(const CallStatus& status, std::string_view what);

// Why the Read of a persistent subscription ended, ok included.
DropReason to_drop_reason(const CallStatus& status);

// The leader that a "not-leader" answer names.
std::optional<Endpoint> named_leader(const CallStatus& status);

// Whether the answer is that of a node which is not, or no longer, the leader, or of a cluster without one. 21.2.0
// cannot say so for a persistent Read: there it is UNKNOWN with a text about an unexpected NotHandled.
bool is_not_leader(const CallStatus& status);

// Whether the connection itself is the reason: the server did not answer.
bool is_connection_loss(const CallStatus& status);

// An upsert's answers. 21.2.0 answers UNKNOWN to the update of a missing group.
bool is_group_exists(const CallStatus& status);
bool is_group_missing(const CallStatus& status);

// The value of the header `authorization`.
std::string basic_authorization(const Credentials& credentials);

}  // namespace interconnect::next
