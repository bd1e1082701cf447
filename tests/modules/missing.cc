// A library that is there when its user is linked, and not found when its user is loaded.
int missing_function();

int missing_function() { return 1; }
