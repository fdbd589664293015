extern "C" int centralino_phonenumber_placeholder(void) { return 0; }
