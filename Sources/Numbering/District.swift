/// The telephone districts: the leading digits of a fixed number, and the province in which most of the district lies.
///
/// The codes are those of libphonenumber's `resources/geocoding/it/39.txt`. Districts cross the borders of provinces
/// (0331 is Varese and Milan), and the Sardinian provinces were redrawn several times (Olbia-Tempio and Ogliastra are
/// listed as they were numbered). So the result is a prevailing province and not an address.
enum District {
    /// `IT-RM` for `0612345678` (ISO 3166-2); `SM` and `VA` for the two states inside the Italian plan. The longest
    /// prefix wins.
    static func region(ofNational digits: String) -> String? {
        for length in stride(from: 5, through: 2, by: -1) {
            if let province = provinces[String(digits.prefix(length))] {
                return province == "SM" || province == "VA" ? province : "IT-" + province
            }
        }
        return nil
    }

    private static let provinces: [String: String] = {
        var provinces: [String: String] = [:]
        for line in table.split(separator: "·") {
            let words = line.split(whereSeparator: \.isWhitespace)
            for prefix in words.dropFirst() { provinces[String(prefix)] = String(words[0]) }
        }
        return provinces
    }()

    private static let table = """
        GE 010 0185 · TO 011 0121 0122 0123 0124 0125 · AL 0131 0142 0143 0144 · AT 0141 · BI 015 · VC 0161 0163 · AO 0165 0166 ·
        CN 0171 0172 0173 0174 0175 · SV 019 0182 · IM 0183 0184 · SP 0187 · MI 02 · BS 030 0364 0365 · CO 031 0344 · NO 0321 0322 ·
        VB 0323 0324 · VA 0331 0332 · LC 0341 · SO 0342 0343 · BG 035 0345 0346 0363 · MB 039 0362 · LO 0371 0377 ·
        CR 0372 0373 0374 0375 · MN 0376 0386 · PV 0381 0382 0383 0384 0385 · TS 040 · VE 041 0421 · TV 0422 0423 0438 ·
        VI 0424 0444 0445 · RO 0425 0426 · PN 0427 0434 · UD 0428 0431 0432 0433 · PD 049 0429 · BL 0435 0436 0437 0439 · VR 045 0442 ·
        TN 0461 0462 0463 0464 0465 · BZ 0471 0472 0473 0474 · GO 0481 · PI 050 0587 0588 · BO 051 0534 0542 · PR 0521 0524 0525 ·
        RE 0522 · PC 0523 · FE 0532 0533 · MO 059 0535 0536 · RN 0541 · FC 0543 0547 · RA 0544 0545 0546 · SM 0549 · FI 055 0571 ·
        GR 0564 0566 · LI 0565 0586 · PT 0572 0573 · PO 0574 · AR 0575 · SI 0577 0578 · LU 0583 0584 · MS 0585 · RM 06 0766 0774 ·
        VA 06698 · CA 070 · AN 071 0731 0732 · PU 0721 0722 · MC 0733 0737 · FM 0734 · AP 0735 0736 · PG 075 0742 0743 · TR 0744 0763 ·
        RI 0746 0765 · VT 0761 · LT 0771 0773 · FR 0775 0776 · SU 0781 · OG 0782 · OR 0783 · NU 0784 0785 · OT 0789 · SS 079 · BA 080 ·
        NA 081 · CE 0823 · BN 0824 · AV 0825 0827 · SA 089 0828 0974 0975 · BR 0831 · LE 0832 0833 0836 · MT 0835 · PE 085 · TE 0861 ·
        AQ 0862 0863 0864 · IS 0865 · CH 0871 0872 0873 · CB 0874 0875 · FG 0881 0882 0884 0885 · BT 0883 · ME 090 0941 0942 ·
        PA 091 0921 · AG 0922 0925 · TP 0923 0924 · SR 0931 · RG 0932 · CT 095 0933 · CL 0934 · EN 0935 · CZ 0961 0967 0968 · KR 0962 ·
        VV 0963 · RC 0964 0965 0966 · PZ 0971 0972 0973 0976 · CS 0981 0982 0983 0984 0985 · TA 099
        """
}
