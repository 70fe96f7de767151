// To whom the copy is shown over HTTP.

#include "app/configuration/configuration_test_base.h"
#include "gmock/gmock.h"

namespace interconnect {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class HttpSettingsTest : public ConfigurationTest {
 protected:
  static std::string file_with(const std::string& http) { return std::string(kSmallFile) + "http: {" + http + "}\n"; }
  // The name of a file beside the configuration file.
  std::string beside(const std::string& name, const std::string& text) {
    const std::string path = write(name, text);
    return path.substr(path.rfind('/') + 1);
  }
};

TEST_F(HttpSettingsTest, SecretsComeFromFilesBesideIt) {
  const std::string login = beside("login", "ops:pass word:1\n");
  const std::string token = beside("token", "t0ken\r\n");
  const Settings settings = read(file_with("port: 1, credentialsFile: " + login + ", tokenFile: " + token));
  EXPECT_EQ(settings.monitoring.http_access, (HttpAccess{Credentials{"ops", "pass word:1"}, "t0ken"}));
  for (const EffectiveSetting& setting : settings.effective) {
    EXPECT_THAT(setting.value, AllOf(Not(HasSubstr("pass word")), Not(HasSubstr("t0ken")))) << setting.name;
  }
  EXPECT_TRUE(read(file_with("port: 1")).monitoring.http_access.is_open());
}

TEST_F(HttpSettingsTest, RefusesFilesWithoutASecretAndShowsNone) {
  const auto with = [this](const std::string& key, const std::string& text) {
    return refused(file_with("port: 1, " + key + ": " + beside("secret", text)));
  };
  EXPECT_THAT(
      refused(file_with("port: 1, tokenFile: nowhere")),
      ElementsAre(AllOf(HasSubstr("config.yaml:3:"), HasSubstr("tokenFile: the file 'nowhere' cannot be read"))));
  EXPECT_THAT(with("tokenFile", "\n"), ElementsAre(HasSubstr("put the token into it")));
  EXPECT_THAT(with("tokenFile", "hush\nhush"), ElementsAre(AllOf(HasSubstr("one line"), Not(HasSubstr("hush")))));
  EXPECT_THAT(with("tokenFile", "hush hush"), ElementsAre(AllOf(HasSubstr("no spaces"), Not(HasSubstr("hush")))));
  for (const char* text : {"hush", ":hush", "hush:", "hush:hush\nhush:hush"}) {
    EXPECT_THAT(with("credentialsFile", text), ElementsAre(AllOf(HasSubstr("USER:PASSWORD"), Not(HasSubstr("hush")))));
  }
}

TEST_F(HttpSettingsTest, WarnsOfAPageThatEveryoneCanSee) {
  const auto warnings = [this](const std::string& http) { return read(file_with(http)).warnings; };
  for (const char* address : {"127.0.0.1", "127.1.2.3", "'::1'", "localhost"}) {
    EXPECT_THAT(warnings("port: 1, address: " + std::string(address)), IsEmpty()) << address;
  }
  for (const char* address : {"0.0.0.0", "'::'", "10.0.0.1", "example.org"}) {
    EXPECT_THAT(warnings("port: 1, address: " + std::string(address)),
                ElementsAre(AllOf(HasSubstr("config.yaml:3:"), HasSubstr("give http.credentialsFile"))))
        << address;
  }
  EXPECT_THAT(warnings("port: 1, address: 0.0.0.0, tokenFile: " + beside("token", "t")), IsEmpty());
}

// Who asks a copy that runs needs to know no store, and no more of the file than where to ask.
TEST_F(HttpSettingsTest, AreReadWithoutAllElse) {
  environment.variables.clear();
  const std::string login = beside("login", "ops:pass\n");
  const std::string path =
      write("config.yaml", "nonsense: 1\nsubscriptions: []\nhttp: {port: 9, credentialsFile: " + login + "}\n");
  const auto read = read_http_settings(environment, path);
  ASSERT_TRUE(std::holds_alternative<MonitoringSettings>(read));
  EXPECT_EQ(std::get<MonitoringSettings>(read).http, (Endpoint{"127.0.0.1", 9}));
  EXPECT_EQ(std::get<MonitoringSettings>(read).http_access.credentials, (Credentials{"ops", "pass"}));
  environment.variables["EVENTSTORE_INTERCO_CONFIG"] = path;
  EXPECT_TRUE(std::holds_alternative<MonitoringSettings>(read_http_settings(environment, std::nullopt)));
  const auto wrong = read_http_settings(environment, write("wrong.yaml", "http: {port: x}\n"));
  EXPECT_THAT(std::get<ConfigurationErrors>(wrong).problems, ElementsAre(HasSubstr("port: must be a whole number")));
}

TEST_F(HttpSettingsTest, AFileThatIsNotThereIsNamedAndHowToMakeOne) {
  const auto none = read_http_settings(environment, testing::TempDir() + "/none.yaml");
  EXPECT_THAT(std::get<ConfigurationErrors>(none).problems,
              ElementsAre(AllOf(HasSubstr("/none.yaml: there is no such"), HasSubstr("interconnect init"))));
}

}  // namespace
}  // namespace interconnect
