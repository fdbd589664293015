/// The parts of an interface's text, used to find out whether several names mean one person. The forms are Asterisk's;
/// other switches' names have none of these parts.
extension Interface {
    /// The telephone that the name means: `PJSIP/200`, and also `pjsip/200`, since technologies are not case-sensitive.
    /// nil for a name that goes through the dial plan (`Local/…`), through a trunk (`SIP/trunk/0612345678`,
    /// `PJSIP/0612345678@trunk`), or that is a state (`hint:…`, `Custom:…`).
    public var telephone: Interface? {
        if rawValue.utf8.allSatisfy({ $0 < 0x80 }) { return telephoneInASCII }
        guard let slash = rawValue.firstIndex(of: "/"), slash > rawValue.startIndex else { return nil }
        let technology = rawValue[..<slash].lowercased()
        let rest = rawValue[rawValue.index(after: slash)...]
        guard technology != "local", !rest.isEmpty, !technology.contains(":"),
            !rest.contains(where: { "/@&:".contains($0) })
        else {
            return nil
        }
        return Interface("\(technology)/\(rest)")
    }

    /// The same by bytes. It is asked of every channel that is created.
    private var telephoneInASCII: Interface? {
        guard let slash = rawValue.utf8.firstIndex(of: UInt8(ascii: "/")), slash > rawValue.startIndex else {
            return nil
        }
        let technology = rawValue[..<slash].lowercased()
        let rest = rawValue.utf8[rawValue.utf8.index(after: slash)...]
        guard technology != "local", !rest.isEmpty, !technology.utf8.contains(UInt8(ascii: ":")),
            !rest.contains(where: { "/@&:".utf8.contains($0) })
        else { return nil }
        return Interface(technology + rawValue[slash...])
    }

    /// `200@from-queue` of `Local/200@from-queue/n`. The options that follow change how the switch reaches the place,
    /// but not whom it reaches.
    public var dialPlanPlace: Interface? {
        guard rawValue.prefix(6).lowercased() == "local/" else { return nil }
        let place = rawValue.dropFirst(6).prefix { $0 != "/" }
        return place.isEmpty ? nil : Interface(String(place))
    }

    /// The part of a dial plan place before the `@`.
    public var dialPlanExtension: Interface? {
        dialPlanPlace.map { Interface(String($0.rawValue.prefix { $0 != "@" })) }
    }

    /// The extension, if it is a number: 200 of `PJSIP/200`, `Local/200@from-queue/n` and FreePBX's
    /// `Local/FMPR-200@from-internal`.
    public var extensionNumber: String? {
        let name: Substring
        if let exten = dialPlanExtension?.rawValue {
            name = exten.lastIndex(of: "-").map { exten[exten.index(after: $0)...] } ?? exten[...]
        } else if telephone != nil {
            name = rawValue[rawValue.index(after: rawValue.firstIndex(of: "/")!)...]
        } else {
            return nil
        }
        return !name.isEmpty && name.utf8.allSatisfy { $0 >= 48 && $0 <= 57 } ? String(name) : nil
    }

    /// The telephones among the parts of a state: `PJSIP/200` of `PJSIP/200&Custom:DND200`.
    public var telephonesOfState: [Interface] {
        rawValue.split(separator: "&").map { Interface(String($0)) }.filter { $0.telephone != nil }
    }
}
