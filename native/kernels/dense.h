// The dense layer's three products, on packed weights.
#pragma once

#include "dense_backward.h"
#include "dense_forward.h"
#include "dense_gradient.h"
