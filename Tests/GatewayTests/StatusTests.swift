import AMI
import Core
import Edges
import Gateway
import Switches
import Telephony
import Testing
import Time

@Suite("The status")
struct StatusTests {
    /// The gateway's first connection to its switch.
    private let toSwitch = ConnectionID(2)

    private func lastID(_ bench: inout Bench) -> String {
        let lines = String(decoding: bench.read(toSwitch), as: UTF8.self).split(separator: "\r\n")
        return lines.last { $0.hasPrefix("ActionID: ") }.map { String($0.dropFirst("ActionID: ".count)) } ?? ""
    }

    @Test("gives the offset of a switch's clock, and its uncertainty, once the switch has sent its time")
    func clock() {
        var configuration = Bench.configuration
        configuration.switches[0].link = .init(username: "cti", isChallenged: false)
        configuration.switches[0].secret = .init("x")
        var bench = Bench(configuration)
        func hear(_ text: String) { bench.hear(Array(text.replacing("\n", with: "\r\n").utf8)) }
        bench.greet()
        hear("Response: Success\nActionID: \(lastID(&bench))\nMessage: Authentication accepted\n\n")
        #expect(!bench.request("GET", "/v1/status").body.contains("clockOffset"), "unknown is absent, not zero")
        bench.wait(.seconds(15))
        // 250 ms ahead, answered at the same instant.
        let time = bench.moment.date.microseconds + 250_000
        hear(
            "Response: Success\nActionID: \(lastID(&bench))\nPing: Pong\nTimestamp: \(time / 1_000_000).\(time % 1_000_000)\n\n"
        )
        let status = bench.request("GET", "/v1/status").body
        #expect(status.contains(#""clockOffsetSeconds":0.25,"clockOffsetUncertaintySeconds":0,"#), "\(status)")
    }
}
