#include "phonenumber.h"

#include <phonenumbers/phonenumber.pb.h>
#include <phonenumbers/phonenumberutil.h>

#include <string>

namespace {

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

// False when the text does not fit: a cut number would be another number.
template <size_t capacity> bool copy(const std::string &from, char (&to)[capacity]) {
    if (from.size() >= capacity) return false;
    from.copy(to, from.size());
    to[from.size()] = '\0';
    return true;
}

}  // namespace

extern "C" bool centralino_phonenumber_read(const char *text, size_t length, centralino_phonenumber *out) {
    // The library's only instance: built once, its const functions may run on several threads.
    static const PhoneNumberUtil &util = *PhoneNumberUtil::GetInstance();
    PhoneNumber number;
    // "ZZ" is the unknown region: only numbers that begin with + are read.
    if (util.Parse(std::string(text, length), "ZZ", &number) != PhoneNumberUtil::NO_PARSING_ERROR) return false;
    std::string region, e164, national, international;
    util.GetRegionCodeForNumber(number, &region);
    util.Format(number, PhoneNumberUtil::E164, &e164);
    util.Format(number, PhoneNumberUtil::NATIONAL, &national);
    util.Format(number, PhoneNumberUtil::INTERNATIONAL, &international);
    out->valid = util.IsValidNumber(number);
    out->country_code = number.country_code();
    out->type = static_cast<int>(util.GetNumberType(number));
    if (region == "ZZ") region.clear();
    return copy(region, out->region) && copy(e164, out->e164) && copy(national, out->national) && copy(international, out->international);
}
