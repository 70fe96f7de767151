#include "adapters/grpc/wire/status.h"

#include <charconv>

#include "domain/excerpt.h"

namespace interconnect::next {
namespace {

// RpcExceptions.cs of 21.2.0: the texts of NotHandled, which come without an `exception`.
constexpr std::string_view kNotReadyText = "Server Is Not Ready";
constexpr std::string_view kTooBusyText = "Server Is Too Busy";
constexpr std::string_view kNoLeaderText = "No leader info available";
constexpr std::string_view kNotHandledText = "received NotHandled instead";
// grpc-dotnet's own, with details behind it where the server is so configured.
constexpr std::string_view kHandlerThrewText = "Exception was thrown by handler.";

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

// gRPC's own words about a connection that cannot be made.
constexpr std::string_view kUntrusted = "certificate verify failed";
constexpr std::string_view kCannotConnect = "failed to connect to all addresses";

bool is_certificate_refused(const CallStatus& status) {
  return status.code == kStatusUnavailable &&
         (contains(status.message, kUntrusted) || contains(status.message, kCertificateOfAnotherHost));
}

constexpr std::string_view kTrustOtherAuthority =
    "the server's certificate is not trusted: let tlsCaFile name the certificate of the authority that signed it, or, "
    "if "
    "it has expired, renew the server's certificate (tlsVerifyCert=false trusts every server)";
constexpr std::string_view kConnectByOtherName =
    "the server's certificate is another host's: connect by a name that is in it, or have that name put into it "
    "(tlsVerifyCert=false trusts every server)";
constexpr std::string_view kNoTls = "there is no TLS at this port: a server without it needs tls=false";
constexpr std::string_view kSilent =
    "the connection is accepted, and nobody answers: the server may hang or be overloaded, or this may be the port of "
    "something else, or one that wants TLS (tls=true)";
constexpr std::string_view kSilentInHandshake =
    "the connection is accepted, and nobody answers in the TLS handshake: the server may hang or be overloaded, or "
    "this "
    "may be the port of something else";
constexpr std::string_view kWantsCertificate =
    "the server hung up after the TLS handshake: it may want a certificate of the client (userCertFile, userKeyFile), "
    "or "
    "another one than that";
constexpr std::string_view kNoHttp2 =
    "there is HTTPS at this port, but no HTTP/2, which gRPC needs: this may be a proxy that has to let HTTP/2 through, "
    "or "
    "a server before 20.x, which is given by its HTTP_ENDPOINT variable, and not by a connection string";
constexpr std::string_view kHandshakeFailed = "Handshake read failed";
constexpr std::string_view kHandshakeTimedOut = "Handshake timed out";
constexpr std::string_view kHungUpInHandshake =
    "the server hung up in the TLS handshake: it may have no TLS (tls=false), or want a certificate (userCertFile, "
    "userKeyFile)";
constexpr std::string_view kNoGrpc =
    "what answers at this port does not speak gRPC: it may be the server's TCP port, or want TLS (tls=true)";
constexpr std::string_view kOldServer =
    "there is HTTP/1 at this port and no gRPC: a server before 20.x, such as 5.0.1, is given by its HTTP_ENDPOINT "
    "variable, and not by a connection string";
constexpr std::string_view kHungUp =
    "the server hung up at once: it may want TLS (tls=true), or this may be its TCP port and not that of gRPC; over "
    "TLS, "
    "it may want a certificate of the client, or another one than it is given (userCertFile, userKeyFile)";
constexpr std::string_view kUnknownHost = "no address is found for this host";

// What to mend; nothing where the text says it all.
std::string_view advice(const CallStatus& status) {
  if (status.code != kStatusUnavailable) return "";
  const std::string_view text = status.message;
  if (contains(text, kUntrusted)) return kTrustOtherAuthority;
  if (contains(text, kCertificateOfAnotherHost)) return kConnectByOtherName;
  if (contains(text, "wrong version number")) return kNoTls;
  if (contains(text, "alert no application protocol")) return kNoHttp2;
  if (contains(text, kCannotConnect) && contains(text, "Endpoint read failed")) return kWantsCertificate;
  if (contains(text, kHandshakeTimedOut)) return kSilentInHandshake;
  if (contains(text, "timed out before receiving SETTINGS frame")) return kSilent;
  if (contains(text, kHandshakeFailed)) return kHungUpInHandshake;
  if (contains(text, "Failed parsing HTTP/2")) return kNoGrpc;
  if (contains(text, "an http1.x server")) return kOldServer;
  if (contains(text, "DNS resolution failed")) return kUnknownHost;
  const bool hung_up = contains(text, "Socket closed") || contains(text, "reset by peer");
  return contains(text, kCannotConnect) && hung_up ? kHungUp : "";
}

constexpr std::string_view kAppendTooLarge = "maximum-append-size-exceeded";
constexpr std::string_view kAppendEventTooLarge = "maximum-append-event-size-exceeded";  // from 24.10 on

std::optional<SizeLimit> limit_of(const CallStatus& status) {
  const bool is_of_event = status.exception == kAppendEventTooLarge;
  if (!is_of_event && status.exception != kAppendTooLarge) return std::nullopt;
  const std::string& text = is_of_event ? status.append_event_limit : status.append_limit;
  std::size_t bytes = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), bytes);
  if (error != std::errc() || stop != text.data() + text.size() || bytes == 0) return std::nullopt;
  return SizeLimit{bytes, is_of_event ? SizeLimit::Of::kEvent : SizeLimit::Of::kAppend};
}

