#include "danas/easiness/truth_table.h"

#include <gmock/gmock.h>

#include "danas/core/error.h"
#include "tests/arch/arch_support.h"
#include "tests/support/test_support.h"

namespace danas {
namespace {

using test::ExpectErrorContains;
using testing::ElementsAre;

constexpr const char* kTable =
    "# danas: 0.4\n"
    "# partial: 3 of 6 trainings\n"
    "# layer 0: ir_e1_k3 ir_e3_k5 identity\n"
    "# layer 1: ir_e6_k3 shuffle_a_k3\n"
    "# layer 2: shuffle_a_k5\n"
    "network,macs,parameters,seed,loss,accuracy,class_0,class_1\n"
    "0-1-0,1000,10,0,0.5,0.80,0.7,0.9\n"
    "2-0-0,900,9,0,0.6,0.70,0.6,0.8\n"
    "0-1-0,1000,10,1,0.4,0.84,0.8,0.88\n";

class TruthTableTest : public testing::Test {
 protected:
  std::vector<TrainedNetwork> Read(const std::string& text) const {
    return ReadTruthTable(test::WriteText(folder_ / "table.csv", text), test::SmallSpace());
  }
  void ExpectRefused(const std::string& from, const std::string& to,
                     std::initializer_list<std::string_view> parts) const {
    std::string text = kTable;
    text.replace(text.find(from), from.size(), to);
    ExpectErrorContains<ConfigError>([&] { Read(text); }, parts);
  }
  test::TempDir folder_;
};

TEST_F(TruthTableTest, TrainingsOfANetworkStandTogether) {
  const std::vector<TrainedNetwork> networks = Read(kTable);
  ASSERT_EQ(networks.size(), 2u);
  EXPECT_THAT(networks[0].network, ElementsAre(0, 1, 0));
  EXPECT_THAT(networks[0].accuracies, ElementsAre(0.80, 0.84));
  EXPECT_THAT(networks[0].losses, ElementsAre(0.5, 0.4));
  EXPECT_NEAR(networks[0].accuracy(), 0.82, 1e-12);
  EXPECT_THAT(networks[1].network, ElementsAre(2, 0, 0));
  // By name, in any order; files of other systems' line ends.
  EXPECT_EQ(Read("accuracy,loss,network\r\n0.5,1,1-1-0\r\n")[0].accuracy(), 0.5);
}

TEST_F(TruthTableTest, WhatIsWrongIsNamedWithItsLine) {
  ExpectRefused("ir_e3_k5", "ir_e3_k7", {"line 3", "layer 0", "ir_e3_k7", "ir_e3_k5", "another space"});
  ExpectRefused("# layer 2:", "# layer 3:", {"line 5", "a layer 3", "has 3 layers"});
  ExpectRefused("accuracy", "top1", {"line 6", "no column 'accuracy'"});
  ExpectRefused("2-0-0", "2-2-0", {"line 8", "2-2-0", "candidate 2 in layer 1"});
  ExpectRefused("0.70", "70", {"line 8", "accuracy is '70'", "0 to 1"});
  ExpectRefused("0.6,0.70", "nan,0.70", {"line 8", "loss is 'nan'"});
  ExpectRefused(",0.6,0.8\n", ",0.6\n", {"line 8", "7 cells under 8 column titles"});
  ExpectErrorContains<ConfigError>([&] { Read("network,loss,accuracy\n"); }, {"no trained network"});
  EXPECT_THROW(ReadTruthTable(folder_ / "none.csv", test::SmallSpace()), FileError);
}

}  // namespace
}  // namespace danas
