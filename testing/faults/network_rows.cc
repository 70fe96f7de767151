#include "testing/faults/row.h"

namespace interconnect::testing {
namespace {

using std::chrono::milliseconds;
using Fault = std::function<void(Scene&, Lines&)>;

// The fault at each store's line so many times, at random instants.
std::function<void(Scene&)> at_each_line(int times, Fault fault) {
  return [times, fault = std::move(fault)](Scene& scene) {
    const auto shares = scene.random_shares(2 * times);
    for (std::size_t i = 0; i < shares.size(); ++i) {
      scene.until_copied(shares[i]);
      fault(scene, i % 2 == 0 ? scene.destination_line() : scene.source_line());
    }
  };
}

Fault stalled(Toward direction) {
  return [direction](Scene& scene, Lines& lines) {
    lines.each([&](Proxy& proxy) { proxy.stall(direction, true); });
    scene.pass(milliseconds(1'500));
    lines.each([&](Proxy& proxy) { proxy.stall(direction, false); });
  };
}

// What the server did then, nobody was told.
Fault swallowed(Toward direction) {
  return [direction](Scene& scene, Lines& lines) {
    lines.each([&](Proxy& proxy) { proxy.swallow(direction); });
    scene.pass(scene.random_time(20, 300));
    lines.each([](Proxy& proxy) { proxy.cut(); });
  };
}

Fault half_closed(Toward direction) {
  return [direction](Scene&, Lines& lines) { lines.each([&](Proxy& proxy) { proxy.half_close(direction); }); };
}

void cut(Scene&, Lines& lines) {
  lines.each([](Proxy& proxy) { proxy.cut(); });
}

Fault cut_within(Toward direction) {
  return [direction](Scene&, Lines& lines) { lines.each([&](Proxy& proxy) { proxy.cut_within(direction, 100); }); };
}

void refuse(Scene& scene, Lines& lines) {
  lines.each([](Proxy& proxy) {
    proxy.refuse(true);
    proxy.cut();
  });
  scene.pass(milliseconds(700));
  lines.each([](Proxy& proxy) { proxy.refuse(false); });
}

void delayed(Scene& scene) {
  for (Lines* lines : {&scene.source_line(), &scene.destination_line()}) {
    lines->each([](Proxy& proxy) { proxy.delay(milliseconds(20)); });
  }
}

void trickled(Scene& scene, Lines& lines) {
  lines.each([](Proxy& proxy) { proxy.trickle(true); });
  scene.pass(milliseconds(1'000));
  lines.each([](Proxy& proxy) { proxy.trickle(false); });
}

}  // namespace

std::vector<Row> network_rows() {
  const Setup through_proxies{.has_proxies = true};
  return {
      {"delay", "every piece of the lines delayed by 20 ms", through_proxies, delayed},
      {"cut", "a line cut, 10 times", through_proxies, at_each_line(5, cut)},
      {"cut_in_append", "a line cut in the middle of a message to the server, 10 times", through_proxies,
       at_each_line(5, cut_within(Toward::kServer))},
      {"cut_in_answer", "a line cut in the middle of a message from the server, 10 times", through_proxies,
       at_each_line(5, cut_within(Toward::kClient))},
      {"half_close", "a line half closed by the server, 4 times", through_proxies,
       at_each_line(2, half_closed(Toward::kClient))},
      {"half_close_by_client", "a line half closed toward the server, 4 times", through_proxies,
       at_each_line(2, half_closed(Toward::kServer))},
      {"stall_to_server", "a line that stalls toward the server for 1.5 s, 2 times", through_proxies,
       at_each_line(1, stalled(Toward::kServer))},
      {"stall_to_client", "a line that stalls toward the copier for 1.5 s, 2 times", through_proxies,
       at_each_line(1, stalled(Toward::kClient))},
      {"answers_lost", "answers lost, then the line cut, 6 times", through_proxies,
       at_each_line(3, swallowed(Toward::kClient))},
      {"requests_lost", "requests lost, then the line cut, 6 times", through_proxies,
       at_each_line(3, swallowed(Toward::kServer))},
      {"unreachable", "a store that cannot be reached for 0.7 s, 2 times", through_proxies, at_each_line(1, refuse)},
      {"trickle", "a line that carries one byte a segment for 1 s, 2 times", through_proxies,
       at_each_line(1, trickled)},
  };
}

}  // namespace interconnect::testing
