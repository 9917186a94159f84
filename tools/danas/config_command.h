// danas config: the shipped configs, one in full, checks, schema and reference.
#pragma once

#include "call.h"
#include "option_groups.h"

namespace danas {

struct ConfigListOptions {};

void DescribeOptions(CLI::App& app, ConfigListOptions& options);
int RunCommand(const ConfigListOptions& options, const Call& call);

struct ConfigShowOptions {
  ConfigOptions config;
};

void DescribeOptions(CLI::App& app, ConfigShowOptions& options);
int RunCommand(const ConfigShowOptions& options, const Call& call);

struct ConfigCheckOptions {
  std::vector<std::string> files;
};

void DescribeOptions(CLI::App& app, ConfigCheckOptions& options);
int RunCommand(const ConfigCheckOptions& options, const Call& call);

struct ConfigSchemaOptions {};

void DescribeOptions(CLI::App& app, ConfigSchemaOptions& options);
int RunCommand(const ConfigSchemaOptions& options, const Call& call);

struct ConfigReferenceOptions {};

void DescribeOptions(CLI::App& app, ConfigReferenceOptions& options);
int RunCommand(const ConfigReferenceOptions& options, const Call& call);

}  // namespace danas
