// Products in bfloat16 for avx512_bf16, which runs avx512's kernels for all else.
#define NEURONA_ISA avx512_bf16
#include "pairs.h"
