// A study: experiments as data. Its config and tables are files beside it, which are not there.
#include "danas/study/study_file.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace danas;
  static const fuzz::Folder folder;
  const std::filesystem::path file = folder.Write("study.json", fuzz::Text(data, size));
  fuzz::Accepts([&] {
    const Study study = ReadStudy(file);
    fuzz::Require(!study.arms.empty() && study.against < study.arms.size(), "a study has an arm to compare with");
    fuzz::Require(!study.seeds.empty(), "a study has a seed");
  });
  return 0;
}
