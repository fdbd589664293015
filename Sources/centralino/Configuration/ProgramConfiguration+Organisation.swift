import Core
import Edges
import Gateway
import Telephony
import Time

/// `[[groups]]`, `[[teams]]` and `[[suppliers]]`.
extension ProgramConfiguration {
    mutating func readOrganisation(_ root: ConfigurationReader) {
        var organisation = Organisation()
        for entry in bounded("suppliers", root, Organisation.Limits.suppliers) {
            let queues = readQueues(entry)
            if let name = readName(entry, "the supplier's name", taken: organisation.suppliers.map(\.name)) {
                organisation.suppliers.append(.init(name: name, queues: queues))
            }
            entry.refuseTheRest()
        }
        for entry in bounded("groups", root, Organisation.Limits.groups) {
            let queues = readQueues(entry, orElse: "the names of the group's queues")
            if let name = readName(entry, "what the group is called on pages", taken: organisation.groups.map(\.name)) {
                organisation.groups.append(.init(name: name, queues: queues))
            }
            entry.refuseTheRest()
        }
        var teamOf: [Interface: String] = [:]
        for entry in bounded("teams", root, Organisation.Limits.teams) {
            let name = readName(entry, "what the team is called on pages", taken: organisation.teams.map(\.name))
            let agents = readAgents(entry, name ?? "", &teamOf)
            let supplier = entry.text("supplier")
            if let supplier, organisation.supplier(named: supplier) == nil {
                let known = organisation.suppliers.map { "“\($0.name)”" }.joined(separator: ", ")
                entry.fault(
                    "supplier",
                    "“\(supplier)” is not one of [[suppliers]]\(known.isEmpty ? ", of which there are none" : ": \(known)")."
                )
            }
            entry.refuseTheRest()
            guard let name else { continue }
            let team = Organisation.Team(name: name, agents: agents, supplier: supplier)
            if !team.showsFigures, !agents.isEmpty {
                entry.warning(
                    "agents",
                    "“\(name)” has fewer than \(Organisation.smallestTeam) agents: its figures are not shown, they would be those of persons."
                )
            }
            organisation.teams.append(team)
        }
        gateway.organisation = organisation
    }

    private func bounded(_ key: String, _ root: ConfigurationReader, _ limit: Int) -> ArraySlice<ConfigurationReader> {
        let entries = root.tables(key)
        if entries.count > limit { entries[limit].fault(nil, "there can be \(limit) [[\(key)]] at most.") }
        return entries.prefix(limit)
    }

    private func readName(_ entry: ConfigurationReader, _ whatFor: String, taken: [String]) -> String? {
        guard let name = entry.requiredText("name", whatFor) else { return nil }
        guard Organisation.isName(name) else {
            entry.fault("name", Self.nameFault("name"))
            return nil
        }
        guard !taken.contains(name) else {
            entry.fault("name", "“\(name)” is another one's name already.")
            return nil
        }
        return name
    }

    private func readQueues(_ entry: ConfigurationReader, orElse whatFor: String? = nil) -> [QueueName] {
        readList("queues", entry, Organisation.Limits.queuesPerEntry, orElse: whatFor).map { QueueName($0) }
    }

    private func readAgents(_ entry: ConfigurationReader, _ team: String, _ teamOf: inout [Interface: String])
        -> [Interface]
    {
        let whatFor = "the devices that the queues ring, e.g. [\"PJSIP/1001\"]"
        let agents = readList("agents", entry, Organisation.Limits.agentsPerTeam, orElse: whatFor).map { Interface($0) }
        for agent in agents {
            if let other = teamOf[agent] {
                entry.fault("agents", "“\(agent)” is in the team “\(other)” already: an agent is in one team at most.")
            } else {
                teamOf[agent] = team
            }
        }
        return agents
    }

    /// A list of texts, none empty, none twice. With `whatFor` the list must exist, and must not be empty.
    private func readList(_ key: String, _ entry: ConfigurationReader, _ limit: Int, orElse whatFor: String?)
        -> [String]
    {
        if let whatFor, !entry.has(key) { entry.fault(nil, "“\(key)” is missing: \(whatFor).") }
        guard let texts = entry.texts(key) else { return [] }
        if let whatFor, texts.isEmpty { entry.fault(key, "“\(key)” is empty: \(whatFor).") }
        if texts.count > limit { entry.fault(key, "“\(key)” has \(limit) entries at most.") }
        var seen: Set<String> = []
        for text in texts.prefix(limit) {
            if text.isEmpty { entry.fault(key, "“\(key)” has an empty entry.") }
            if !seen.insert(text).inserted { entry.fault(key, "“\(text)” stands more than once in “\(key)”.") }
        }
        return texts.filter { seen.remove($0) != nil }
    }
}
