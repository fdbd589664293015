import Wire

// Each change is one, several times a second: a member that is missing here would be missing in the message. A test
// compares.

extension WallboardMessage: JSONWritable {
    public func write(to object: inout JSONObject) {
        object.add("agents", agents)
        object.add("at", at)
        object.add("conflated", conflated)
        object.add("queues", queues)
        object.add("resumed", resumed)
        object.add("seq", seq)
        object.add("since", since)
        object.add("stream", stream)
        object.add("switches", switches)
        object.add("timeZone", timeZone)
        object.add("type", type.rawValue)
    }
}

extension WallboardMessage.ServiceLevel: JSONWritable {
    public func write(to object: inout JSONObject) {
        object.add("denominator", denominator)
        object.add("formula", formula)
        object.add("least", least)
        object.add("most", most)
        object.add("numerator", numerator)
        object.add("ratio", ratio)
        object.add("shortAbandonSeconds", shortAbandonSeconds)
        object.add("target", target)
        object.add("thresholdSeconds", thresholdSeconds)
    }
}

extension WallboardMessage.Window: JSONWritable {
    public func write(to object: inout JSONObject) {
        object.add("abandoned", abandoned)
        object.add("answered", answered)
        object.add("averageSpeedOfAnswerSeconds", averageSpeedOfAnswerSeconds)
        object.add("denominator", denominator)
        object.add("flowOut", flowOut)
        object.add("joined", joined)
        object.add("name", name)
        object.add("numerator", numerator)
        object.add("ratio", ratio)
    }
}

extension WallboardMessage.Waits: JSONWritable {
    public func write(to object: inout JSONObject) {
        object.add("averageSpeedOfAnswerSeconds", averageSpeedOfAnswerSeconds)
        object.add("longestSeconds", longestSeconds)
        object.add("p90Seconds", p90Seconds)
    }
}

extension WallboardMessage.Alarm: JSONWritable {
    public func write(to object: inout JSONObject) {
        object.add("clear", clear)
        object.add("raise", raise)
        object.add("rule", rule)
        object.add("severity", severity)
        object.add("since", since)
        object.add("type", type.rawValue)
        object.add("value", value)
        object.add("valueNow", valueNow)
    }
}

extension WallboardMessage.FlowOut: JSONWritable {
    public func write(to object: inout JSONObject) {
        object.add("empty", empty)
        object.add("key", key)
        object.add("timeout", timeout)
        object.add("unknown", unknown)
        object.add("withdrawn", withdrawn)
    }
}

extension WallboardMessage.Queue: JSONWritable {
    public func write(to object: inout JSONObject) {
        object.add("abandoned", abandoned)
        object.add("agents", agents)
        object.add("alarms", alarms)
        object.add("announcedMinutes", announcedMinutes)
        object.add("answered", answered)
        object.add("flowOut", flowOut)
        object.add("longestWaitSeconds", longestWaitSeconds)
        object.add("longestWaitSince", longestWaitSince)
        object.add("lost", lost)
        object.add("name", name)
        object.add("offered", offered)
        object.add("serviceLevel", serviceLevel)
        object.add("switch", `switch`)
        object.add("talking", talking)
        object.add("unmeasured", unmeasured)
        object.add("waiting", waiting)
        object.add("waits", waits)
        object.add("windows", windows)
    }
}

extension WallboardMessage.Agent: JSONWritable {
    public func write(to object: inout JSONObject) {
        object.add("interface", interface)
        object.add("moreQueues", moreQueues)
        object.add("name", name)
        object.add("queues", queues)
        object.add("reason", reason)
        object.add("state", state.rawValue)
        object.add("switch", `switch`)
    }
}

extension WallboardMessage.Switch: JSONWritable {
    public func write(to object: inout JSONObject) {
        object.add("coverage", coverage)
        object.add("detail", detail)
        object.add("name", name)
        object.add("since", since)
        object.add("state", state.rawValue)
    }
}

extension WallboardMessage.Coverage: JSONWritable {
    public func write(to object: inout JSONObject) {
        object.add("gaps", gaps)
        object.add("heardSince", heardSince)
        object.add("lastGap", lastGap)
        object.add("lostSeconds", lostSeconds)
        object.add("seconds", seconds)
        object.add("unknownSeconds", unknownSeconds)
    }
}

extension WallboardMessage.Coverage.Gap: JSONWritable {
    public func write(to object: inout JSONObject) {
        object.add("cause", cause)
        object.add("from", from)
        object.add("to", to)
    }
}
