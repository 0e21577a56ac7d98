// Kernels for avx512; the build gives this file its compiler flags.
#define NEURONA_ISA avx512
#include "table.h"
