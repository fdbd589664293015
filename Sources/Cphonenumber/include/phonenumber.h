int centralino_phonenumber_placeholder(void);
