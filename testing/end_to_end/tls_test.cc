// Over TLS, with a certificate authority of the test's own.

#include <csignal>
#include <memory>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

#include "testing/end_to_end/fixture.h"

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
  explicit TlsTest(const std::string& certificate = "right")
      : EndToEndTest({"--tls-cert=" + in_folder(certificate + ".pem"), "--tls-key=" + in_folder(certificate + ".key"),
                      std::string("--user=admin:") + Store::kPassword}) {}

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
  EXPECT_NE(copier->last_line().find("connect by a name that is in it"), std::string::npos) << copier->last_line();
  EXPECT_EQ(destination_count(), 0);
}

INSTANTIATE_TEST_SUITE_P(Directions, TlsHostTest, ::testing::ValuesIn(kDirections), name_of);

}  // namespace
}  // namespace interconnect::testing
