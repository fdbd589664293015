import Core
import Directory
import Figures
import Switches
import Telephony
import Testing
import Time
import Wire

@Suite("An input in the journal")
struct InputTests {
    @Test(
        "is read as it was written",
        arguments: [
            .opened(ConnectionID(2)), .received(ConnectionID(2), [0, 13, 10, 255]),
            .closed(ConnectionID(2), reason: "reset by peer", isConfigurationFault: true),
            .webhook(SwitchID("cloud"), id: "msg 1", body: Array("{\n}".utf8)),
            .found(
                LookupID(switch: SwitchID("roma"), contact: ContactID("01M83GYCQMM1PQ0W2JKA0Y70X1"), number: 3),
                DirectoryAnswer(number: .withheld, match: .withheld)),
            .wrapUpDone(agent: "Anna\nRossi", on: nil), .wrapUpDone(agent: "PJSIP/1001", on: SwitchID("roma")),
            .configured(rules), .stopped(keepingCalls: true),
        ] as [Core.Input])
    func roundTrip(_ input: Core.Input) {
        #expect(Core.Input(input.kind, input.connection, input.bytes) == input)
    }

    private static let rules = {
        guard case .started(let beginning)? = Core.Input(.started, ConnectionID(0), Array(ofVersion010.utf8)) else {
            preconditionFailure("the entry is read in another test")
        }
        return beginning.rules
    }()

    @Test("is not made of bytes that another kind has")
    func malformed() {
        for kind in [Core.Input.Kind.started, .resumed, .closed, .found, .webhook, .wrapUpDone, .configured] {
            #expect(Core.Input(kind, ConnectionID(2), Array("x".utf8)) == nil, "\(kind)")
        }
    }

    /// The entry `S` of a journal that version 0.1.0 wrote beside the bundled switch.
    static let ofVersion010 =
        #"{"configuration":{"alarms":{},"calendar":{"exceptions":{},"holidays":"none","week":{"1":[{"from":0,"to":1440}]},"zone":"Europe/Rome"},"keepsIntervals":true,"organisation":{"groups":[],"suppliers":[],"teams":[]},"queueDefaults":{"serviceLevel":{"formula":{"includesFlowOut":true,"variant":6},"shortAbandon":5000000,"target":0.8,"threshold":20000000},"wrapUp":0},"queues":{},"switches":[{"events":"system,call,agent,user","isChallenged":true,"isRecording":false,"lines":{"trunks":[]},"name":"prova","notice":{"events":["FineCoda","Overflow"],"queueHeader":"Coda","statusHeader":"Stato"},"presentation":{"variables":["CALLERID(num-pres)","CALLERID(pres)","CTI_PRES"]},"survey":{"answerHeader":"Voto","event":"Sondaggio"},"username":"cti"}],"thresholds":[5000000,10000000],"timeZone":"Europe/Rome","unheardSince":{},"webhooks":[]},"seed":11913860709016315625}"#

    @Test("of version 0.1.0 says which rules held then, and is written the same")
    func older() throws {
        let read = try #require(Core.Input(.started, ConnectionID(0), Array(Self.ofVersion010.utf8)))
        guard case .started(let beginning) = read else {
            Issue.record("\(read)")
            return
        }
        #expect(beginning.seed == 11_913_860_709_016_315_625)
        #expect(beginning.rules.switches == [.init(name: SwitchID("prova"), link: AsteriskLink.Rules(username: "cti"))])
        #expect(beginning.rules.thresholds == [.seconds(5), .seconds(10)] && beginning.rules.agents == nil)
        #expect(String(decoding: read.bytes, as: UTF8.self) == Self.ofVersion010)
    }
}
