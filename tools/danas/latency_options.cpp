#include "latency_options.h"

namespace danas {

void DescribeOptions(CLI::App& app, LatencyOptions& options) {
  app.description("Measure the latency of every candidate on this machine");
  app.footer(
      "Examples:\n"
      "  danas latency --space mobile_small --threads 1 --out table.yaml\n"
      "  danas latency --space mobile_small --table table.yaml --check 30\n"
      "  danas latency --space mobile_small --threads 1 --runtime onnx --out onnx.yaml\n"
      "  danas latency --arch runs/mine/best.json --device cuda --batch 32\n"
      "Candidates are timed inside networks of the space, in rounds of all of them. What was measured is kept beside\n"
      "the table (FILE.part), so that the same command continues after an interrupt or when the time is up. The table\n"
      "serves as search.latency_table. Run it on an otherwise idle machine. See docs/latency.md.");
  app.add_option("--space", options.space, "search space: a file, or the name of a shipped one")->option_text("SPACE");
  AddArch(app, options.arch);
  AddInput(app, options.input, "as in the file", "as in the file");
  AddSetting(app, options.config, "--device", "NAME", "runtime.device", "auto, cpu, cuda or cuda:N (default: auto)");
  AddSetting(app, options.config, "--threads", "N", "runtime.threads", "number of threads (default: one per core)");
  AddSeed(app, options.config);
  AddConfig(app, options.config);
  app.add_option("--runtime", options.runtime,
                 "what computes the networks: danas, or onnx, which is ONNX Runtime on the CPU (default: danas)")
      ->option_text("NAME")
      ->check(CLI::IsMember({"danas", "onnx"}));
  app.add_option("--python", options.python, "Python that has onnxruntime, for --runtime onnx (default: python3)")
      ->option_text("FILE");
  app.add_option("--batch", options.batch, "images at a time (default: 1)")
      ->option_text("N")
      ->check(CLI::Range(1, 1 << 20));
  app.add_option("--rounds", options.rounds, "rounds of all candidates (default: 20)")
      ->option_text("N")
      ->check(CLI::Range(1, 100000));
  app.add_option("--minutes", options.minutes, "time after which no further round counts (default: 10)")
      ->option_text("M")
      ->check(CLI::PositiveNumber);
  app.add_option("--check", options.check,
                 "then time so many random networks as wholes, for the same time at most, and compare them with the "
                 "sums of the table")
      ->option_text("N")
      ->check(CLI::Range(2, 10000));
  CLI::Option* const out =
      app.add_option("-o,--out", options.out, "table to write (default: latency-SPACE.yaml)")->option_text("FILE");
  app.add_option("--table", options.table, "measure no table; use this one for --check")
      ->option_text("FILE")
      ->excludes(out);
  AddJson(app, options.json);
}

}  // namespace danas
