#include "testing/contracts/fake_under_test.h"

#include <utility>

#include "testing/fakes/fake_event_sink.h"
#include "testing/fakes/fake_event_source.h"

namespace interconnect::testing {
namespace {

class FakeUnderTest final : public StoreUnderTest {
 public:
  std::unique_ptr<EventSource> make_source(std::vector<Subscription> subscriptions) override {
    return std::make_unique<FakeEventSource>(store_, std::move(subscriptions));
  }
  std::unique_ptr<EventSink> make_sink() override { return std::make_unique<FakeEventSink>(store_); }

  bool run_until(const std::function<bool()>& done) override { return loop_.run_until(done); }

  void use_password(std::string) override {}
  std::size_t too_many_bytes() const override { return 17 << 20; }
  bool checks_passwords() const override { return false; }

  void stop_server() override { store_.stop(); }
  void cut_connections() override { store_.cut_connections(); }
  void delay_answers(std::chrono::milliseconds delay) override { store_.delay_answers(delay); }
  void delete_stream(const std::string& stream, bool tombstone) override { store_.delete_stream(stream, tombstone); }
  void delete_group(const std::string& stream, const std::string& group) override {
    store_.delete_group(stream, group);
  }

 private:
  FakeEventLoop loop_;
  FakeEventStore store_{loop_};
};

}  // namespace

std::unique_ptr<StoreUnderTest> make_fake_under_test() { return std::make_unique<FakeUnderTest>(); }

}  // namespace interconnect::testing
