// Which predictions are right: twins of metrics/accuracy.py, row by row.
#pragma once

#include <cstdint>

namespace neurona {

// right[r] becomes 1 where the true class is the first of row r's largest entries, else
// 0; NaN where one of them is NaN. Labels are classes (rows), or rows like p's whose
// largest entry tells the class. False where one of them is no class.
template <class T>
bool right_classes(const T* p, int64_t rows, int64_t classes, const int64_t* labels,
                   double* right);
template <class T>
bool right_classes(const T* p, int64_t rows, int64_t classes, const T* labels, double* right);

// The share of a row's outputs that say rightly yes (p above the threshold, the
// label 1) or no (the label 0 or −1); NaN where one of them is NaN.
template <class T>
void right_answers(const T* p, int64_t rows, int64_t outputs, const T* labels, T threshold,
                   double* right);

}  // namespace neurona
