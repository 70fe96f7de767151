// What others do on the copier's own HTTP port.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <string>
#include <thread>

#include "testing/faults/row.h"

namespace interconnect::testing {
namespace {

int connect_to(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  (void)connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address);
  return fd;
}

// Connections without end. Some ask for much and take nothing of it, some send garbage, some send nothing; up to so
// many stay open at once.
void flood(int port, const std::atomic<bool>& is_over) {
  constexpr std::size_t kOpen = 300;
  const std::string sent[] = {"GET /status HTTP/1.1\r\nHost: a\r\n\r\n",
                              "GET /status/feed HTTP/1.1\r\nHost: a\r\n\r\n",
                              "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n",
                              std::string(700, '\x16'),
                              "POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n",
                              ""};
  std::deque<int> open;
  for (std::size_t i = 0; !is_over; ++i) {
    const int fd = connect_to(port);
    std::this_thread::yield();
    const std::string& bytes = sent[i % std::size(sent)];
    (void)send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    open.push_back(fd);
    if (open.size() < kOpen) continue;
    close(open.front());
    open.pop_front();
  }
  for (const int fd : open) close(fd);
}

void flood_the_page(Scene& scene) {
  const std::string mark = "status page: http://127.0.0.1:";
  scene.copier().await(mark);
  const std::string output = scene.output();
  const int port = std::atoi(output.c_str() + output.find(mark) + mark.size());
  std::atomic<bool> is_over = false;
  std::thread flooder(flood, port, std::cref(is_over));
  try {
    scene.until_copied(0.9);
  } catch (...) {
    is_over = true;
    flooder.join();
    throw;
  }
  is_over = true;
  flooder.join();
}

}  // namespace

std::vector<Row> http_rows() {
  return {{"http_flood",
           "a flood of connections and garbage on the copier's HTTP port, and clients that take nothing",
           {.configuration = "http: {port: 0}\n"},
           flood_the_page,
           Row::Where::kEverywhere,
           /*may_end=*/false}};
}

}  // namespace interconnect::testing
