// Over TLS, with a certificate authority of the test's own.

#include <csignal>
#include <memory>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

#include "testing/end_to_end/fixture.h"
#include "testing/process/closed_port.h"

namespace interconnect::testing {
namespace {

constexpr Direction kDirections[] = {{Generation::kLegacy, Generation::kLegacy},
                                     {Generation::kNext, Generation::kNext}};

std::string in_folder(const std::string& name) { return ::testing::TempDir() + "/" + name; }

void run_openssl(const std::vector<std::string>& arguments) {
  ChildProcess openssl({"/usr/bin/openssl", arguments, {}});
  if (openssl.wait(kPatience) != ExitStatus{0, 0}) throw std::runtime_error("openssl: " + openssl.output());
}

// NAME.pem and NAME.key: self-signed, of the host of that name or address.
void make_certificate(const std::string& name, const std::string& host) {
  run_openssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
               "/CN=" + name, "-addext", "subjectAltName=" + host, "-keyout", in_folder(name + ".key"), "-out",
               in_folder(name + ".pem")});
}

class TlsTest : public EndToEndTest {
 protected:
  // Without a certificate, without TLS.
  explicit TlsTest(const std::string& certificate = "right", const std::vector<std::string>& more = {})
      : EndToEndTest(arguments(certificate, more)) {}

  static std::vector<std::string> arguments(const std::string& certificate, const std::vector<std::string>& more) {
    std::vector<std::string> all{std::string("--user=admin:") + Store::kPassword};
    if (!certificate.empty()) {
      all.push_back("--tls-cert=" + in_folder(certificate + ".pem"));
      all.push_back("--tls-key=" + in_folder(certificate + ".key"));
    }
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  static void SetUpTestSuite() {
    make_certificate("right", "IP:127.0.0.1");
    make_certificate("unknown", "IP:127.0.0.1");
    make_certificate("elsewhere", "DNS:elsewhere.test");
  }

  // Trusting the certificate `ca` on both sides.
  std::unique_ptr<Copier> start_trusting(const std::string& ca, const Variables& more = {}) const {
    Variables variables = more;
    std::string sides;
    for (const auto& [side, name, store] :
         {std::tuple("SRC", "source", &source), std::tuple("DST", "destination", &destination)}) {
      if (store->generation() == Generation::kLegacy) {
        variables.emplace(std::string("EVENTSTORE_INTERCO_HTTP_ENDPOINT_") + side, "https://127.0.0.1");
        sides += std::string(name) + ": {tls: {caFile: " + in_folder(ca + ".pem") + "}}\n";
      } else {
        variables.emplace(
            std::string("EVENTSTORE_INTERCO_CONNECTION_STRING_") + side,
            "esdb://127.0.0.1:" + std::to_string(store->http_port()) + "?tlsCaFile=" + in_folder(ca + ".pem"));
      }
    }
    variables.emplace(kWriterTimeout, "2000");
    return start(configuration(sides), variables);
  }
};

TEST_P(TlsTest, CopiesAsWithout) {
  source.load("hero-", 10, 500);
  const auto copier = start_trusting("right");
  ASSERT_TRUE(eventually([&] { return is_all_acknowledged(); }));
  expect_copied();
  copier->signal(SIGTERM);
  EXPECT_EQ(copier->exit_code(), 0);
}

TEST_P(TlsTest, AWrongPasswordIsRefused) {
  // 21.2.0 takes the second, over gRPC, for no credentials at all.
  for (const std::string password : {"wrong-1234", "wrong:1234"}) {
    for (const char* side : {"SRC", "DST"}) {
      source.load("hero-", 1, 1);
      const auto copier =
          start_trusting("right", {{std::string("EVENTSTORE_INTERCO_CREDENTIALS_PASSWORD_") + side, password}});
      EXPECT_EQ(copier->exit_code(), 3) << side;
      EXPECT_NE(copier->last_line().find("'admin'"), std::string::npos) << copier->last_line();
      EXPECT_EQ(copier->last_line().find("'admin'"), copier->last_line().rfind("'admin'")) << copier->last_line();
      EXPECT_EQ(copier->output().find(password), std::string::npos);
    }
  }
  EXPECT_EQ(destination_count(), 0);
}

TEST_P(TlsTest, ACertificateOfAnUnknownAuthorityIsRefused) {
  source.load("hero-", 1, 1);
  const auto copier = start_trusting("unknown");
  EXPECT_EQ(copier->exit_code(), 3);
  EXPECT_NE(copier->last_line().find("aFile"), std::string::npos) << copier->last_line();
  EXPECT_EQ(destination_count(), 0);
}

INSTANTIATE_TEST_SUITE_P(Directions, TlsTest, ::testing::ValuesIn(kDirections), name_of);

class TlsHostTest : public TlsTest {
 protected:
  TlsHostTest() : TlsTest("elsewhere") {}
};

TEST_P(TlsHostTest, ACertificateOfAnotherHostIsRefused) {
  source.load("hero-", 1, 1);
  const auto copier = start_trusting("elsewhere");
  EXPECT_EQ(copier->exit_code(), 3);
  for (const char* part : {"connect by a name that is in it", "'elsewhere.test'", "'127.0.0.1'"}) {
    EXPECT_NE(copier->last_line().find(part), std::string::npos) << copier->last_line();
  }
  EXPECT_EQ(destination_count(), 0);
}

INSTANTIATE_TEST_SUITE_P(Directions, TlsHostTest, ::testing::ValuesIn(kDirections), name_of);

// Each store is one of two hosts that are given; at the other, which comes first, is nobody. That does not hide what is
// the matter with the store itself, neither in the run's last line nor in the check.
class HostsTest : public TlsTest {
 protected:
  explicit HostsTest(const std::string& certificate = "right")
      : TlsTest(certificate, certificate.empty() ? std::vector<std::string>{} : std::vector<std::string>{"--https"}) {
    for (Store* store : {&source, &destination}) {
      if (store->generation() == Generation::kNext) continue;  // it tells its own gossip
      store->misbehave(R"({"gossip":[{"state":"Leader","isAlive":true,"tcpPort":)" + std::to_string(store->tcp_port()) +
                       R"(,"httpPort":)" + std::to_string(store->http_port()) + "}]}");
    }
  }

