/// What the text of an interface says by itself, where several names are compared for one person. Asterisk's forms; other switches' names have none of these parts.
extension Interface {
    /// The telephone that the name means: `PJSIP/200`, and `pjsip/200`, since a technology has no case. nil for a name that is dialled through the dial plan
    /// (`Local/…`), that reaches somebody by way of a trunk (`SIP/trunk/0612345678`, `PJSIP/0612345678@trunk`), or that is a state (`hint:…`, `Custom:…`).
    public var telephone: Interface? {
        guard let slash = rawValue.firstIndex(of: "/"), slash > rawValue.startIndex else { return nil }
        let technology = rawValue[..<slash].lowercased()
        let rest = rawValue[rawValue.index(after: slash)...]
        guard technology != "local", !rest.isEmpty, !technology.contains(":"), !rest.contains(where: { "/@&:".contains($0) }) else {
            return nil
        }
        return Interface("\(technology)/\(rest)")
    }

    /// Of `Local/200@from-queue/n`: `200@from-queue`. The options behind it change how the switch reaches the place, and not whom.
    public var dialPlanPlace: Interface? {
        guard rawValue.prefix(6).lowercased() == "local/" else { return nil }
        let place = rawValue.dropFirst(6).prefix { $0 != "/" }
        return place.isEmpty ? nil : Interface(String(place))
    }

    /// What stands before the `@` of a place in the dial plan.
    public var dialPlanExtension: Interface? { dialPlanPlace.map { Interface(String($0.rawValue.prefix { $0 != "@" })) } }

    /// The extension, where it is a number: of `PJSIP/200`, `Local/200@from-queue/n` and FreePBX's `Local/FMPR-200@from-internal` 200.
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

    /// The telephones among the parts of a state, as it writes them: of `PJSIP/200&Custom:DND200` `PJSIP/200`.
    public var telephonesOfState: [Interface] {
        rawValue.split(separator: "&").map { Interface(String($0)) }.filter { $0.telephone != nil }
    }
}
