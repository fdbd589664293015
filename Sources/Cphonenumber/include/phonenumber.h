#ifndef CENTRALINO_PHONENUMBER_H
#define CENTRALINO_PHONENUMBER_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/// What libphonenumber knows of one number. Texts are ASCII and end with NUL.
typedef struct {
    /// The number is in a range that the plan of its country assigns; false also for ranges newer than the library's tables.
    bool valid;
    int country_code;
    /// PhoneNumberUtil::PhoneNumberType: 0 fixed, 1 mobile, 2 fixed or mobile, 3 toll free, 4 premium, 5 shared cost, 6 VoIP, 7 personal,
    /// 8 pager, 9 UAN, 10 voicemail, 11 unknown.
    int type;
    /// ISO 3166-1, e.g. "CH"; "001" for numbers of no country; empty when unknown.
    char region[4];
    char e164[24];
    char national[64];
    char international[64];
} centralino_phonenumber;

/// Reads `+` and digits. False when no country has this code or the digits are too few or too many to be a number anywhere.
/// May be called from any thread.
bool centralino_phonenumber_read(const char *text, size_t length, centralino_phonenumber *out);

#ifdef __cplusplus
}
#endif

#endif