  Variables hosts(const std::string& options, const std::string& scheme = "https://",
                  const std::string& other = "127.0.0.1") const {
    Variables variables{{kWriterTimeout, "2000"}};
    for (const auto& [side, store] : {std::pair("SRC", &source), std::pair("DST", &destination)}) {
      const std::string closed = other + ":" + std::to_string(closed_.port()) + ",";
      const std::string own = "127.0.0.1:" + std::to_string(store->http_port());
      if (store->generation() == Generation::kLegacy) {
        variables[std::string("EVENTSTORE_INTERCO_HTTP_ENDPOINT_") + side] = scheme + closed + scheme + own;
        variables[std::string("EVENTSTORE_INTERCO_HTTP_PORT_") + side] = "";
      } else {
        variables[std::string("EVENTSTORE_INTERCO_CONNECTION_STRING_") + side] =
            "esdb+discover://" + closed + own + "?" + options;
      }
    }
    return variables;
  }

  static std::string trusting(const std::string& ca) {
    if (GetParam().from == Generation::kNext) return configuration();
    const std::string tls = ": {tls: {caFile: " + in_folder(ca + ".pem") + "}}\n";
    return configuration("source" + tls + "destination" + tls);
  }

  // Of the run and of the check.
  void expect_end(int code, const std::string& configuration, const Variables& variables,
                  const std::vector<std::string>& parts) {
    const auto copier = start(configuration, variables);
    EXPECT_EQ(copier->exit_code(), code) << copier->output();
    const auto check = start(configuration, variables, Copier::kProgram, {"check"});
    EXPECT_EQ(check->exit_code(), code) << check->output();
    for (const std::string& part : parts) {
      EXPECT_NE(copier->last_line().find(part), std::string::npos) << "no '" << part << "': " << copier->last_line();
      EXPECT_NE(check->output().find(part), std::string::npos) << "no '" << part << "': " << check->output();
    }
  }

  std::string own_host() const { return "127.0.0.1:" + std::to_string(source.http_port()); }

  ClosedPort closed_;
};

TEST_P(HostsTest, TheOneThatServesIsFound) {
  source.load("hero-", 3, 30);
  const auto copier = start(trusting("right"), hosts("tlsCaFile=" + in_folder("right.pem")));
  ASSERT_TRUE(eventually([&] { return is_all_acknowledged(); })) << copier->output();
  expect_copied();
}

TEST_P(HostsTest, AnUnknownAuthorityIsTold) {
  expect_end(3, trusting("unknown"), hosts("tlsCaFile=" + in_folder("unknown.pem")), {own_host(), "aFile"});
}

TEST_P(HostsTest, AWrongPasswordIsTold) {
  Variables variables = hosts("tlsCaFile=" + in_folder("right.pem"));
  variables["EVENTSTORE_INTERCO_CREDENTIALS_PASSWORD_SRC"] = "wrong-1234";
  expect_end(3, trusting("right"), variables, {"'admin'"});
}

TEST_P(HostsTest, PlainTextAtATlsPortIsTold) {
  expect_end(1, configuration(), hosts("tls=false", "http://"), {own_host()});
}

TEST_P(HostsTest, AHostThatIsNotKnownIsTold) {
  source.kill();
  destination.kill();
  expect_end(1, trusting("right"), hosts("tlsCaFile=" + in_folder("right.pem"), "https://", "nobody.invalid"),
             {"nobody.invalid", "host", own_host(), "efused"});
}

INSTANTIATE_TEST_SUITE_P(Directions, HostsTest, ::testing::ValuesIn(kDirections), name_of);

class HostsOfAnotherNameTest : public HostsTest {
 protected:
  HostsOfAnotherNameTest() : HostsTest("elsewhere") {}
};

TEST_P(HostsOfAnotherNameTest, BothNamesAreTold) {
  expect_end(3, trusting("elsewhere"), hosts("tlsCaFile=" + in_folder("elsewhere.pem")),
             {own_host(), "'elsewhere.test'", "'127.0.0.1'"});
}

INSTANTIATE_TEST_SUITE_P(Directions, HostsOfAnotherNameTest, ::testing::ValuesIn(kDirections), name_of);

class HostsWithoutTlsTest : public HostsTest {
 protected:
  HostsWithoutTlsTest() : HostsTest("") {}
};

TEST_P(HostsWithoutTlsTest, TlsAtAPlainPortIsTold) {
  expect_end(1, trusting("right"), hosts("tlsCaFile=" + in_folder("right.pem")), {own_host(), "TLS"});
}

INSTANTIATE_TEST_SUITE_P(Directions, HostsWithoutTlsTest, ::testing::ValuesIn(kDirections), name_of);

}  // namespace
}  // namespace interconnect::testing
