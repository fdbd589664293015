import Calls
import Contacts
import Directory
import Telephony
import Time

// How a gateway continues from an earlier run. Between the last thing that the earlier run heard and now, the switches
// were not heard: a gap, as if every link had been lost at that moment and restored now. The inventory shows what is
// still alive.
extension Core {
    /// Ends what was known and continues by the present rules: what has no place in them is dropped.
    mutating func adopt(_ beginning: Input.Beginning, into outputs: inout [Output]) {
        // That an earlier run was asked to stop is over.
        common.isStopping = true
        for index in switches.indices { switches[index].interrupted(at: moment, &common, into: &outputs) }
        common.isStopping = false
        let before = self
        let fresh = Core(beginning)
        rules = fresh.rules
        seed = fresh.seed
        switches = fresh.switches.map { fresh in
            guard let known = before.switch(named: fresh.name), known.sendsWebhooks == fresh.sendsWebhooks else {
                return fresh
            }
            return known
        }
        for known in before.switches where self.switch(named: known.name)?.sendsWebhooks != known.sendsWebhooks {
            outputs.append(
                .log(
                    LogLine(
                        .warning, known.name.rawValue,
                        "Is no longer configured: what is open there, and its figures, are let go.")))
        }
        deadlines.touchAll(of: switches.count)
        for index in switches.indices where before.switch(named: switches[index].name) != nil {
            switches[index].adopt(rules, &common)
        }
        identifyCards(before: before.rules)
    }

    /// Agents may be known otherwise than before: what screens show follows them.
    mutating func identifyCards(before: Rules) {
        let members = Dictionary(uniqueKeysWithValues: switches.map { ($0.name, $0.calls.members) })
        if before.agents != rules.agents {
            common.screens.forgetCalls(of: before.agents ?? [], now: rules.agents ?? [], members)
        }
        for card in common.screens.cards {
            guard let roster = members[card.key.switch] else { continue }
            let speaker = card.change.leg.speaker
            let person = roster.person(of: speaker.interface)
            guard person != speaker.interface else { continue }
            common.screens.rename(
                speaker.interface, to: AgentRef(interface: person, name: speaker.name), on: card.key.switch)
        }
    }

    mutating func resume(at now: Moment, into outputs: inout [Output]) {
        startedAt = now.date
        deadlines.touchAll(of: switches.count)
        for index in switches.indices {
            switches[index].begin(rules, at: now, &common, into: &outputs)
            // There is no inventory to wait for from a sender of webhooks.
            if switches[index].sendsWebhooks { switches[index].closeGap(at: now.date, into: &outputs) }
        }
        askAgain(into: &outputs)
    }

    /// The answers to questions that were under way are lost.
    private func askAgain(into outputs: inout [Output]) {
        for lookup in common.lookups.unanswered {
            guard
                let record = self.switch(named: lookup.switch)?.contacts.openRecords.first(where: {
                    $0.id == lookup.contact
                })
            else { continue }
            // A withheld number was not kept; asking as "anonymous" gives the same answer.
            outputs.append(
                .lookUp(lookup, record.number == .withheld ? CallerID(number: "anonymous", name: "") : record.caller))
        }
    }
}
