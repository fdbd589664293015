import AMI

/// The events and items that mean something to us, recognised once a message by the length and the bytes of their name.
enum EventName {
    // MARK: channels
    case newchannel, newstate, newexten, newCallerid, varSet, cel, userEvent, localBridge, dialBegin, dialEnd
    case hangupRequest, softHangupRequest, hangup, hold, unhold, chanSpyStart
    case bridgeEnter, bridgeLeave, attendedTransfer, blindTransfer, pickup
    case parkedCall, parkedCallSwap, parkedCallGiveUp, parkedCallTimeOut, unParkedCall
    case musicOnHoldStart, musicOnHoldStop, confbridgeJoin, confbridgeUnmute, meetmeJoin, meetmeLeave

    // MARK: queues and their members
    case queueCallerJoin, queueCallerLeave, queueCallerAbandon
    case agentCalled, agentConnect, agentComplete, agentDump, agentRingNoAnswer
    case queueMemberAdded, queueMemberRemoved, queueMemberPause, queueMemberPenalty, queueMemberRinginuse
    case queueMemberStatus

    // MARK: the switch
    case fullyBooted, reload, shutdown

    // MARK: items of lists
    case coreShowChannel, bridgeListItem, queueParams, queueMember, queueEntry

    /// nil: the message means nothing to us.
    init?(_ message: Message) {
        func named(_ name: StaticString, _ event: EventName) -> EventName? { message.isTitled(name) ? event : nil }
        // Of one length, the frequent ones first.
        let name: EventName? =
            switch message.titleLength {
            case 3: named("CEL", .cel)
            case 4: named("Hold", .hold)
            case 6:
                named("VarSet", .varSet) ?? named("Hangup", .hangup) ?? named("Unhold", .unhold)
                    ?? named("Pickup", .pickup) ?? named("Reload", .reload)
            case 7: named("DialEnd", .dialEnd)
            case 8: named("Newexten", .newexten) ?? named("Newstate", .newstate) ?? named("Shutdown", .shutdown)
            case 9: named("DialBegin", .dialBegin) ?? named("UserEvent", .userEvent) ?? named("AgentDump", .agentDump)
            case 10:
                named("Newchannel", .newchannel) ?? named("QueueEntry", .queueEntry)
                    ?? named("ParkedCall", .parkedCall) ?? named("MeetmeJoin", .meetmeJoin)
            case 11:
                named("BridgeEnter", .bridgeEnter) ?? named("BridgeLeave", .bridgeLeave)
                    ?? named("AgentCalled", .agentCalled) ?? named("NewCallerid", .newCallerid)
                    ?? named("LocalBridge", .localBridge) ?? named("QueueMember", .queueMember)
                    ?? named("QueueParams", .queueParams) ?? named("MeetmeLeave", .meetmeLeave)
                    ?? named("FullyBooted", .fullyBooted)
            case 12:
                named("AgentConnect", .agentConnect) ?? named("UnParkedCall", .unParkedCall)
                    ?? named("ChanSpyStart", .chanSpyStart)
            case 13:
                named("HangupRequest", .hangupRequest) ?? named("AgentComplete", .agentComplete)
                    ?? named("BlindTransfer", .blindTransfer)
            case 14:
                named("ConfbridgeJoin", .confbridgeJoin) ?? named("BridgeListItem", .bridgeListItem)
                    ?? named("ParkedCallSwap", .parkedCallSwap)
            case 15:
                named("QueueCallerJoin", .queueCallerJoin) ?? named("MusicOnHoldStop", .musicOnHoldStop)
                    ?? named("CoreShowChannel", .coreShowChannel)
            case 16:
                named("MusicOnHoldStart", .musicOnHoldStart) ?? named("QueueCallerLeave", .queueCallerLeave)
                    ?? named("QueueMemberPause", .queueMemberPause) ?? named("QueueMemberAdded", .queueMemberAdded)
                    ?? named("AttendedTransfer", .attendedTransfer) ?? named("ParkedCallGiveUp", .parkedCallGiveUp)
                    ?? named("ConfbridgeUnmute", .confbridgeUnmute)
            case 17:
                named("QueueMemberStatus", .queueMemberStatus) ?? named("AgentRingNoAnswer", .agentRingNoAnswer)
                    ?? named("SoftHangupRequest", .softHangupRequest)
                    ?? named("ParkedCallTimeOut", .parkedCallTimeOut)
            case 18:
                named("QueueCallerAbandon", .queueCallerAbandon) ?? named("QueueMemberRemoved", .queueMemberRemoved)
                    ?? named("QueueMemberPenalty", .queueMemberPenalty)
            case 20: named("QueueMemberRinginuse", .queueMemberRinginuse)
            default: nil
            }
        guard let name else { return nil }
        self = name
    }
}