ErrorKind kind_of_exception(const CallStatus& status, ErrorKind otherwise) {
  const std::string_view exception = status.exception;
  if (exception == "stream-deleted") return ErrorKind::kStreamDeleted;
  if (exception == kAppendTooLarge || exception == kAppendEventTooLarge) return ErrorKind::kTooLarge;
  if (exception == "access-denied") return ErrorKind::kAccessDenied;
  if (exception == "not-leader") return ErrorKind::kNotReady;
  if (exception == "persistent-subscription-does-not-exist" || exception == "stream-not-found") {
    return ErrorKind::kNotFound;
  }
  if (exception == "persistent-subscription-failed" || exception == "persistent-subscription-exists" ||
      exception == "missing-required-metadata-property" || exception == "invalid-transaction" ||
      exception == "wrong-expected-version") {
    return ErrorKind::kInvalid;
  }
  if (exception == "maximum-subscribers-reached" || exception == "persistent-subscription-dropped") {
    return ErrorKind::kNotReady;
  }
  return otherwise;
}

ErrorKind kind_of_code(const CallStatus& status) {
  switch (status.code) {
    case kInvalidArgument:
    case kOutOfRange:
    case kAlreadyExists:
    case kFailedPrecondition:
      return ErrorKind::kInvalid;
    case kDeadlineExceeded:
      return ErrorKind::kTimeout;
    case kAborted:  // how the server tells that its own write timed out
      return ErrorKind::kTimeout;
    case kStatusNotFound:
      return ErrorKind::kNotFound;
    case kPermissionDenied:
      return ErrorKind::kAccessDenied;
    case kUnauthenticated:  // also what gRPC makes of HTTP status 401, the answer of 21.2.0
      return ErrorKind::kNotAuthenticated;
    case kUnimplemented:
      return ErrorKind::kUnsupported;
    case kResourceExhausted:
      // A message beyond a side's limit, or else a transport that asks to be left alone for a while.
      return contains(status.message, "larger than max") || contains(status.message, "exceeds the maximum")
                 ? ErrorKind::kTooLarge
                 : ErrorKind::kUnavailable;
    default:
      if (is_certificate_refused(status)) return ErrorKind::kNotAuthenticated;
      return is_not_leader(status) || contains(status.message, kTooBusyText) ? ErrorKind::kNotReady
                                                                             : ErrorKind::kUnavailable;
  }
}

}  // namespace

bool CallStatus::is_http_500() const {
  return code == kUnknown && exception.empty() && message.ends_with("http2 header with status: 500");
}

StoreError to_store_error(const CallStatus& status, std::string_view what) {
  StoreError error;
  error.kind = status.exception.empty() ? kind_of_code(status) : kind_of_exception(status, kind_of_code(status));
  const std::string code = " (status " + std::to_string(status.code) +
                           (status.exception.empty() ? "" : ", " + excerpt(status.exception)) + ")";
  // The reason for which there is no connection has been told with its own.
  const bool has_code = status.message.ends_with(code);
  const std::string_view hint = has_code || contains(status.message, " (status ") ? "" : advice(status);
  error.message = excerpt(what) + ": " + (hint.empty() ? "" : std::string(hint) + ": ") +
                  (status.message.empty() ? "no text" : excerpt(status.message)) + (has_code ? "" : code);
  error.limit = limit_of(status);
  return error;
}

