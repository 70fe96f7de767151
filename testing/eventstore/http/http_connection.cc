#include "testing/eventstore/http/http_connection.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <ctime>

namespace interconnect::eventstore {
namespace {

constexpr std::size_t kMaxRequest = 128 * 1024 * 1024;

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

std::string trim(const std::string& text) {
  const std::size_t from = text.find_first_not_of(" \t");
  return from == std::string::npos ? "" : text.substr(from, text.find_last_not_of(" \t") - from + 1);
}

std::string reason_of(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 204:
      return "No Content";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 409:
      return "Conflict";
    case 503:
      return "Service Unavailable";
    default:
      return "Internal Server Error";
  }
}

// The bytes of a chunked body at `at`: 1 with the end in `*end`, 0 if more must come, -1 if it is none.
int dechunk(const std::string& in, std::size_t at, std::string* body, std::size_t* end) {
  for (;;) {
    const std::size_t line = in.find("\r\n", at);
    if (line == std::string::npos) return 0;
    char* stop = nullptr;
    const unsigned long size = std::strtoul(in.c_str() + at, &stop, 16);
    if (stop == in.c_str() + at || size > kMaxRequest) return -1;
    at = line + 2;
    if (in.size() < at + size + 2) return 0;
    if (size == 0) {
      *end = at + 2;
      return 1;
    }
    body->append(in, at, size);
    at += size + 2;
  }
}

}  // namespace

std::vector<std::string> cut_at_slashes(const std::string& path) {
  std::vector<std::string> parts;
  for (std::size_t from = 0; from < path.size();) {
    const std::size_t slash = std::min(path.find('/', from), path.size());
    if (slash > from) parts.push_back(path.substr(from, slash - from));
    from = slash + 1;
  }
  return parts;
}

std::string percent_decode(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && std::isxdigit(static_cast<unsigned char>(text[i + 1])) != 0 &&
        std::isxdigit(static_cast<unsigned char>(text[i + 2])) != 0) {
      out.push_back(static_cast<char>(std::strtol(text.substr(i + 1, 2).c_str(), nullptr, 16)));
      i += 2;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

std::string percent_encode(const std::string& text) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    if (std::isalnum(u) != 0 || std::string_view("-_.~:@!'()*").find(c) != std::string_view::npos) {
      out.push_back(c);
    } else {
      out += {'%', kDigits[u >> 4], kDigits[u & 15]};
    }
  }
  return out;
}

std::string base64_encode(const std::string& bytes) {
  static constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    unsigned value = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      value = value << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      out.push_back(i + k > bytes.size() ? '=' : kAlphabet[value >> (18 - 6 * k) & 63]);
    }
  }
  return out;
}

std::string base64_decode(const std::string& text) {
  std::string out;
  unsigned value = 0;
  int bits = 0;
  for (const char c : text) {
    int digit;
    if (c >= 'A' && c <= 'Z')
      digit = c - 'A';
    else if (c >= 'a' && c <= 'z')
      digit = c - 'a' + 26;
    else if (c >= '0' && c <= '9')
      digit = c - '0' + 52;
    else if (c == '+')
      digit = 62;
    else if (c == '/')
      digit = 63;
    else
      break;
    value = value << 6 | static_cast<unsigned>(digit);
    bits += 6;
    if (bits >= 8) out.push_back(static_cast<char>(value >> (bits -= 8)));
  }
  return out;
}

std::string HttpRequest::header(const std::string& name) const {
  auto it = headers.find(name);
  return it == headers.end() ? "" : it->second;
}

HttpConnection::HttpConnection(std::unique_ptr<ByteStream> stream, std::string server, HttpHandler handler,
                               std::string read_ahead)
    : stream_(std::move(stream)),
      server_(std::move(server)),
      handler_(std::move(handler)),
      in_(std::move(read_ahead)),
      chunk_(16 * 1024, '\0') {}

HttpConnection::~HttpConnection() {
  if (on_closed) on_closed();
}

