"""How each kind of number in a step comes about: one rule for each part that has a formula."""
