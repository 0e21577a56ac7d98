// Kernels for neon; the build gives this file its compiler flags.
#define NEURONA_ISA neon
#include "table.h"
