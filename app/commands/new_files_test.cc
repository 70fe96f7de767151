#include "app/commands/new_files.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace interconnect {
namespace {

class NewFilesTest : public testing::Test {
 protected:
  NewFilesTest() {
    folder_ = testing::TempDir() + "/new_files-" + testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    umask(022);
  }

  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  static std::string content(const std::string& path) {
    std::stringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }
  static mode_t mode(const std::string& path) {
    struct stat status {};
    stat(path.c_str(), &status);
    return status.st_mode & 0777;
  }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder_), {}));
  }
  static std::string refused(const std::vector<NewFile>& all, bool overwrites = false) {
    try {
      write_new_files(all, overwrites);
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "taken";
  }

  std::string folder_;
};

TEST_F(NewFilesTest, AreWrittenWithTheirModes) {
  write_new_files({{path("a"), "secret", 0600}, {path("b"), "plain", 0644}}, false);
  EXPECT_EQ(content(path("a")), "secret");
  EXPECT_EQ(mode(path("a")), 0600u);
  EXPECT_EQ(content(path("b")), "plain");
  EXPECT_EQ(mode(path("b")), 0644u);
  EXPECT_EQ(files(), 2u);
}

TEST_F(NewFilesTest, OneThatIsThereIsKeptAndNoneIsWritten) {
  std::ofstream(path("b")) << "old";
  EXPECT_THAT(refused({{path("a"), "new"}, {path("b"), "new"}}), testing::HasSubstr(path("b") + " is there already"));
  EXPECT_EQ(content(path("b")), "old");
  EXPECT_EQ(files(), 1u);
}

TEST_F(NewFilesTest, OneThatIsThereIsOverwrittenIfThatIsSaid) {
  std::ofstream(path("a")) << "old";
  chmod(path("a").c_str(), 0666);
  write_new_files({{path("a"), "new", 0600}, {path("b"), "new"}}, true);
  EXPECT_EQ(content(path("a")), "new");
  EXPECT_EQ(mode(path("a")), 0600u);
  EXPECT_EQ(files(), 2u);
}

TEST_F(NewFilesTest, AFolderThatIsNotThereIsNamed) {
  EXPECT_THAT(refused({{path("a"), "new"}, {path("none/b"), "new"}}, true),
              testing::HasSubstr(path("none/b") + " cannot be written: No such file or directory"));
  EXPECT_EQ(files(), 0u);
}

}  // namespace
}  // namespace interconnect
