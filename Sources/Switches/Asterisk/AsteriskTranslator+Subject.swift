import Telephony

extension AsteriskTranslator {
    /// An event that does not say whom it is about is about nobody.
    func named(_ event: SwitchEvent?) -> SwitchEvent? {
        func known(_ names: String...) -> SwitchEvent? { names.contains("") ? nil : event }
        switch event {
        case .channelCreated(let channel), .channelRang(let channel), .channelUp(let channel),
            .dialBegan(_, let channel, _),
            .channelFound(let channel, _, _, _):
            return known(channel.id.rawValue)
        case .callerIdentified(let id, _), .hangupRequested(let id, _, _, _), .channelEnded(let id, _), .held(let id),
            .retrieved(let id),
            .transferred(let id, _), .dialEnded(_, let id, _), .numberDialled(let id, _), .queueStatus(let id, _, _),
            .callChanged(let id, _),
            .parked(let id), .unparked(let id, _), .misdated(let id), .spying(let id), .silenced(let id, _),
            .surveyAnswered(let id, _),
            .queueTried(_, let id):
            return known(id.rawValue)
        case .localPaired(let one, let two), .pickedUp(let one, let two): return known(one.rawValue, two.rawValue)
        case .bridgeEntered(let bridge, _, let channel, _): return known(bridge.rawValue, channel.id.rawValue)
        case .bridgeLeft(let bridge, let id): return known(bridge.rawValue, id.rawValue)
        case .bridgeFound(let bridge, _): return known(bridge.rawValue)
        case .queueJoined(let queue, let id, _, _, _), .queueLeft(let queue, let id, _),
            .queueAbandoned(let queue, let id, _),
            .queueEntryFound(let queue, let id, _, _, _):
            return known(queue.rawValue, id.rawValue)
        case .agentCalled(let queue, let id, let agent, let destination),
            .agentConnected(let queue, let id, let agent, let destination),
            .agentDumped(let queue, let id, let agent, let destination):
            return known(queue.rawValue, id.rawValue, agent.interface.rawValue, destination.rawValue)
        case .agentRangNoAnswer(let queue, _, let agent, _), .agentCompleted(let queue, _, let agent):
            return known(queue.rawValue, agent.interface.rawValue)
        case .member(let member): return known(member.queue.rawValue, member.agent.interface.rawValue)
        case .memberRemoved(let queue, let interface, _): return known(queue.rawValue, interface.rawValue)
        case .queueDeclared(let queue): return known(queue.rawValue)
        case .inventoryBegan, .channelListGivenUp, .inventoryEnded, .clockStepped, .restarting, .booted, nil:
            return event
        }
    }
}
