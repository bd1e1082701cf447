#include "tasks/modules.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <rqpp/current_job.h>
#include <rqpp/error.h>

#include "support/paths.h"
#include "support/temporary_folder.h"

RQPP_MODULE(in_program) {
  tasks.add("twice", [](int n) { return 2 * n; }, {"n"});
}

namespace second {
// As if another source file of the program had a module of the same name.
const rqpp::Module* module_of_same_name() { return rqpp_module_in_program(); }
}  // namespace second

namespace rqpp::tasks {
namespace {

namespace fs = std::filesystem;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

const std::string kFolder = test::build_dir() + "/tests/modules";

Modules built_modules() { return Modules(ModulePath({kFolder})); }

template <class Action>
std::string refusal(Action action) {
  try {
    action();
  } catch (const TaskError& error) {
    return error.what();
  }
  return "(no refusal)";
}

std::string refusal_of(std::string_view task) {
  Modules modules = built_modules();
  return refusal([&] { (void)modules.find(task); });
}

/// Where tests put modules, and what are none.
class ModuleFolder {
 public:
  std::string path(const std::string& name = {}) const { return (folder_ / name).string(); }
  std::string write(const std::string& name) const {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << "no ELF file";
    return path(name);
  }

 private:
  test::TemporaryFolder folder_{};
};

TEST(Modules, LoadsAModuleWhenItsTaskIsAskedFor) {
  Modules modules = built_modules();
  EXPECT_TRUE(modules.loaded().empty());

  const TaskEntry& add = modules.find("sums.add");

  EXPECT_EQ(add.invoke({.function = "sums.add", .args = {2}, .kwargs = {{"b", 3}}}), Value(5));
  ASSERT_EQ(modules.loaded().size(), 1U);
  EXPECT_EQ(modules.loaded()[0].name, "sums");
  EXPECT_EQ(modules.loaded()[0].file, kFolder + "/sums.so");
  EXPECT_THAT(modules.loaded()[0].signatures,
              testing::ElementsAre("sums.add(a: int, b: int = 1) -> int",
                                   "sums.fail(why: str) -> None", "sums.job_id() -> str",
                                   "sums.total(columns: dict[str, list[float]]) -> float"));
}

TEST(Modules, ATaskStaysWhereItIsWhileOthersAreLoaded) {
  Modules modules = built_modules();
  const TaskEntry& add = modules.find("sums.add");

  modules.preload("first_clash");
  modules.preload("shapes.circle");

  EXPECT_EQ(&modules.find("sums.add"), &add);
}

TEST(Modules, ErrorsOfAModuleAreCaughtOutsideOfIt) {
  Modules modules = built_modules();

  EXPECT_EQ(refusal([&] {
              modules.find("sums.fail").invoke({.function = "sums.fail", .args = {"on purpose"}});
            }),
            "on purpose");
  EXPECT_EQ(refusal([&] {
              const Value columns = Value::dict({{"a", Value::list({1, "x"})}});
              modules.find("sums.total").invoke({.function = "sums.total", .args = {columns}});
            }),
            "sums.total: argument 1 'columns': key 'a': item 2: expected a float, got str 'x'");
}

TEST(Modules, AModuleSeesTheJobOfItsWorker) {
  class Context : public detail::JobContext {
   public:
    using JobContext::JobContext;
    void save_meta(const Value&) override {}
    std::string enqueue(const Call&, const EnqueueOptions&, std::string_view) override {
      return {};
    }
  };
  detail::StopFlag stop;
  Modules modules = built_modules();
  const TaskEntry& task = modules.find("sums.job_id");

  const detail::JobScope scope(std::make_shared<Context>("job-7", Value(), stop));

  EXPECT_EQ(task.invoke({.function = "sums.job_id"}), Value("job-7"));
}

TEST(Modules, AModuleMayLieInAPackage) {
  Modules modules = built_modules();

  const TaskEntry& area = modules.find("shapes.circle.Circle.area");

  EXPECT_EQ(area.invoke({.args = {2}}), Value(12.0));
  EXPECT_EQ(modules.loaded()[0].name, "shapes.circle");
  EXPECT_EQ(modules.loaded()[0].file, kFolder + "/shapes/libcircle.so");
}

TEST(Modules, TwoModulesMayUseTheSameNamesInside) {
  Modules modules = built_modules();

  EXPECT_EQ(modules.find("first_clash.which").invoke({}), Value("first 1"));
  EXPECT_EQ(modules.find("second_clash.which").invoke({}), Value("second 1"));
}

TEST(Modules, ThePogramsOwnModulesNeedNoFile) {
  const std::vector<const Module*> own{rqpp_module_in_program()};
  Modules modules(ModulePath(), own);

  EXPECT_EQ(modules.find("in_program.twice").invoke({.args = {4}}), Value(8));
  EXPECT_EQ(modules.loaded()[0].file, "");
  EXPECT_EQ(refusal([&] { (void)modules.find("in_program.thrice"); }),
            "no task 'in_program.thrice' in this program's module 'in_program'. Did you mean "
            "'in_program.twice'?");
}

TEST(Modules, TheProgramsOwnModuleHidesAFileOfItsName) {
  const ModuleFolder folder;
  folder.write("in_program.so");
  const std::vector<const Module*> own{rqpp_module_in_program()};
  Modules modules(ModulePath({folder.path()}), own);

  EXPECT_EQ(modules.find("in_program.twice").invoke({.args = {4}}), Value(8));
}

TEST(Modules, RefusesTwoOwnModulesOfOneName) {
  const std::vector<const Module*> own{rqpp_module_in_program(), second::module_of_same_name()};

  EXPECT_EQ(refusal([&] { Modules(ModulePath(), own); }),
            "this program has two modules named 'in_program'");
}

TEST(Modules, RefusesAnUnknownTask) {
  EXPECT_EQ(refusal_of("sums.ad"), "no task 'sums.ad' in sums.so. Did you mean 'sums.add'?");
  EXPECT_EQ(refusal_of("sums.multiply"),
            "no task 'sums.multiply' in sums.so. It has 'sums.add', 'sums.fail', 'sums.job_id', "
            "'sums.total'.");
}

TEST(Modules, RefusesAnUnknownModule) {
  EXPECT_EQ(refusal_of("sum.add"),
            "no module for task 'sum.add': there is neither sum.so nor libsum.so, looked in " +
                kFolder + ". Did you mean 'sums.add'?");
  EXPECT_EQ(refusal_of("shapes.cirle.Circle.area"),
            "no module for task 'shapes.cirle.Circle.area': there is neither shapes/cirle.so nor "
            "shapes/libcirle.so, looked in " +
                kFolder + ". Did you mean 'shapes.circle.Circle.area'?");
  EXPECT_THAT(refusal_of("shapes.hexagon.area"), EndsWith("There are 'shapes.circle'."));
}

TEST(Modules, ListsTenOfTheModulesThere) {
  const ModuleFolder folder;
  for (char letter = 'a'; letter <= 'l'; ++letter)
    folder.write("lib" + std::string(3, letter) + ".so");
  Modules modules(ModulePath({folder.path()}));

  EXPECT_THAT(refusal([&] { (void)modules.find("mail.send"); }),
              EndsWith("There are 'aaa', 'bbb', 'ccc', 'ddd', 'eee', 'fff', 'ggg', 'hhh', 'iii', "
                       "'jjj' and 2 more."));
}

TEST(Modules, SaysThatThereAreNoModulesAtAll) {
  const ModuleFolder folder;
  Modules empty(ModulePath({folder.path(), folder.path("absent")}));
  Modules nowhere{ModulePath()};

  EXPECT_EQ(refusal([&] { (void)empty.find("fib.slow_fib"); }),
            "no module for task 'fib.slow_fib': there is neither fib.so nor libfib.so, looked in " +
                folder.path().substr(0, folder.path().size() - 1) + ", " + folder.path("absent") +
                ". There are no modules there.");
  EXPECT_THAT(refusal([&] { (void)nowhere.find("fib.slow_fib"); }),
              HasSubstr("no folder is on the path"));
}

TEST(Modules, RefusesAModuleOfAnotherAbi) {
  EXPECT_EQ(refusal_of("other_abi.run"),
            "other_abi.so was built for rqpp ABI " + std::to_string(kModuleAbi + 1) +
                ", this worker speaks ABI " + std::to_string(kModuleAbi) +
                ": rebuild it with this rqpp");
  EXPECT_EQ(refusal_of("other_library.run"),
            "other_library.so was built with libfoo++, this worker with libstdc++: rebuild it with "
            "the same standard library");
}

// The linker would only say which symbol is missing.
TEST(Modules, NamesTheStandardLibraryOfAModuleThatCannotBeLinked) {
  EXPECT_EQ(refusal_of("old_string.run"),
            "old_string.so was built with libstdc++ with the old std::string, this worker with "
            "libstdc++: rebuild it with the same standard library");
  EXPECT_EQ(refusal_of("checked_containers.run"),
            "checked_containers.so was built with libstdc++ with _GLIBCXX_DEBUG, this worker with "
            "libstdc++: rebuild it with the same standard library");
}

TEST(Modules, RefusesAFileThatIsNoModule) {
  EXPECT_EQ(refusal_of("no_module.run"),
            kFolder + "/no_module.so is no rqpp module: it has no RQPP_MODULE(no_module)");
  EXPECT_EQ(refusal_of("other_thing.run"),
            kFolder +
                "/other_thing.so is no rqpp module: its rqpp_module_other_thing() is "
                "something else");
}

TEST(Modules, SaysWhyAFileCannotBeOpened) {
  const ModuleFolder folder;
  const std::string file = folder.write("text.so");
  Modules modules(ModulePath({folder.path()}));

  EXPECT_THAT(refusal([&] { (void)modules.find("text.run"); }),
              StartsWith("cannot load " + file + ": "));
  EXPECT_THAT(refusal_of("unresolved.run"), HasSubstr("undefined symbol"));
}

TEST(Modules, RefusesAModuleWhoseOwnCodeThrows) {
  EXPECT_EQ(refusal_of("throws_late.run"),
            kFolder +
                "/throws_late.so: RQPP_MODULE(throws_late) failed: task 'throws_late.run' is "
                "added twice");
}

TEST(Modules, SurvivesAGlobalObjectThatThrows) {
  Modules modules = built_modules();

  EXPECT_EQ(refusal([&] { (void)modules.find("throws_early.run"); }),
            "cannot load " + kFolder +
                "/throws_early.so: a global object in it throws when it is made: no model file");
  EXPECT_EQ(modules.find("sums.add").invoke({.args = {1}}), Value(2));
}

TEST(Modules, SurvivesAGlobalObjectThatEndsTheProcess) {
  EXPECT_EQ(refusal_of("crashes_early.run"),
            "cannot load " + kFolder +
                "/crashes_early.so: it crashes: Killed (signal 9) while it is loaded");
  EXPECT_EQ(refusal_of("exits_early.run"),
            "cannot load " + kFolder +
                "/exits_early.so: it ends the process with status 0 while it is loaded");
}

TEST(Modules, CanLoadWithoutAProbe) {
  Modules modules(ModulePath({kFolder}), {}, Loading::direct);

  EXPECT_EQ(modules.find("sums.add").invoke({.args = {1}}), Value(2));
}

TEST(Modules, NoNameLeadsOutOfThePath) {
  const ModuleFolder folder;
  folder.write("evil.so");
  folder.write("inside/fine.so");
  const ModulePath path({folder.path("inside")});
  Modules modules{path};
  const std::string evil = folder.path("evil");
  const std::vector<std::string> names{"../evil.run",
                                       "..evil.run",
                                       evil + ".run",
                                       evil + ".so.run",
                                       "./../evil.run",
                                       "fine/../../evil.run",
                                       "...evil.run",
                                       "~.run",
                                       "",
                                       ".",
                                       "..",
                                       "evil",
                                       "evil.",
                                       ".run",
                                       std::string("fine\0.run", 9),
                                       "fine.\nrun",
                                       "fine .run",
                                       "f\xc3\xaf"
                                       "ne.run",
                                       "%2e%2e/evil.run",
                                       "fine.so.run;",
                                       std::string(1'000'000, 'a') + ".run",
                                       "a." + std::string(300, 'b')};

  ASSERT_TRUE(path.find("fine"));
  for (const std::string& name : names) {
    const std::string text = refusal([&] { (void)modules.find(name); });
    EXPECT_THAT(text, HasSubstr("is no task name: it must look like 'module.function'")) << name;
    EXPECT_LT(text.size(), 300U);
  }
  for (const std::string name : {"../evil", "..evil", "/evil", "inside/../evil", "", "."}) {
    EXPECT_EQ(path.find(name), std::nullopt) << name;
    EXPECT_THAT(refusal([&] { modules.preload(name); }), HasSubstr("is no name of a module"));
  }
  EXPECT_TRUE(path.list("..").empty());
}

TEST(Modules, PreloadSaysWhatIsMissing) {
  Modules modules = built_modules();

  EXPECT_EQ(refusal([&] { modules.preload("summs"); }),
            "no module 'summs': there is neither summs.so nor libsumms.so, looked in " + kFolder +
                ". Did you mean 'sums'?");
}

TEST(ModulePath, SearchesItsFoldersInOrder) {
  const ModuleFolder folder;
  folder.write("b/fib.so");
  const std::string first = folder.write("a/libfib.so");

  EXPECT_EQ(ModulePath({folder.path("a"), folder.path("b")}).find("fib"), first);
  const std::string plain = folder.write("a/fib.so");
  EXPECT_EQ(ModulePath({folder.path("a"), folder.path("b")}).find("fib"), plain);
}

TEST(ModulePath, AFolderIsNoModule) {
  const ModuleFolder folder;
  fs::create_directories(folder.path("fib.so"));
  const std::string file = folder.write("libfib.so");

  EXPECT_EQ(ModulePath({folder.path()}).find("fib"), file);
}

TEST(ModulePath, IsAbsoluteSoThatTheSystemsOwnFoldersAreNeverSearched) {
  EXPECT_EQ(ModulePath({"", ".", "./"}).folders(),
            std::vector<std::string>{fs::current_path().string()});
}

TEST(ModulePath, ListsModulesOnly) {
  const ModuleFolder folder;
  for (const char* name : {"fib.so", "libmail.so", "librqpp.so", "notes.txt", "lib.so", "a-b.so",
                           "x.so.1", "pkg/m.so", "libfib.so"}) {
    folder.write(name);
  }
  const ModulePath path({folder.path()});

  EXPECT_THAT(path.list(), testing::ElementsAre("fib", "lib", "mail"));
  EXPECT_THAT(path.list("pkg"), testing::ElementsAre("pkg.m"));
}

}  // namespace
}  // namespace rqpp::tasks
