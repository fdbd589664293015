import Wire

// The desk waits for it: a member that is missing here would be missing in the message. A test compares.

extension Pop: JSONWritable {
    public func write(to object: inout JSONObject) {
        object.add("at", at)
        object.add("called", called)
        object.add("caller", caller)
        object.add("contactId", contactId)
        object.add("history", history)
        object.add("holdSeconds", holdSeconds)
        object.add("match", match)
        object.add("popId", popId)
        object.add("queue", queue)
        object.add("queuedAt", queuedAt)
        object.add("reason", reason?.rawValue)
        object.add("revision", revision)
        object.add("switch", `switch`)
        object.add("talkSeconds", talkSeconds)
        object.add("type", type.rawValue)
        object.add("waitSeconds", waitSeconds)
    }
}

extension Pop.Caller: JSONWritable {
    public func write(to object: inout JSONObject) {
        object.add("display", display)
        object.add("kind", kind)
        object.add("name", name)
        object.add("number", number)
        object.add("presentation", presentation.rawValue)
    }
}

extension Pop.Party: JSONWritable {
    public func write(to object: inout JSONObject) {
        object.add("key", key)
        object.add("kind", kind.rawValue)
        object.add("language", language)
        object.add("name", name)
        object.add("note", note)
        object.add("town", town)
    }
}

extension Pop.Match: JSONWritable {
    public func write(to object: inout JSONObject) {
        object.add("parties", parties)
        object.add("result", result.rawValue)
    }
}

extension Pop.PastContact: JSONWritable {
    public func write(to object: inout JSONObject) {
        object.add("agent", agent)
        object.add("at", at)
        object.add("outcome", outcome)
        object.add("queue", queue)
    }
}
