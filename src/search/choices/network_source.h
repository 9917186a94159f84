// The networks that a final choice by scores has scored, list by list: each source of ScoredSource is one. Who scores
// is the caller's affair, so that a run can stop and resume between two lists.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "danas/config/config.h"
#include "danas/search/choices/scored_field.h"
#include "danas/search/search_state.h"

namespace danas {

class NetworkSource {
 public:
  NetworkSource() = default;
  NetworkSource(const NetworkSource&) = delete;
  NetworkSource& operator=(const NetworkSource&) = delete;
  virtual ~NetworkSource() = default;

  // To score next, in this order; none when all are scored.
  virtual std::vector<std::vector<size_t>> Waiting() const = 0;
  // The losses of the first of those that wait, one or more.
  virtual void Hand(const std::vector<double>& losses) = 0;
  // What is scored next, for people.
  virtual std::string Label() const = 0;
  // At most so many networks in all.
  virtual double Count() const = 0;
};

// A function of its arguments and of the losses handed to it: a resumed run makes it again. `number`: the branch's.
std::unique_ptr<NetworkSource> MakeNetworkSource(const ScoredField& field, const Branch& branch, size_t number,
                                                 const Config& config);

}  // namespace danas
