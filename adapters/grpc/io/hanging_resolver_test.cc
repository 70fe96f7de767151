#include <dlfcn.h>
#include <gtest/gtest.h>
#include <netdb.h>

#include <atomic>

#include "adapters/grpc/grpc_store.h"
#include "adapters/grpc/io/io_test_support.h"
#include "adapters/grpc/io/scripted_server.h"

namespace {

std::atomic<bool> names_hang = false;
std::atomic<int> asked = 0;

}  // namespace

// Stands before the C library's: a name server that does not answer, for as long as the test wants.
extern "C" int getaddrinfo(const char* node, const char* service, const addrinfo* hints, addrinfo** result) {
  static const auto real = reinterpret_cast<decltype(&getaddrinfo)>(dlsym(RTLD_NEXT, "getaddrinfo"));
  // gRPC asks with AI_PASSIVE where it asks here at all.
  if (names_hang && hints != nullptr && (hints->ai_flags & AI_PASSIVE) == 0) {
    ++asked;
    names_hang.wait(true);
  }
  return real(node, service, hints, result);
}

namespace interconnect::next {
namespace {

class HangingNames {
 public:
  HangingNames() { names_hang = true; }
  HangingNames(const HangingNames&) = delete;
  ~HangingNames() {
    names_hang = false;
    names_hang.notify_all();
  }
};

TEST(HangingResolverTest, AStopDoesNotWaitForANameThatIsBeingResolved) {
  ScriptedServer server({});
  boost::asio::io_context io;
  SinkRecorder recorder;
  auto sink = make_grpc_sink(io, settings_for(server.port()));
  {
    const HangingNames hanging;
    sink->start(recorder);
    ASSERT_TRUE(run_until(io, [] { return asked > 0; }));
    stop_and_wait(io, *sink);
    sink.reset();
  }
  // What comes of it reaches nobody any more.
  io.restart();
  io.run();
}

}  // namespace
}  // namespace interconnect::next
