import ArgumentParser
import Telephony

extension ProgramConfiguration {
    /// The Asterisk called `name`, or the only one; nil where none is configured. `question` asks the user for the
    /// name where there are several.
    func asterisk(named name: String?, is question: String) throws -> SwitchID? {
        let names = gateway.switches.map(\.name.rawValue)
        switch (name, names.count) {
        case (let name?, _) where names.contains(name): return SwitchID(name)
        case (let name?, _):
            throw misuse("The configuration has no switch “\(shown(name))”; it has \(names.joined(separator: ", ")).")
        case (nil, 0): return nil
        case (nil, 1): return SwitchID(names[0])
        case (nil, _): throw misuse("\(question) Give --switch \(names.joined(separator: " or --switch ")).")
        }
    }
}
