// Somebody's function that happens to have the name of a module's.
extern "C" const void* rqpp_module_other_thing();

extern "C" const void* rqpp_module_other_thing() {
  static const char text[] = "not a module, but long enough to be looked at";
  return text;
}
