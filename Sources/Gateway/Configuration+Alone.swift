import AMI
import Switches
import Telephony

extension Configuration {
    /// What of it holds for one of its switches, whose bytes do not come over its own link: for recordings and for measurements. It goes the same way as
    /// the configuration in a journal (``CoreConfiguration``), so that whatever changes a record or a figure of `run` changes it here, too. Nobody is
    /// listened to, and no secret is in it.
    ///
    /// nil, or a name that it does not have: the switch is made up, with what a switch has by default.
    public func alone(_ name: SwitchID?, isRecording: Bool) -> Configuration {
        var made = Configuration(CoreConfiguration(self))
        let known = made.switches.first { $0.name == name }
        var one =
            known
            ?? Asterisk(
                name: name ?? SwitchID("recorded"), address: Endpoint(host: "recording", port: 0),
                link: AsteriskLink.Settings(credentials: .init(username: "", secret: "")))
        one.link.isRecording = isRecording
        made.switches = [one]
        made.webhooks = []
        return made
    }
}