std::string with_handshake_timeout(std::string message) {
  if (const auto at = message.find(kHandshakeFailed); at != std::string::npos) {
    message.replace(at, kHandshakeFailed.size(), kHandshakeTimedOut);
  }
  return message;
}

int weight_of(const StoreError& error) {
  if (is_refusal(error.kind)) return 3;
  for (const std::string_view advice :
       {kTrustOtherAuthority, kConnectByOtherName, kNoTls, kHungUpInHandshake, kNoGrpc, kOldServer, kHungUp,
        kUnknownHost, kSilent, kSilentInHandshake, kWantsCertificate, kNoHttp2}) {
    if (contains(error.message, advice)) return 2;
  }
  return error.kind == ErrorKind::kUnavailable || error.kind == ErrorKind::kTimeout ? 0 : 1;
}

StoreError to_append_error(const CallStatus& status, std::string_view what) {
  StoreError error = to_store_error(status, what);
  if (status.code == kUnknown && status.exception.empty() && status.message.starts_with(kHandlerThrewText)) {
    error.kind = ErrorKind::kInvalid;
  }
  return error;
}

DropReason to_drop_reason(const CallStatus& status) {
  if (status.exception == "persistent-subscription-dropped") return DropReason::kGroupChanged;
  if (is_group_missing(status)) return DropReason::kNotFound;
  if (status.exception == "maximum-subscribers-reached") return DropReason::kTooManySubscribers;
  if (status.ok()) return DropReason::kServer;
  switch (to_store_error(status, "").kind) {
    case ErrorKind::kAccessDenied:
      return DropReason::kAccessDenied;
    case ErrorKind::kNotAuthenticated:
      return DropReason::kNotAuthenticated;
    case ErrorKind::kTimeout:
      return DropReason::kConnectionLost;
    case ErrorKind::kUnavailable:
      return status.code == kUnknown ? DropReason::kServer : DropReason::kConnectionLost;
    default:
      return DropReason::kServer;
  }
}

std::optional<Endpoint> named_leader(const CallStatus& status) {
  if (status.exception != "not-leader" || status.leader_host.empty()) return std::nullopt;
  Endpoint leader{status.leader_host, 0};
  const char* end = status.leader_port.data() + status.leader_port.size();
  const auto [parsed, error] = std::from_chars(status.leader_port.data(), end, leader.port);
  if (error != std::errc() || parsed != end || leader.port == 0) return std::nullopt;
  return leader;
}

bool is_not_leader(const CallStatus& status) {
  if (status.exception == "not-leader") return true;
  if (status.code == kStatusUnavailable) return contains(status.message, kNotReadyText);
  return status.code == kUnknown && status.exception.empty() &&
         (contains(status.message, kNoLeaderText) || contains(status.message, kNotHandledText));
}

bool is_connection_loss(const CallStatus& status) {
  if (!status.exception.empty() || is_not_leader(status)) return false;
  return status.code == kCancelled || (status.code == kStatusUnavailable && !contains(status.message, kTooBusyText)) ||
         status.code == kInternal;
}

bool is_group_exists(const CallStatus& status) { return status.code == kAlreadyExists; }

bool is_group_missing(const CallStatus& status) {
  if (status.exception == "not-leader") return false;  // comes as NOT_FOUND too
  return status.code == kStatusNotFound ||
         (status.code == kUnknown && contains(status.message, "UpdatePersistentSubscriptionResult: DoesNotExist"));
}

std::string basic_authorization(const Credentials& credentials) {
  static constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const std::string plain = credentials.username + ":" + credentials.password;
  std::string value = "Basic ";
  for (std::size_t i = 0; i < plain.size(); i += 3) {
    std::uint32_t bits = 0;
    for (std::size_t j = i; j < i + 3; ++j)
      bits = bits << 8 | (j < plain.size() ? static_cast<std::uint8_t>(plain[j]) : 0);
    for (std::size_t j = 0; j < 4; ++j) {
      value.push_back(i + j <= plain.size() ? kDigits[bits >> (18 - 6 * j) & 0x3f] : '=');
    }
  }
  return value;
}

}  // namespace interconnect::next
