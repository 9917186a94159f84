// Loops compiled for several processors, of which the program takes the best at its start. Results are the same on all:
// these files are compiled without contraction of multiply and add.
#pragma once

// Sanitizers cannot run before the choice is made, and clang has other names for it.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
#define DANAS_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define DANAS_CLONES
#endif
