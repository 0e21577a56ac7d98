// Kernels for baseline; the build gives this file its compiler flags.
#define NEURONA_ISA baseline
#include "table.h"
