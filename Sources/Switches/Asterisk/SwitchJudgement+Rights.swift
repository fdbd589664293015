extension SwitchJudgement {
    private static let needed = ["system", "call", "agent", "user"]

    /// What is lost without each class.
    private static let losses = [
        "system": "restarts and reloads of the switch are not seen", "call": "no call is seen at all",
        "agent": "no queue and no agent is seen",
        "user": "time-outs and emptied queues cannot be distinguished from callers who gave up",
    ]

    mutating func judgeReadClasses() {
        let line = "manager.conf: [\(user)] read = \(Self.needed.joined(separator: ",")), then `manager reload`"
        var granted = Set(facts.eventsSeen.keys)
        if facts.hasBooted { granted.insert("system") }
        let onDisk = facts.user("read").map(Self.classes)
        if let onDisk {
            let missing =
                onDisk.contains("all") ? [] : Self.needed.filter { !onDisk.contains($0) && !granted.contains($0) }
            if missing.isEmpty { inOrder.append("read classes") }
            for name in missing {
                find(
                    ["call", "agent"].contains(name) ? .error : .warning, "read-missing",
                    "The user “\(user)” may not read class “\(name)”.",
                    why: "Without it \(Self.losses[name] ?? "").", change: line)
            }
        }
        let mayReadSystem = onDisk.map { $0.contains("all") || $0.contains("system") }
        if !facts.hasBooted, mayReadSystem != false {
            find(
                .warning, "no-fullybooted",
                "No FullyBooted came after the login\(mayReadSystem == true ? ", though manager.conf on the disk gives read class “system”" : "").",
                why:
                    "Either the switch has not started up yet, or the running configuration lacks read class “system”: \(Self.losses["system"] ?? "").",
                change: line)
        }
        if onDisk == nil {
            let unseen = Self.needed.filter { !granted.contains($0) }
            if unseen.isEmpty {
                inOrder.append("read classes")
            } else {
                unchecked.append(
                    .init(
                        "read classes \(unseen.joined(separator: ", "))",
                        why:
                            "AMI does not report them, no such event came in \(seconds(facts.listened)) s, and manager.conf cannot be asked (write = reporting, func_config)."
                    ))
            }
        }
        judgeSurplus(granted.union(onDisk ?? []).subtracting(Self.needed), line)
    }

    private mutating func judgeSurplus(_ surplus: Set<String>, _ line: String) {
        if surplus.contains("all") || surplus.contains("dtmf") {
            find(
                .warning, "read-dtmf",
                "The user “\(user)” may read class “dtmf”\(surplus.contains("all") ? " (all)" : "").",
                why:
                    "It receives the digits that callers key in: PINs, card and file numbers. The gateway does not ask for them, but anybody with the secret can.",
                change: line)
        }
        let rest = surplus.subtracting(["all", "dtmf"]).sorted()
        if !rest.isEmpty {
            find(
                .notice, "read-more", "The user “\(user)” may read \(rest.joined(separator: ", ")), too.",
                why: "The gateway does not ask for it; anybody with the secret can.", change: line)
        }
    }

    mutating func judgeWriteClasses() {
        let line = "manager.conf: [\(user)] write = reporting, then `manager reload`"
        guard let classes = facts.writeClasses else {
            return unchecked.append(.init("write classes", why: "ListCommands was not answered."))
        }
        let dangerous = classes.intersection(["system", "command", "originate", "config", "agi"]).sorted()
        if !dangerous.isEmpty {
            find(
                .error, "write-dangerous", "The user “\(user)” may write \(dangerous.joined(separator: ", ")).",
                why:
                    "Each of these can run programs on the switch, or call at its owner's expense. The gateway needs none of them.",
                change: line)
        }
        let surplus = classes.subtracting(dangerous).subtracting(["reporting"]).sorted()
        if !surplus.isEmpty {
            find(
                .warning, "write-more", "The user “\(user)” may write \(surplus.joined(separator: ", ")).",
                why:
                    "Anybody with the secret can redirect and hang up calls or change queue members. The gateway needs none of it.",
                change: line)
        }
        // The action CoreSettings needs `reporting` or a class that counts as surplus.
        let mayReport = facts.actions?["CoreSettings"] != nil
        if !mayReport {
            find(
                .warning, "write-missing", "The user “\(user)” may not write “reporting”.",
                why:
                    "The channels of calls under way cannot be asked for after a reconnection, nor the version, nor the dial plan.",
                change: line)
        }
        if dangerous.isEmpty, surplus.isEmpty, mayReport { inOrder.append("write classes") }
        if facts.canReadManagerSettings {
            find(
                .notice, "files-readable",
                "The user “\(user)” can read every value of every configuration file, other users' secrets included (Getvar with AST_CONFIG).",
                why:
                    "So can any AMI user with write class “reporting” or “call”. (This examination uses it, and asks for no secret.)",
                change:
                    "modules.conf: noload = func_config.so, if the dial plan does not use AST_CONFIG; treat this secret as one for the machine"
            )
        }
    }

    mutating func judgeLogins() {
        guard facts.canReadManagerSettings else {
            return unchecked.append(
                .init(
                    "allowmultiplelogin, deny and permit, eventfilter, disabledevents",
                    why: "manager.conf cannot be asked (write = reporting, func_config)."))
        }
        if let several = facts.user("allowmultiplelogin") ?? facts.general("allowmultiplelogin"), !isTrue(several) {
            find(
                .warning, "one-login", "allowmultiplelogin is \(several).",
                why:
                    "The switch never ends a dead session by itself: after a network fault the gateway is refused until it notices, for hours.",
                change: "manager.conf: [\(user)] allowmultiplelogin = yes")
        }
        if facts.user("read") ?? facts.user("write") == nil {
            unchecked.append(
                .init("deny and permit, eventfilter", why: "the user's section of manager.conf cannot be asked."))
        } else if facts.user("deny") == nil, facts.user("acl") == nil {
            find(
                facts.way.isLoopback ? .notice : .warning, "no-acl", "The user “\(user)” may log in from any address.",
                why: "Anybody who learns the secret can use it from any place that reaches the port.",
                change:
                    "manager.conf: [\(user)] deny = 0.0.0.0/0.0.0.0, permit = this machine's address/255.255.255.255")
        } else {
            inOrder.append("deny and permit")
        }
        for (value, place) in [
            (facts.user("eventfilter"), "manager.conf: [\(user)] eventfilter"),
            (facts.general("disabledevents"), "manager.conf: [general] disabledevents"),
        ] {
            guard let value else { continue }
            find(
                .warning, "events-filtered",
                "Events are withheld from this user: \(value.prefix(Limits.quotedCharacters)).",
                why: "Figures lack the filtered events. (Filtering only RTCP, VarSet and Newexten does no harm.)",
                change: place)
        }
    }

    static func classes(_ list: String) -> Set<String> {
        Set(list.lowercased().split { $0 == "," || $0 == " " }.map(String.init))
    }
}
