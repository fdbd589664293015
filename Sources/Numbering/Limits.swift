/// What numbers from outside may make us hold, and why.
enum Limits {
    /// The longest real form, a SIP address with parameters, is shorter; a longer text is not a number.
    static let rawBytes = 64
    /// ITU-T E.164 allows 15 digits; a number of fewer than 7 cannot be dialled from abroad.
    static let e164Digits = 7...15
    /// Two generations of this many numbers, some 200 bytes each: 2 MB. A busy site has a few thousand callers a day.
    static let cachedNumbers = 5000
}
