// The commands of docs/moving-a-store.md move the writers from one store to another, and lose nothing on the way.

#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "testing/end_to_end/fixture.h"
#include "testing/process/reserved_port.h"

namespace interconnect::testing {
namespace {

// The shell's lines below that heading, a text for each block.
std::vector<std::string> commands_below(const std::string& heading) {
  std::ifstream page("docs/moving-a-store.md");
  std::vector<std::string> blocks;
  bool is_there = false;
  bool is_in_block = false;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("## ")) is_there = line == heading;
    if (!is_there) continue;
    if (line.starts_with("```")) {
      is_in_block = line == "```sh";
      if (is_in_block) blocks.emplace_back();
    } else if (is_in_block) {
      blocks.back() += line + "\n";
    }
  }
  return blocks;
}

class CutOverTest : public EndToEndTest {
 protected:
  CutOverTest() {
    folder_ = std::filesystem::absolute(::testing::TempDir() + "/cut_over").string();
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_ + "/bin");
    mkfifo((folder_ + "/go").c_str(), 0600);
    // The copy ends with the shell, however that ends.
    const std::string program = folder_ + "/bin/interconnect";
    std::ofstream(program) << "#!/bin/sh\nexec setpriv --pdeathsig KILL "
                           << std::filesystem::absolute(Copier::kProgram).string() << " \"$@\"\n";
    chmod(program.c_str(), 0755);
  }

  // As init writes them, but that the copy looks more often.
  void write_files() {
    std::vector<std::string> options{"init",       "--no-check", "--config",    folder_ + "/store.yaml",
                                     "--category", "hero",       "--http-port", std::to_string(page_.port())};
    Variables passwords;
    for (const auto& [option, store] :
         {std::pair<std::string, const Store&>("--source", source), {"--destination", destination}}) {
      const std::string address = "127.0.0.1:" + std::to_string(store.http_port());
      if (store.generation() == Generation::kNext) {
        options.insert(options.end(), {option, "esdb://" + address + "?tls=false"});
        continue;
      }
      options.insert(options.end(), {option, "http://" + address, option + "-user", "admin", option + "-tcp-port",
                                     std::to_string(store.tcp_port())});
      const std::string side = option == "--source" ? "SRC" : "DST";
      passwords["EVENTSTORE_INTERCO_CREDENTIALS_PASSWORD_" + side] = Store::kPassword;
    }
    ChildProcess init({Copier::kProgram, options, passwords});
    ASSERT_EQ(init.wait(kPatience), (ExitStatus{0, 0})) << init.output();
    std::ofstream(folder_ + "/store.yaml", std::ios::app) << "monitoring: {lagInterval: 100}\n";
  }

  void go_on() { std::ofstream(folder_ + "/go") << "on\n"; }

  ReservedPort page_;
  std::string folder_;
};

TEST_P(CutOverTest, TheCommandsOfThePageDoIt) {
  source.load("hero-", 3, 300);
  write_files();
  const std::vector<std::string> blocks = commands_below("## Cut-over, as commands");
  ASSERT_EQ(blocks.size(), 3u);
  std::string script = "set -e\ncd " + folder_ + "\nPATH=" + folder_ + "/bin:$PATH\n";
  for (const std::string& block : blocks) script += block + "echo '### done'\nread -r line <go\n";

  std::atomic<bool> is_written = true;
  std::thread writers([&] {
    for (int n = 1; is_written && n < 100'000; ++n) {
      source.append("hero-" + std::to_string(n % 5), {{event_id(n), "Changed", true, "{}", ""}});
    }
  });
  ChildProcess shell({"/bin/bash", {"-c", script}, {{"PATH", "/usr/sbin:/usr/bin:/sbin:/bin"}}});
  const auto waits_after = [&](int blocks_done) {
    return eventually([&] {
      const std::string output = shell.output();
      int found = 0;
      for (std::size_t at = 0; (at = output.find("### done", at)) != std::string::npos; ++at) ++found;
      return found >= blocks_done || shell.wait(ChildProcess::Limit{0});
    });
  };
  EXPECT_TRUE(waits_after(1)) << shell.output();
  is_written = false;
  writers.join();
  ASSERT_FALSE(shell.wait(ChildProcess::Limit{0})) << shell.output();
  go_on();
  EXPECT_TRUE(waits_after(2));
  ASSERT_FALSE(shell.wait(ChildProcess::Limit{0})) << shell.output();
  expect_copied();
  destination.append("hero-0", {{event_id(0), "Changed", true, "{}", ""}});
  go_on();
  EXPECT_TRUE(waits_after(3));
  ASSERT_FALSE(shell.wait(ChildProcess::Limit{0})) << shell.output();
  go_on();
  EXPECT_EQ(shell.wait(kPatience), (ExitStatus{0, 0})) << shell.output();
  EXPECT_EQ(destination_count(), source_count() + 1);
  EXPECT_EQ(shell.output().find(Store::kPassword), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Directions, CutOverTest,
                         ::testing::Values(Direction{Generation::kLegacy, Generation::kNext},
                                           Direction{Generation::kNext, Generation::kLegacy}),
                         name_of);

}  // namespace
}  // namespace interconnect::testing
