#include "adapters/http_status/connections.h"

#include <algorithm>
#include <utility>

namespace interconnect {
namespace {

// For the slow: what waits for them in the kernel is bounded.
constexpr int kSendBuffer = 128 * 1024;

}  // namespace

void Connections::add(Connection& connection) {
  if (all_.size() >= kMost) {
    const auto least = std::min_element(all_.begin(), all_.end(), [](const Connection* a, const Connection* b) {
      return a->use_ != b->use_ ? a->use_ < b->use_ : a->active_at_ < b->active_at_;
    });
    (*least)->stream_.close();  // what it waits for fails, and it goes
    all_.erase(least);
  }
  all_.push_back(&connection);
}

void Connections::remove(Connection& connection) { std::erase(all_, &connection); }

Connection::Connection(Connections& connections, boost::asio::ip::tcp::socket socket)
    : connections_(connections), stream_(std::move(socket)) {
  boost::system::error_code ignored;
  stream_.socket().set_option(boost::asio::socket_base::send_buffer_size(kSendBuffer), ignored);
  connections_.add(*this);
}

Connection::~Connection() { connections_.remove(*this); }

void Connection::is_active_as(Use use) {
  use_ = use;
  active_at_ = std::chrono::steady_clock::now();
}

}  // namespace interconnect
