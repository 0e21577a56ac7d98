// Kernels for avx2; the build gives this file its compiler flags.
#define NEURONA_ISA avx2
#include "table.h"