void HttpConnection::next() {
  const int parsed = parse();
  if (parsed == 0) return read();
  if (parsed < 0) return respond({.status = 400, .close = true});
  handler_(request_, [self = shared_from_this()](HttpResponse response) { self->respond(std::move(response)); });
}

void HttpConnection::read() {
  stream_->read_some(chunk_.data(), chunk_.size(), [self = shared_from_this()](bool ok, std::size_t size) {
    if (!ok) return;
    self->in_.append(self->chunk_, 0, size);
    self->next();
  });
}

int HttpConnection::parse() {
  // As the servers do with the begin of TLS: 400, and the connection is closed.
  if (!in_.empty() && (in_[0] < 'A' || in_[0] > 'Z')) return -1;
  const std::size_t head_end = in_.find("\r\n\r\n");
  if (head_end == std::string::npos) return in_.size() > 64 * 1024 ? -1 : 0;
  HttpRequest request;
  std::size_t line_end = in_.find("\r\n");
  const std::string first = in_.substr(0, line_end);
  const std::size_t method_end = first.find(' ');
  const std::size_t target_end = first.rfind(' ');
  if (method_end == std::string::npos || target_end <= method_end) return -1;
  request.method = first.substr(0, method_end);
  request.target = first.substr(method_end + 1, target_end - method_end - 1);
  while (line_end < head_end) {
    const std::size_t from = line_end + 2;
    line_end = in_.find("\r\n", from);
    const std::size_t colon = in_.find(':', from);
    if (colon == std::string::npos || colon > line_end) return -1;
    request.headers[lower(in_.substr(from, colon - from))] = trim(in_.substr(colon + 1, line_end - colon - 1));
  }
  std::size_t end = head_end + 4;
  if (lower(request.header("transfer-encoding")) == "chunked") {
    const int done = dechunk(in_, end, &request.body, &end);
    if (done <= 0) return done;
  } else {
    const std::size_t length = std::strtoull(request.header("content-length").c_str(), nullptr, 10);
    if (length > kMaxRequest) return -1;
    if (in_.size() < end + length) return 0;
    request.body = in_.substr(end, length);
    end += length;
  }
  keep_alive_ = lower(request.header("connection")) != "close";
  in_.erase(0, end);

  const std::size_t mark = request.target.find('?');
  const std::string path = request.target.substr(0, mark);
  for (const std::string& part : cut_at_slashes(path)) request.path.push_back(percent_decode(part));
  if (mark != std::string::npos) {
    const std::string query = request.target.substr(mark + 1);
    for (std::size_t from = 0; from < query.size();) {
      const std::size_t amp = std::min(query.find('&', from), query.size());
      const std::string pair = query.substr(from, amp - from);
      const std::size_t equals = pair.find('=');
      request.query[percent_decode(pair.substr(0, equals))] =
          equals == std::string::npos ? "" : percent_decode(pair.substr(equals + 1));
      from = amp + 1;
    }
  }
  request_ = std::move(request);
  return 1;
}

void HttpConnection::respond(HttpResponse response) {
  char date[40];
  const std::time_t now = std::time(nullptr);
  std::tm parts;
  gmtime_r(&now, &parts);
  std::strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", &parts);
  const bool close = response.close || !keep_alive_;
  out_ = "HTTP/1.1 " + std::to_string(response.status) + " " +
         (response.reason.empty() ? reason_of(response.status) : response.reason) + "\r\n";
  for (const auto& [name, value] : response.headers) out_ += name + ": " + value + "\r\n";
  if (!response.content_type.empty()) out_ += "Content-Type: " + response.content_type + "\r\n";
  out_ += "Server: " + server_ + "\r\nDate: " + date + "\r\nContent-Length: " + std::to_string(response.body.size()) +
          "\r\n";
  out_ += close ? "Connection: close\r\n\r\n" : "\r\n";
  out_ += response.body;
  stream_->write(out_.data(), out_.size(), [self = shared_from_this(), close](bool ok) {
    if (!ok || close) {
      self->stream_->close();
    } else {
      self->next();
    }
  });
}

}  // namespace interconnect::eventstore
