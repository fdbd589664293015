import Telephony

extension AsteriskTranslator {
    /// An event that does not say whom it is about is about nobody.
    func isNameless(_ event: SwitchEvent) -> Bool {
        switch event {
        case .channelCreated(let channel), .channelRang(let channel), .channelUp(let channel),
            .dialBegan(_, let channel, _),
            .channelFound(let channel, _, _, _):
            return channel.id.rawValue.isEmpty
        case .callerIdentified(let id, _), .hangupRequested(let id, _, _, _), .channelEnded(let id, _), .held(let id),
            .retrieved(let id),
            .transferred(let id, _), .dialEnded(_, let id, _), .numberDialled(let id, _), .queueStatus(let id, _, _),
            .callChanged(let id, _),
            .parked(let id), .unparked(let id, _), .misdated(let id), .spying(let id), .silenced(let id, _),
            .surveyAnswered(let id, _),
            .queueTried(_, let id):
            return id.rawValue.isEmpty
        case .localPaired(let one, let two), .pickedUp(let one, let two):
            return one.rawValue.isEmpty || two.rawValue.isEmpty
        case .bridgeEntered(let bridge, _, let channel, _):
            return bridge.rawValue.isEmpty || channel.id.rawValue.isEmpty
        case .bridgeLeft(let bridge, let id): return bridge.rawValue.isEmpty || id.rawValue.isEmpty
        case .bridgeFound(let bridge, _): return bridge.rawValue.isEmpty
        case .queueJoined(let queue, let id, _, _, _), .queueLeft(let queue, let id, _),
            .queueAbandoned(let queue, let id, _),
            .queueEntryFound(let queue, let id, _, _, _):
            return queue.rawValue.isEmpty || id.rawValue.isEmpty
        case .agentCalled(let queue, let id, let agent, let destination),
            .agentConnected(let queue, let id, let agent, let destination),
            .agentDumped(let queue, let id, let agent, let destination):
            return queue.rawValue.isEmpty || id.rawValue.isEmpty || agent.interface.rawValue.isEmpty
                || destination.rawValue.isEmpty
        case .agentRangNoAnswer(let queue, _, let agent, _), .agentCompleted(let queue, _, let agent):
            return queue.rawValue.isEmpty || agent.interface.rawValue.isEmpty
        case .member(let member): return member.queue.rawValue.isEmpty || member.agent.interface.rawValue.isEmpty
        case .memberRemoved(let queue, let interface, _): return queue.rawValue.isEmpty || interface.rawValue.isEmpty
        case .queueDeclared(let queue): return queue.rawValue.isEmpty
        case .inventoryBegan, .channelListGivenUp, .inventoryEnded, .clockStepped, .restarting, .booted:
            return false
        }
    }
}
