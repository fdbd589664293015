import Core
import Telephony

extension Configuration {
    /// What a configuration that was read again changes. The names are those of the file's tables and keys, for people.
    public struct Reload: Equatable, Sendable {
        /// What the gateway goes on with: of the new one only what needs no start.
        public var configuration: Configuration
        /// What was taken over.
        public var taken: [String] = []
        /// What waits for the next start.
        public var waiting: [String] = []
    }

    /// This configuration, with what `new` changes and a running gateway can go on with.
    ///
    /// A secret is taken over for those who come from now on; who was let in stays. A token that is taken away waits:
    /// the address that it protected may have changed in the same file, and waits as well.
    public func reloaded(from new: Configuration) -> Reload {
        var reload = Reload(configuration: self)
        reload.take("[[agents]]", \.agents, new)
        reload.take("[service_level]", \.queueDefaults, new)
        if (queues, alarms) != (new.queues, new.alarms) || queuesBySwitch != new.queuesBySwitch {
            reload.taken.append("[[queues]]")
            reload.configuration.queues = new.queues
            reload.configuration.alarms = new.alarms
            reload.configuration.queuesBySwitch = new.queuesBySwitch
        }
        reload.take("[[groups]], [[teams]], [[suppliers]]", \.organisation, new)
        if new.deskToken != nil { reload.take("[desks] token", \.deskToken, new) }
        if new.wallboardToken != nil { reload.take("[wallboards] token", \.wallboardToken, new) }
        // Its hours are on the zone's clock.
        if new.timeZone == timeZone { reload.take("[calendar]", \.calendar, new) }
        reload.takeSecrets(new)

        reload.leave("[desks] token", \.deskToken, new)
        reload.leave("[wallboards] token", \.wallboardToken, new)
        reload.leave("[http] listen", \.http, new)
        reload.leave("[desks] listen", \.desks, new)
        reload.leave("[wallboards] listen", \.wallboards, new)
        reload.leave("certificate_file (of a listener that had none, or has none any more)", \.secured, new)
        reload.leave("[http] behind_proxy", \.proxies, new)
        reload.leave("[http] origins", \.origins, new)
        reload.leave("[http] frame_ancestors", \.frameAncestors, new)
        reload.leave("[sign_in]", \.sessions, new)
        reload.leave("[wallboards] agents", \.namesAgents, new)
        reload.leave("[statistics] time_zone", \.timeZone, new)
        reload.leave("[calendar]", \.calendar, new)
        reload.leave("[statistics] thresholds", \.thresholds, new)
        reload.leave("[statistics] legal_basis", \.legalBasis, new)
        reload.leave("[[switches]]", \.switches, new)
        reload.leave("[[webhooks]]", \.webhooks, new)
        reload.leave("[[deliveries]]", \.deliveries, new)
        return reload
    }
}

extension Configuration.Reload {
    fileprivate mutating func take<Value: Equatable>(
        _ name: String, _ path: WritableKeyPath<Configuration, Value>, _ new: Configuration
    ) {
        guard configuration[keyPath: path] != new[keyPath: path] else { return }
        configuration[keyPath: path] = new[keyPath: path]
        taken.append(name)
    }

    /// To be called last: what differs now was not taken over.
    fileprivate mutating func leave<Value: Equatable>(
        _ name: String, _ path: KeyPath<Configuration, Value>, _ new: Configuration
    ) {
        if configuration[keyPath: path] != new[keyPath: path] { waiting.append(name) }
    }

    /// Of the switches that both have: the next login, and the next webhook, are by the new secret.
    fileprivate mutating func takeSecrets(_ new: Configuration) {
        for index in configuration.switches.indices {
            let name = configuration.switches[index].name
            guard let secret = new.switches.first(where: { $0.name == name })?.secret,
                secret != configuration.switches[index].secret
            else { continue }
            configuration.switches[index].secret = secret
            taken.append("[[switches]] secret of \(name)")
        }
        for index in configuration.webhooks.indices {
            let name = configuration.webhooks[index].name
            guard let secrets = new.webhooks.first(where: { $0.name == name })?.secrets,
                secrets != configuration.webhooks[index].secrets
            else { continue }
            configuration.webhooks[index].secrets = secrets
            taken.append("[[webhooks]] secret of \(name)")
        }
    }
}
